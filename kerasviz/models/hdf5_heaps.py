"""The heaps of texts in an HDF5 file, looked through before the library goes round in damaged ones."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

from kerasviz.errors import ModelFileError

# Signature, version and reserved bytes, and the size of the whole: "Global Heap" in the HDF5 file format.
_SIGNATURE = b"GCOL\x01\0\0\0"
_HEADER = struct.Struct("<8sQ")
# Index, references, reserved bytes, size of what follows.
_OBJECT = struct.Struct("<HHIQ")
# The rest of a heap, which no object takes.
_FREE = 0


def check_heaps_of(path: Path) -> None:
    """Look through the heaps of a file; see `check_heaps`."""
    with path.open("rb") as file:
        # An empty file cannot be mapped, and has none.
        if path.stat().st_size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                check_heaps(content, path)


def check_heaps(content: bytes | mmap.mmap, path: Path) -> None:
    """Look through the heaps in the bytes of an HDF5 file.

    Raises:
        ModelFileError: one of their objects says a size on which the library would go round for ever.
    """
    at = content.find(_SIGNATURE)
    while at >= 0:
        if _goes_round(content, at):
            raise ModelFileError(
                f"{path} is damaged or no Keras model: one of its heaps of texts is torn. "
                "Save or copy it again."
            )
        at = content.find(_SIGNATURE, at + len(_SIGNATURE))


def _goes_round(content: bytes | mmap.mmap, start: int) -> bool:
    if start + _HEADER.size > len(content):
        return False
    _, size = _HEADER.unpack_from(content, start)
    at, end = start + _HEADER.size, min(start + size, len(content))
    while at + _OBJECT.size <= end:
        index, _, _, length = _OBJECT.unpack_from(content, at)
        # The size of the rest includes these bytes; that of an object does not, and is filled up to 8.
        step = length if index == _FREE else _OBJECT.size + -(-length // 8) * 8
        # Sizes of 64 bits that overflow come out small in the library, so what is too large is damage too.
        if not _OBJECT.size <= step <= end - at:
            return True
        at += step
    return False

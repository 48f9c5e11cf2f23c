"""The IDX file format of MNIST: a magic number, the sizes of the axes, and unsigned bytes; plain or gzip.

The magic number is 0, 0, 8 (unsigned bytes), and the number of axes; each size is a big-endian 32-bit number.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kerasviz.errors import DatasetError

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = 8
# The largest data set in this format, EMNIST, has 640 MB.
_MOST_BYTES = 2**30


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the uint8 array of `axes` axes in the IDX file `path`; gzip is recognised by content.

    No more is read, or unpacked, than the header says.

    Raises:
        DatasetError: the file is missing, damaged, not IDX, of other numbers or axes, not of its length, or
            of more than 1 GB.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            if not packed:
                return _read(file, path, axes)
            with gzip.open(file) as unpacked:
                return _read(unpacked, path, axes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(f"{path} is damaged or cut off ({error}); fetch it again.") from None
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from None


def _read(file: BinaryIO | gzip.GzipFile, path: Path, axes: int) -> np.ndarray:
    header = 4 + 4 * axes
    head = file.read(header)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise DatasetError(
            f"{path} starts with {head[:4].hex(' ') or 'nothing'}, an IDX file with 00 00 08 0{axes}."
        )
    if head[2] != _UNSIGNED_BYTES or head[3] != axes:
        raise DatasetError(
            f"{path} has the magic number {head[:4].hex(' ')}; unsigned bytes in {axes} axes, "
            f"00 00 08 0{axes}, are expected here."
        )
    sizes = np.frombuffer(head[4:].ljust(4 * axes, b"\0"), ">u4").tolist()
    # Of whole numbers of any size: the product of three sizes has up to 96 bits.
    expected = math.prod(sizes)
    told = f"its header ({' x '.join(map(str, sizes))})"
    if expected > _MOST_BYTES:
        raise DatasetError(
            f"{path} is damaged or too large: {told} claims {expected:,} bytes, and {_MOST_BYTES:,} are the "
            "most; fetch it again."
        )
    content = file.read(expected + 1)
    if len(head) < header or len(content) < expected:
        raise DatasetError(
            f"{path} is cut off: {len(head) + len(content)} bytes where {told} needs {header + expected}; "
            "fetch it again."
        )
    if len(content) > expected:
        raise DatasetError(f"{path} is too long: {told} needs {header + expected} bytes; fetch it again.")
    return np.frombuffer(content, np.uint8).reshape(sizes)

"""The IDX file format of MNIST: a magic number, the sizes of the axes, and unsigned bytes; plain or gzip.

The magic number is 0, 0, 8 (unsigned bytes), and the number of axes; each size is a big-endian 32-bit number.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from kerasviz.errors import DatasetError

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = 8


def read_idx(path: Path, axes: int) -> np.ndarray:
    """Return the uint8 array of `axes` axes in the IDX file `path`; gzip is recognised by content.

    Raises:
        DatasetError: the file is missing, damaged, not IDX, of other numbers or axes, or not of its length.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from None
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise DatasetError(f"{path} is damaged or cut off ({error}); fetch it again.") from None
    if len(content) < 4 or content[:2] != b"\0\0":
        raise DatasetError(
            f"{path} starts with {content[:4].hex(' ') or 'nothing'}, an IDX file with 00 00 08 0{axes}."
        )
    if content[2] != _UNSIGNED_BYTES or content[3] != axes:
        raise DatasetError(
            f"{path} has the magic number {content[:4].hex(' ')}; unsigned bytes in {axes} axes, "
            f"00 00 08 0{axes}, are expected here."
        )
    header = 4 + 4 * axes
    sizes = np.frombuffer(content[4:header].ljust(4 * axes, b"\0"), ">u4").astype(np.int64).tolist()
    expected = header + int(np.prod(sizes))
    if len(content) != expected:
        fault = "cut off" if len(content) < expected else "too long"
        raise DatasetError(
            f"{path} is {fault}: {len(content)} bytes where its header ({' x '.join(map(str, sizes))}) "
            f"needs {expected}; fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(sizes)

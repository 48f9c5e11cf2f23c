"""Maps at another size, by linear interpolation."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np


def resize(maps: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Return maps `(N, *spatial)` at `size`, interpolated linearly along each axis.

    Pixel centres are aligned (half-pixel centres, as `cv2.INTER_LINEAR` and `tf.image.resize` do); beyond the
    outermost centres the edge value is kept. No value leaves the range of the map, a constant stays constant.
    One, two or three spatial axes; float32.

    >>> resize(np.array([[0.0, 4.0]]), [4])
    array([[0., 1., 3., 4.]], dtype=float32)
    """
    maps = np.asarray(maps, np.float32)
    for axis, length in enumerate(size, start=1):
        if maps.shape[axis] != length:
            matrix = _interpolation(maps.shape[axis], length)
            maps = np.moveaxis(np.moveaxis(maps, axis, -1) @ matrix, -1, axis)
    return np.ascontiguousarray(maps)


@functools.lru_cache(maxsize=64)
def _interpolation(length: int, wanted: int) -> np.ndarray:
    """Return the matrix (length, wanted) that a row of values is multiplied with."""
    centres = np.clip((np.arange(wanted) + 0.5) * length / wanted - 0.5, 0, length - 1)
    left = np.minimum(centres.astype(int), max(length - 2, 0))
    share = (centres - left).astype(np.float32)
    matrix = np.zeros((length, wanted), np.float32)
    columns = np.arange(wanted)
    matrix[left, columns] = 1 - share
    if length > 1:
        matrix[left + 1, columns] += share
    return matrix

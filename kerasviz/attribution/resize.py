"""Maps at another size, by linear interpolation."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops


def resize(maps: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Return maps `(N, *spatial)` at `size`, interpolated linearly along each axis.

    Pixel centres are aligned (half-pixel centres, as `cv2.INTER_LINEAR` and `tf.image.resize` do); beyond the
    outermost centres the edge value is kept. No value leaves the range of the map, a constant stays constant.
    One, two or three spatial axes; float32.

    >>> resize(np.array([[0.0, 4.0]]), [4])
    array([[0., 1., 3., 4.]], dtype=float32)
    """
    return np.asarray(interpolate(ops.convert_to_tensor(maps, "float32"), size))


def interpolate(maps: Any, size: Sequence[int]) -> Any:
    """Return the same as a tensor, of a tensor with known spatial sizes; inside a compiled function too."""
    for axis, length in enumerate(size, start=1):
        if maps.shape[axis] == length:
            continue
        matrix = _interpolation(maps.shape[axis], length)
        if axis == len(size):
            maps = ops.matmul(maps, matrix)
        elif axis == len(size) - 1:
            maps = ops.matmul(matrix.T, maps)
        else:
            maps = ops.moveaxis(ops.matmul(ops.moveaxis(maps, axis, -1), matrix), -1, axis)
    return maps


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

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
    rank = len(size) + 1
    for axis, length in enumerate(size, start=1):
        if maps.shape[axis] == length:
            continue
        # Matrices of the maps' rank: products of different ranks are computed in many small steps.
        matrix = _interpolation(maps.shape[axis], length)
        if axis == rank - 1:
            maps = ops.matmul(maps, matrix.reshape(*[1] * (rank - 2), *matrix.shape))
        elif axis == rank - 2:
            maps = ops.matmul(matrix.T.reshape(*[1] * (rank - 2), *matrix.T.shape), maps)
        else:
            turned = ops.moveaxis(maps, axis, -1)
            turned = ops.matmul(turned, matrix.reshape(*[1] * (rank - 2), *matrix.shape))
            maps = ops.moveaxis(turned, -1, axis)
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

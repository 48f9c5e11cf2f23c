"""Maps at another size, by linear interpolation."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from kerasviz.errors import InputError


def resize(maps: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Return maps `(N, *spatial)` at `size`, interpolated linearly along each axis.

    Pixel centres are aligned (half-pixel centres, as `cv2.INTER_LINEAR` and `tf.image.resize` do); beyond the
    outermost centres the edge value is kept. No value leaves the range of the map, a constant stays constant.
    One, two or three spatial axes; float32.

    >>> resize(np.array([[0.0, 4.0]]), [4])
    array([[0., 1., 3., 4.]], dtype=float32)
    """
    # Not in the backend: on the CPU it takes ten times as long for small maps, and twice for those of a
    # photograph.
    maps = np.array(maps, np.float32)
    for axis, length in enumerate(size, start=1):
        if maps.shape[axis] == length:
            continue
        matrix = _interpolation(maps.shape[axis], length)
        if axis == maps.ndim - 2:
            maps = matrix.T @ maps
        else:
            maps = np.moveaxis(np.moveaxis(maps, axis, -1) @ matrix, -1, axis)
    return maps


def over_input(maps: np.ndarray, input_shapes: Sequence[tuple[int, ...]]) -> np.ndarray:
    """Return maps `(N, *spatial)` at the size of the first input that has as many spatial axes.

    Raises:
        InputError: there is none, so a map cannot lie over the input.
    """
    return resize(maps, input_size(input_shapes, maps.ndim - 1))


def input_size(input_shapes: Sequence[tuple[int, ...]], axes: int) -> tuple[int, ...]:
    """Return the spatial size of the first input that has that many spatial axes, with or without channels.

    Raises:
        InputError: there is none, so a map cannot lie over the input.

    >>> input_size([(7,), (28, 28, 1)], 2)
    (28, 28)
    """
    for shape in input_shapes:
        if len(shape) == axes + 1:
            return shape[:-1]
    for shape in input_shapes:
        if len(shape) == axes:
            return shape
    raise InputError(
        f"The maps have {axes} spatial axes, and no input of shapes {list(input_shapes)} has as many: "
        "ask for raw=True."
    )


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

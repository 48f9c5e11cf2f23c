"""What is hidden of a picture: windows, random masks made when needed, and what stands in their place.

Works on float32 pixels `(*spatial, C)` with one to three spatial axes; knows no model.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

import numpy as np

from kerasviz.errors import InputError
from kerasviz.explanation.interpolation import resize

FILLS = ("zero", "mean", "blur")
# The standard deviation of the blur that hides, as a share of each side.
_BLUR = 1 / 16


def filled(pixels: np.ndarray, fill: str) -> np.ndarray:
    """Return what stands in the hidden places of a picture `(*spatial, C)`, an array of the same shape.

    Args:
        pixels: the picture, as the model takes it.
        fill: `"zero"`, the value 0 (black for a model of raw pictures, the mean colour for one whose
            pictures are centred beforehand); `"mean"`, the picture's own mean of each channel; `"blur"`, the
            picture blurred by a Gaussian with a standard deviation of 1/16 of each side.

    Raises:
        InputError: another fill.

    >>> filled(np.array([[1.0], [3.0]], np.float32), "mean").tolist()
    [[2.0], [2.0]]
    """
    if fill not in FILLS:
        raise InputError(f"fill is {fill!r}; expected {', '.join(FILLS)}.")
    if fill == "zero":
        return np.zeros_like(pixels)
    if fill == "mean":
        axes = tuple(range(pixels.ndim - 1))
        return np.broadcast_to(pixels.mean(axis=axes, keepdims=True), pixels.shape)
    for axis, length in enumerate(pixels.shape[:-1]):
        blurred = np.tensordot(_gaussian(length), pixels, axes=(1, axis))
        pixels = np.moveaxis(blurred, 0, axis)
    return pixels


def _gaussian(length: int) -> np.ndarray:
    """Return the matrix that blurs a row of that length; weights beyond the edges are given to the others."""
    distance = np.arange(length)[:, None] - np.arange(length)
    weights = np.exp(-0.5 * (distance / (length * _BLUR)) ** 2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def window_starts(length: int, patch: int, stride: int) -> list[int]:
    """Return where windows start along one axis: every `stride`, and one flush with the end.

    Raises:
        InputError: the patch is not within 1..length, or the stride not within 1..patch.

    >>> window_starts(8, patch=3, stride=2), window_starts(9, patch=3, stride=3)
    ([0, 2, 4, 5], [0, 3, 6])
    """
    if not 1 <= patch <= length:
        raise InputError(f"patch is {patch}; expected 1 to {length}, the picture's side in pixels.")
    if not 1 <= stride <= patch:
        raise InputError(
            f"stride is {stride}; expected 1 to the patch, {patch}: else pixels between are never hidden."
        )
    last = length - patch
    starts = list(range(0, last + 1, stride))
    return starts if starts[-1] == last else [*starts, last]


def windows(
    size: Sequence[int], patch: Sequence[int], stride: Sequence[int]
) -> tuple[list[tuple[slice, ...]], list[int]]:
    """Return the windows that cover a picture of that size, the last axis fastest, and how many an axis has.

    `patch` and `stride` are of each axis.

    Raises:
        InputError: the patch is larger than the picture, or the stride larger than the patch.

    >>> windows((4, 6), patch=(2, 2), stride=(2, 2))[1]
    [2, 3]
    """
    starts = [window_starts(*axis) for axis in zip(size, patch, stride, strict=True)]
    corners = itertools.product(*starts)
    found = [
        tuple(slice(at, at + side) for at, side in zip(corner, patch, strict=True)) for corner in corners
    ]
    return found, [len(each) for each in starts]


def few_windows(
    size: Sequence[int], patch: int | None, stride: int | None, most: int
) -> tuple[list[int], list[int]]:
    """Return patch and stride of each axis: what is given, and for None what takes at most `most` windows.

    The patch is an eighth of the shorter side, or the next larger one that takes so few; an axis that is
    shorter cuts it off. The stride is half of the patch; of a given patch it may be up to the whole.

    >>> few_windows((224, 224), None, None, most=1000)
    ([28, 28], [14, 14])
    >>> few_windows((64, 64, 64), None, None, most=1000)
    ([11, 11, 11], [6, 6, 6])
    """
    smallest = max(1, min(size) // 8)
    if stride is not None:
        return [patch or smallest] * len(size), [stride] * len(size)
    candidates: Iterable[tuple[list[int], int]]
    if patch is not None:
        # One after the other: a patch can be any number.
        candidates = (([patch] * len(size), step) for step in range(-(-patch // 2), patch + 1))
    else:
        candidates = (
            ([min(side, n) for n in size], -(-side // 2)) for side in range(smallest, max(size) + 1)
        )
    for sides, step in candidates:
        steps = [min(step, side) for side in sides]
        if math.prod(1 + -(-(n - p) // s) for n, p, s in zip(size, sides, steps, strict=True)) <= most:
            break
    return sides, steps


def random_masks(size: Sequence[int], numbers: range, cells: int, keep: float, seed: int) -> np.ndarray:
    """Return smooth random masks in 0..1, float32 `(len(numbers), *size)`; 1 shows a pixel, 0 hides it.

    Petsiuk et al. 2018, section 3.2: a coarse grid of `cells` a side, each cell 1 with probability `keep`, is
    enlarged linearly to one cell more than the picture and cut at a random offset of up to one cell. Mask
    number i depends on `seed` and i alone, whatever other masks are made.

    >>> together = random_masks((8, 8), range(6), cells=2, keep=0.5, seed=3)
    >>> np.array_equal(together[4:], random_masks((8, 8), range(4, 6), cells=2, keep=0.5, seed=3))
    True
    """
    widths = [-(-length // cells) for length in size]
    grids = np.empty((len(numbers), *[cells] * len(size)), np.float32)
    offsets = np.empty((len(numbers), len(size)), int)
    for row, number in enumerate(numbers):
        rng = np.random.default_rng([seed, number])
        grids[row] = rng.random(grids.shape[1:]) < keep
        offsets[row] = rng.integers(0, widths)
    large = resize(grids, [(cells + 1) * width for width in widths])
    masks = np.empty((len(numbers), *size), np.float32)
    for row, corner in enumerate(offsets):
        masks[row] = large[row][tuple(slice(at, at + n) for at, n in zip(corner, size, strict=True))]
    return masks

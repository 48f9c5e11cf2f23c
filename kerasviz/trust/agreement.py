"""How well maps agree with a mask of the object: pure functions of arrays, one value per picture.

All take maps `(N, h, w)` of any sign and bool masks of the same shape, and count what speaks for the class:
the values above 0. A map without such a value points nowhere and scores 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError


def pointing_game(maps: Any, masks: Any) -> np.ndarray:
    """Return whether the map's maximum lies in the mask, 0.0 or 1.0 for each picture.

    Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016:

        accuracy = hits / (hits + misses)

    without the paper's tolerance of 15 pixels. Where several pixels share the maximum, the share of them that
    lies in the mask counts, so that no corner is preferred.

    >>> pointing_game([[[1, 5], [5, 2]]], [[[False, True], [False, False]]]).tolist()
    [0.5]
    """
    maps, masks = checked_pairs(maps, masks)
    highest = maps.max(axis=(1, 2), keepdims=True)
    peaks = (maps == highest) & (maps > 0)
    return _ratio((peaks & masks).sum(axis=(1, 2)), peaks.sum(axis=(1, 2)))


def energy_inside(maps: Any, masks: Any) -> np.ndarray:
    """Return the share of the map that lies in the mask, 0.0 to 1.0 for each picture.

    The energy-based pointing game of Wang et al., "Score-CAM", CVPR Workshops 2020:

        P = sum of L_i over i in the mask / sum of L_i over all i,      L = the map's values above 0

    >>> energy_inside([[[1, 3], [-9, 0]]], [[[False, True], [True, True]]]).tolist()
    [0.75]
    """
    maps, masks = checked_pairs(maps, masks)
    positive = np.maximum(maps, 0)
    return _ratio((positive * masks).sum(axis=(1, 2)), positive.sum(axis=(1, 2)))


def intersection_over_union(maps: Any, masks: Any, threshold: float = 0.5) -> np.ndarray:
    """Return how well the strong part of the map and the mask coincide, 0.0 to 1.0 for each picture.

        B = where L >= threshold * max L, above 0          IoU = |B and mask| / |B or mask|

    Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, segments maps so (there
    at 0.2, for boxes).

    Raises:
        InputError: the threshold is not above 0 and at most 1.

    >>> intersection_over_union([[[4, 2], [1, 0]]], [[[True, False], [True, False]]]).round(3).tolist()
    [0.333]
    """
    maps, masks = checked_pairs(maps, masks)
    check_numbers(threshold=threshold)
    strong = (maps >= threshold * maps.max(axis=(1, 2), keepdims=True)) & (maps > 0)
    return _ratio((strong & masks).sum(axis=(1, 2)), (strong | masks).sum(axis=(1, 2)))


def checked_pairs(maps: Any, masks: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return maps as float64 and masks as bool, both `(N, h, w)`.

    Raises:
        InputError: the shapes differ, a map holds NaN, or a mask is empty.
    """
    maps, masks = np.asarray(maps, np.float64), np.asarray(masks)
    if maps.ndim != 3 or maps.shape != masks.shape:
        raise InputError(
            f"Got maps of shape {maps.shape} and masks of shape {masks.shape}; expected (N, h, w) of both."
        )
    if not np.isfinite(maps).all():
        raise InputError("The maps hold NaN or infinity: they cannot be scored.")
    masks = masks.astype(bool)
    empty = np.flatnonzero(~masks.any(axis=(1, 2)))
    if len(empty):
        raise InputError(f"Mask {empty[0]} is empty: leave out the {len(empty)} pictures without an object.")
    return maps, masks


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)

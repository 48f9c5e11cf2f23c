"""Overlays: a heatmap blended on its image, the outline of what is strong, and a box around the strongest."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError
from kerasviz.images import as_numbers, as_rgb
from kerasviz.pictures.colors import colorize, default_colormap
from kerasviz.pictures.scale import Scale, scale_of

Box = tuple[int, int, int, int]

# The share of the scale's strongest value from which on a heatmap has its whole share in the mix.
FULL_STRENGTH = 0.25


def overlay(
    image: Any,
    heatmap: Any,
    alpha: float = 0.5,
    *,
    colormap: str | None = None,
    scale: Scale | None = None,
) -> np.ndarray:
    """Return the heatmap in colours, blended on its image; where it is 0, the pixel is the image's own.

    The heatmap's share in the mix rises from 0, at the value 0, to `alpha`, at a quarter of the scale's
    strongest value, and stays there: what is no evidence leaves no trace, and no edge is drawn around it.

    Args:
        image: `(h, w)`, `(h, w, 1)` or `(h, w, 3)`, uint8 in 0..255 or floats in 0..1.
        heatmap: `(h', w')` numbers of any size, resized to the image's bilinearly.
        alpha: the share of the heatmap in the mix, where it is strong: 0.0 is the image alone, 1.0 the
            heatmap alone.
        colormap: the name of any Matplotlib colour map; without it, the diverging one for a scale around 0,
            else the sequential one.
        scale: the values of the first and last colour. Without it, the heatmap's own (`scale_of`), so that
            two overlays can be compared only when both are given the same.

    Returns:
        uint8 RGB `(h, w, 3)`. Pixels whose value is NaN are tinted magenta.

    Raises:
        ImageError: the image has another shape or range.
        InputError: the heatmap is not two-dimensional, `alpha` is outside 0..1, or the colour map unknown.

    >>> overlay(np.full((2, 2), 0.2), [[0.0, 1.0]], colormap="gray")[0].tolist()
    [[51, 51, 51], [153, 153, 153]]
    """
    check_numbers(alpha=alpha)
    image = as_rgb(image)
    heatmap = fit_heatmap(heatmap, image.shape[:2])
    scale = scale or scale_of(heatmap)
    colors = colorize(heatmap, scale, colormap or default_colormap(scale))
    share = (alpha * _strength(heatmap, scale))[:, :, None]
    return (image * (1.0 - share) + colors * share + 0.5).astype(np.uint8)


def _strength(heatmap: np.ndarray, scale: Scale) -> np.ndarray:
    """Return 0.0 where the heatmap is 0, rising to 1.0 where it is strong on the scale, or NaN."""
    full = FULL_STRENGTH * max(abs(scale.low), abs(scale.high))
    with np.errstate(over="ignore"):
        share = np.abs(heatmap) / full if full > 0 else (heatmap != 0).astype(np.float32)
    return np.clip(np.nan_to_num(share, nan=1.0, posinf=1.0), 0.0, 1.0)


def fit_heatmap(heatmap: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return a heatmap as float32 at the size `shape`, (height, width), resized bilinearly.

    >>> fit_heatmap([[0.0, 1.0]], (1, 4)).tolist()
    [[0.0, 0.25, 0.75, 1.0]]

    Raises:
        InputError: the heatmap is not two-dimensional, or empty.
    """
    heatmap = as_numbers(heatmap, "The heatmap").astype(np.float32)
    if heatmap.ndim != 2:
        raise InputError(f"A heatmap has the shape (h, w), not {heatmap.shape}: pass one map of the batch.")
    height, width = shape
    if heatmap.shape == (height, width):
        return heatmap
    return cv2.resize(heatmap, (width, height), interpolation=cv2.INTER_LINEAR)


def strongest_box(heatmap: Any, threshold: float = 0.5, shape: tuple[int, int] | None = None) -> Box | None:
    """Return (x, y, width, height) of the region around the heatmap's maximum, in pixels.

    The region is what is connected with the maximum, corners included, over values of at least `threshold`
    times the maximum. With `shape`, (height, width), the heatmap is resized to it first and the box is in
    pixels of that size. A heatmap without a positive value has no strongest region: None.

    >>> strongest_box([[0, 0, 0, 3], [0, 4, 2, 0], [0, 0, 1, 0]], threshold=0.5)
    (1, 0, 3, 2)

    Raises:
        InputError: the heatmap is not two-dimensional, or `threshold` is not above 0.0 and at most 1.0.
    """
    strong = _strong(heatmap, threshold, shape)
    if strong is None:
        return None
    mask, peak = strong
    _, regions, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, width, height = boxes[regions[peak], :4].tolist()
    return x, y, width, height


def draw_box(image: Any, box: Box) -> np.ndarray:
    """Return the image as uint8 RGB with the outline of a box (x, y, width, height), white cased in black.

    Raises:
        ImageError: the image has the wrong shape or range.
        InputError: the box is not within the image.
    """
    image = as_rgb(image).copy()
    x, y, width, height = box
    if min(x, y) < 0 or min(width, height) < 1 or x + width > image.shape[1] or y + height > image.shape[0]:
        raise InputError(
            f"The box {tuple(box)} is not within the image of {image.shape[1]} x {image.shape[0]}."
        )
    for color, thickness in _casing(image):
        cv2.rectangle(image, (x, y), (x + width - 1, y + height - 1), color, thickness)
    return image


def draw_contour(image: Any, heatmap: Any, threshold: float = 0.5) -> np.ndarray:
    """Return the image as uint8 RGB with a line, white cased in black, around what is strong in the heatmap.

    The line is drawn around every region of values of at least `threshold` times the maximum, and around the
    holes in it. A heatmap without a positive value leaves the image as it is.

    Raises:
        ImageError: the image has the wrong shape or range.
        InputError: the heatmap is not two-dimensional, or `threshold` is not above 0.0 and at most 1.0.
    """
    image = as_rgb(image).copy()
    strong = _strong(heatmap, threshold, image.shape[:2])
    if strong is not None:
        contours, _ = cv2.findContours(strong[0], cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for color, thickness in _casing(image):
            cv2.drawContours(image, contours, -1, color, thickness)
    return image


def _strong(
    heatmap: Any, threshold: float, shape: tuple[int, ...] | None
) -> tuple[np.ndarray, tuple[int, int]] | None:
    """Return where the heatmap reaches `threshold` times its maximum, as uint8, and where the maximum is."""
    check_numbers(threshold=threshold)
    if shape is None:
        shape = np.shape(heatmap)
    heatmap = np.nan_to_num(fit_heatmap(heatmap, shape), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    y, x = (int(i) for i in np.unravel_index(heatmap.argmax(), heatmap.shape))
    peak = heatmap[y, x]
    return ((heatmap >= threshold * peak).astype(np.uint8), (y, x)) if peak > 0 else None


def _casing(image: np.ndarray) -> tuple[tuple[tuple[int, int, int], int], ...]:
    """Return (colour, thickness) of the strokes of a line that shows on any image: black, then white."""
    thin = max(1, round(min(image.shape[:2]) / 150))
    return ((0, 0, 0), 3 * thin), ((255, 255, 255), thin)

"""Filters run over a picture, with OpenCV: what each does, as numbers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_numbers, as_uint8


def filter_image(image: Any, tiles: Any, padding: str = "same") -> np.ndarray:
    """Return an image filtered with each tile: a grey one as a whole, an RGB one colour by colour.

    The filter is correlated with the image, not flipped, as convolution layers do it (and `cv2.filter2D`):
    out[y, x] = sum_ij tile[i, j] * image[y + i - top, x + j - left], with top = (kh - 1) // 2 and
    left = (kw - 1) // 2 for `"same"`, where the image goes on in zeros, as in Keras at stride 1; and 0 for
    `"valid"`, which keeps only the positions that need none. An RGB image is filtered depthwise: each colour
    with that colour's slice of the filter. The sum over the colours is the layer's output without its bias.

    Args:
        image: `(h, w)` with tiles `(n, kh, kw)`, or `(h, w, 3)` with tiles `(n, kh, kw, 3)`: uint8 in 0..255,
            which counts as 0..1, or floats in 0..1.
        tiles: as from `filter_tiles`, without a scale.
        padding: `"same"` or `"valid"`.

    Returns:
        float32 `(n, h, w)` or `(n, h, w, 3)`, signed; with `"valid"` less (kh - 1) rows and (kw - 1) columns.

    Raises:
        ImageError: the image has the wrong shape or range.
        InputError: image and tiles are not both grey or both RGB, hold NaN, or do not fit each other.

    >>> filter_image(np.array([[0.0, 0.5, 1.0]]), np.array([[[-1.0, 1.0]]]), padding="valid").tolist()
    [[[0.5, 0.5]]]
    """
    image = np.asarray(image)
    as_uint8(image)  # refuses what is not an image in its range
    pixels = image.astype(np.float32) / (255.0 if image.dtype == np.uint8 else 1.0)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    tiles = as_numbers(tiles, "tiles").astype(np.float32)
    _check(pixels, tiles, padding)
    results = np.stack([_correlate(pixels, tile) for tile in tiles])
    if padding == "same":
        return results
    (height, width), (rows, columns) = pixels.shape[:2], tiles.shape[1:3]
    top, left = (rows - 1) // 2, (columns - 1) // 2
    return results[:, top : top + height - rows + 1, left : left + width - columns + 1]


def _check(pixels: np.ndarray, tiles: np.ndarray, padding: str) -> None:
    if padding not in ("same", "valid"):
        raise InputError(f"padding is {padding!r}; expected 'same' or 'valid'.")
    if tiles.ndim != pixels.ndim + 1 or (tiles.ndim == 4 and tiles.shape[-1] != 3):
        raise InputError(
            f"An image {pixels.shape} cannot be filtered with tiles {tiles.shape}: a grey image wants tiles "
            "(n, kh, kw), an RGB image tiles (n, kh, kw, 3). `as_gray` or `as_rgb` converts the image, "
            "`filter_tiles(kernel, channel=...)` makes the tiles."
        )
    if not np.isfinite(tiles).all():
        raise InputError("The filters hold NaN or infinite values: they cannot be run over an image.")
    if padding == "valid" and (tiles.shape[1] > pixels.shape[0] or tiles.shape[2] > pixels.shape[1]):
        raise InputError(
            f"Filters of {tiles.shape[1:3]} do not fit into an image of {pixels.shape[:2]} pixels: "
            "use padding='same'."
        )


def _correlate(pixels: np.ndarray, tile: np.ndarray) -> np.ndarray:
    if pixels.ndim == 3:
        return np.stack([_correlate(pixels[:, :, i], tile[:, :, i]) for i in range(pixels.shape[2])], axis=-1)
    anchor = ((tile.shape[1] - 1) // 2, (tile.shape[0] - 1) // 2)
    return cv2.filter2D(
        np.ascontiguousarray(pixels),
        cv2.CV_32F,
        np.ascontiguousarray(tile),
        anchor=anchor,
        borderType=cv2.BORDER_CONSTANT,
    )

"""The sprite: a thumbnail of every picture in one file, as large as a browser takes it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_rgb, resize_image
from kerasviz.pictures import sheet

# What TensorBoard's projector accepts as the side of a sprite, in pixels.
LARGEST_SPRITE = 8192
LARGEST_THUMBNAIL = 64
_PADDING = 255


def sprite_columns(count: int) -> int:
    """Return how many thumbnails stand in a row: as many as rows, or one more."""
    return math.ceil(math.sqrt(count))


def thumbnail_side(count: int, longest: int = LARGEST_THUMBNAIL) -> int:
    """Return the side in pixels of each of `count` thumbnails.

    That is the pictures' own longer side, at most 64, and at most what lets the sprite stay within 8192
    pixels: 33 for 60,000 pictures.

    >>> thumbnail_side(2000), thumbnail_side(60_000), thumbnail_side(2000, longest=28)
    (64, 33, 28)

    Raises:
        InputError: there are so many that a thumbnail would have no pixel.
    """
    side = min(longest, LARGEST_THUMBNAIL, LARGEST_SPRITE // sprite_columns(count))
    if side < 1:
        raise InputError(f"{count:,} thumbnails do not fit into {LARGEST_SPRITE} x {LARGEST_SPRITE} pixels.")
    return side


def thumbnail(image: Any, side: int) -> np.ndarray:
    """Return an image as uint8 RGB `(side, side, 3)`: fitted in whole, centred, the rest white.

    >>> thumbnail(np.zeros((2, 4), "uint8"), 4)[:, :, 0].tolist()
    [[255, 255, 255, 255], [0, 0, 0, 0], [0, 0, 0, 0], [255, 255, 255, 255]]

    Raises:
        ImageError: the image has the wrong shape or range; see `kerasviz.pictures.as_rgb`.
    """
    image = as_rgb(image)
    if image.shape[:2] == (side, side):
        return image
    factor = side / max(image.shape[:2])
    height, width = (max(1, round(length * factor)) for length in image.shape[:2])
    top, left = (side - height) // 2, (side - width) // 2
    square = np.full((side, side, 3), _PADDING, np.uint8)
    square[top : top + height, left : left + width] = resize_image(image, (height, width))
    return square


def sprite(images: Iterable[Any], count: int) -> tuple[np.ndarray, int]:
    """Return the sprite of `count` pictures, uint8 RGB, and the side of its thumbnails.

    Thumbnail i stands in row `i // columns` and column `i % columns`, without gaps; cells that are left over
    are white. Pictures are taken one by one: a sequence that reads them from files needs no memory for them.

    Raises:
        ImageError: a picture has the wrong shape or range.
        InputError: there are not `count` pictures, or too many for a sprite.
    """
    thumbnails = np.empty((0, 0, 0, 3), np.uint8)
    seen = 0
    for seen, image in enumerate(images, start=1):
        if seen > count:
            break
        if seen == 1:
            side = thumbnail_side(count, max(as_rgb(image).shape[:2]))
            thumbnails = np.empty((count, side, side, 3), np.uint8)
        thumbnails[seen - 1] = thumbnail(image, thumbnails.shape[1])
    if seen != count:
        found = f"more than {count}" if seen > count else str(seen)
        raise InputError(f"There are {count} vectors and {found} pictures; expected one for each.")
    return sheet(thumbnails, columns=sprite_columns(count), gap=0), thumbnails.shape[1]

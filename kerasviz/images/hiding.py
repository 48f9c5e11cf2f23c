"""A part of a picture hidden."""

from __future__ import annotations

import numpy as np

from kerasviz.errors import ImageError

# x, y, width and height in pixels of the picture.
Rectangle = tuple[int, int, int, int]


def hide_rectangle(image: np.ndarray, rectangle: Rectangle) -> np.ndarray:
    """Return a copy of `image`, uint8 `(h, w)` or `(h, w, C)`, with its mean colour in the rectangle.

    Args:
        image: a picture.
        rectangle: x and y of its upper left corner, width and height, in pixels.

    Raises:
        ImageError: the rectangle has no pixel, or is not within the picture.

    >>> hide_rectangle(np.array([[0, 0, 0, 200]], np.uint8), (3, 0, 1, 1)).tolist()
    [[0, 0, 0, 50]]
    """
    x, y, width, height = rectangle
    if min(x, y) < 0 or min(width, height) < 1 or x + width > image.shape[1] or y + height > image.shape[0]:
        raise ImageError(
            f"The rectangle {x},{y},{width},{height} (x, y, width, height) is not within the picture of "
            f"{image.shape[1]} x {image.shape[0]} pixels: choose one inside it."
        )
    hidden = image.copy()
    hidden[y : y + height, x : x + width] = image.mean(axis=(0, 1)).round()
    return hidden

"""A part of a picture hidden: its rectangle on the command line, and the picture without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Rectangle = tuple[int, int, int, int]


def parse_rectangle(text: str) -> Rectangle:
    """Return (x, y, width, height) from "x,y,w,h".

    Raises:
        InputError: that is not what the text is.

    >>> parse_rectangle("10,20,30,40")
    (10, 20, 30, 40)
    """
    from kerasviz.errors import InputError

    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts) or "0" in parts[2:]:
        raise InputError(
            f"--mask is {text!r}; pass x,y,width,height in whole pixels of the picture, such as 40,60,100,80."
        )
    x, y, width, height = map(int, parts)
    return x, y, width, height


def hide(image: np.ndarray, rectangle: Rectangle) -> np.ndarray:
    """Return a copy of `image`, uint8 RGB, with the rectangle filled with the picture's mean colour.

    Raises:
        ImageError: the rectangle is not within the picture.
    """
    from kerasviz.errors import ImageError

    x, y, width, height = rectangle
    if x + width > image.shape[1] or y + height > image.shape[0]:
        raise ImageError(
            f"--mask {x},{y},{width},{height} is not within the picture of {image.shape[1]} x "
            f"{image.shape[0]} pixels: choose a rectangle inside it."
        )
    hidden = image.copy()
    hidden[y : y + height, x : x + width] = image.mean(axis=(0, 1)).round()
    return hidden

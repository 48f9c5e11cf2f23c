"""A picture as uint8 RGB, its range stated: resized, encoded as PNG, and written."""

from __future__ import annotations

import os
from typing import Any

import cv2
import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.errors import ImageError, InputError
from kerasviz.images.arrays import as_numbers


def as_uint8(image: Any) -> np.ndarray:
    """Return an image `(h, w)`, `(h, w, 1)` or `(h, w, 3)` as uint8, grey `(h, w)` or RGB `(h, w, 3)`.

    uint8 images hold 0..255 and stay as they are; float images hold 0..1. A float image with values above 1
    is refused, because a dark one could not be told from one in 0..1: `image.astype("uint8")` makes an image
    in 0..255 one.

    Raises:
        ImageError: another shape, an empty image, NaN, or values outside the range.

    >>> as_uint8(np.array([[0.0, 0.5, 1.0]])).tolist()
    [[0, 128, 255]]
    """
    try:
        image = as_numbers(image, "The image")
    except InputError as error:
        raise ImageError(str(error)) from error
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if image.ndim != 2 and not (image.ndim == 3 and image.shape[2] == 3):
        raise ImageError(f"An image has the shape (h, w), (h, w, 1) or (h, w, 3), not {image.shape}.")
    if image.dtype == np.uint8:
        return image
    low, high = float(image.min()), float(image.max())
    if not (low >= 0.0 and high <= 1.0):
        raise ImageError(
            f"The image holds {image.dtype} values from {low:g} to {high:g}; expected uint8 in 0..255 or "
            "floats in 0..1: convert it with image.astype('uint8') or image / 255."
        )
    return (image * 255.0 + 0.5).astype(np.uint8)


def as_rgb(image: Any) -> np.ndarray:
    """Return an image as uint8 RGB `(h, w, 3)`; a grey one has three equal channels. See `as_uint8`.

    >>> as_rgb(np.zeros((2, 2), "uint8")).shape
    (2, 2, 3)
    """
    image = as_uint8(image)
    return np.repeat(image[:, :, None], 3, axis=2) if image.ndim == 2 else image


def as_gray(image: Any) -> np.ndarray:
    """Return an image as uint8 grey `(h, w)`: 0.299 R + 0.587 G + 0.114 B. See `as_uint8`.

    >>> as_gray(np.array([[[255, 0, 0]]], "uint8")).tolist()
    [[76]]
    """
    image = as_uint8(image)
    return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def upscale(image: np.ndarray, factor: int) -> np.ndarray:
    """Return the image with every pixel as a square of `factor` x `factor` pixels.

    >>> upscale(np.array([[1, 2]], "uint8"), 2).tolist()
    [[1, 1, 2, 2], [1, 1, 2, 2]]
    """
    if isinstance(factor, bool) or not isinstance(factor, int | np.integer) or factor < 1:
        raise InputError(f"factor is {factor!r}; expected a whole number of at least 1.")
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def encode_png(image: Any) -> bytes:
    """Return an image as the bytes of a PNG file, grey or RGB. See `as_uint8` for its range."""
    image = as_uint8(image)
    if image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".png", image)
    if not done:
        raise ImageError(f"OpenCV could not encode an image of the shape {image.shape} as PNG.")
    return data.tobytes()


def write_png(path: str | os.PathLike[str], image: Any) -> None:
    """Write an image as a PNG file that appears whole or not at all. See `as_uint8` for its range.

    Raises:
        ImageError: the image cannot be drawn (see `as_uint8`).
        InputError: the path ends in something other than `.png`.
    """
    if not os.fspath(path).lower().endswith(".png"):
        raise InputError(f"The path {os.fspath(path)!r} must end in .png.")
    data = encode_png(image)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)

"""A picture as a model takes it, and as it is drawn on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasviz.images.files import resize_image
from kerasviz.images.placing import WHOLE, Box
from kerasviz.images.png import upscale

# The longer side of a picture to draw on: larger ones are reduced, very small ones enlarged.
_LARGEST, _SMALLEST = 640, 160


@dataclass(frozen=True, repr=False)
class Picture:
    """A picture: `shown` is uint8 RGB to draw on, `pixels` uint8 of the model's size and channels.

    Of a model with a preprocessor, `values` is what it made of the picture, and `box` which part of it the
    model sees; `shown` is dark elsewhere.
    """

    path: Path
    shown: np.ndarray
    pixels: np.ndarray
    values: np.ndarray | None = None
    box: Box = WHOLE

    def __repr__(self) -> str:
        """Return the file and the size in a line."""
        return f"Picture({self.path}, {' x '.join(map(str, self.pixels.shape))})"

    def placed(self, values: np.ndarray, *, from_zero: bool = True) -> np.ndarray:
        """Return a map `(h, w)` of the model's input as it lies on `shown`; see `Box.with_nothing_around`."""
        return self.box.with_nothing_around(values, self.shown.shape[:2], from_zero)


def drawable(image: np.ndarray) -> np.ndarray:
    """Return uint8 RGB `image` with 160 to about 640 pixels on its longer side."""
    longest = max(image.shape[:2])
    if longest > _LARGEST:
        height, width = (max(1, round(side * _LARGEST / longest)) for side in image.shape[:2])
        return resize_image(image, (height, width))
    return upscale(image, -(-_SMALLEST // longest)) if longest < _SMALLEST else image

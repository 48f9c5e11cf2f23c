"""Where a preprocessor puts a picture: which part of it the model sees, and how maps find back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasviz.images.files import resize_image

# The levels between which the measured ramps rise: none that padding is likely to have.
_LOW, _SPAN = 64, 128
# By how much of a picture a ramp may stray from a straight line: antialiasing and rounding bend its ends.
_STRAY = 0.02


@dataclass(frozen=True)
class Box:
    """The part of a picture that fills the model's input, its sides as shares of the picture's.

    Below 0 and above 1 where the picture was padded, within them where it was cropped.

    >>> Box(0.0, 0.25, 1.0, 0.75).placed(np.ones((2, 2)), (2, 4), fill=0.0).tolist()
    [[0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]]
    """

    top: float
    left: float
    bottom: float
    right: float

    def placed(self, values: np.ndarray, size: tuple[int, int], fill: float) -> np.ndarray:
        """Return a map `(h, w)` of the model's input as one `(height, width)` of the whole picture, float32.

        What lies in the padding is left out; what the model does not see of the picture is `fill`. Where it
        sees the whole picture and nothing else, the map is returned as it is.
        """
        if self == WHOLE:
            return values
        (top, bottom), (left, right) = self._pixels(size)
        part = resize_image(np.asarray(values, np.float32), (bottom - top, right - left))
        part = part[max(-top, 0) :, max(-left, 0) :]
        canvas = np.full(size, fill, np.float32)
        hole = canvas[max(top, 0) : bottom, max(left, 0) : right]
        hole[:] = part[: hole.shape[0], : hole.shape[1]]
        return canvas

    def seen(self, mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Return a bool mask `(h, w)` of the whole picture as one `(height, width)` of the model's input.

        In the padding nothing is True.

        >>> Box(0.0, 0.25, 1.0, 0.75).seen(np.array([[True, True, False, False]]), (1, 2)).tolist()
        [[True, False]]
        """
        (top, bottom), (left, right) = self._pixels(mask.shape)
        filled = np.zeros((bottom - top, right - left), np.uint8)
        part = mask[max(top, 0) : bottom, max(left, 0) : right]
        inside = filled[max(-top, 0) :, max(-left, 0) :]
        inside[: part.shape[0], : part.shape[1]] = part * np.uint8(255)
        return resize_image(filled, size) >= 128

    def with_nothing_around(self, values: np.ndarray, size: tuple[int, int], from_zero: bool) -> np.ndarray:
        """Return a map as `placed` does; what the model does not see of the picture is no evidence.

        That is 0 or, where 0 means nothing special (RISE), the map's smallest value.
        """
        return self.placed(values, size, 0.0 if from_zero else float(np.nanmin(values)))

    def dimmed(self, picture: np.ndarray) -> np.ndarray:
        """Return a uint8 picture `(h, w, C)`, dark where the model does not see it."""
        if self == WHOLE:
            return picture
        (top, bottom), (left, right) = self._pixels(picture.shape[:2])
        seen = np.s_[max(top, 0) : bottom, max(left, 0) : right]
        dark = picture // 3
        dark[seen] = picture[seen]
        return dark

    def _pixels(self, size: tuple[int, ...]) -> tuple[tuple[int, int], tuple[int, int]]:
        return _pixels(self.top, self.bottom, size[0]), _pixels(self.left, self.right, size[1])


def _pixels(low: float, high: float, length: int) -> tuple[int, int]:
    start = min(round(low * length), length - 1)
    return start, max(round(high * length), start + 1)


WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def found_box(run: Callable[[np.ndarray], np.ndarray], size: tuple[int, int], channels: int) -> Box | None:
    """Return which part of pictures of one size fills the model's input, as seen on ramps of grey.

    Args:
        run: makes pictures uint8 `(N, height, width, channels)` the model's input, and takes the scaling of
            its values back: levels `(N, h, w, channels)` in 0..255.
        size: of the pictures.
        channels: 1 or 3.

    Returns:
        None where the picture is not only stretched, cropped and padded: turned, say.
    """
    height, width = size
    grounds = [_ramp(height)[:, None], _ramp(width)[None], 255, 0]

    def seen(values: list[Any]) -> list[np.ndarray]:
        """Return what becomes of these, each in a channel of its own, of one picture."""
        picture = np.empty((1, height, width, channels), np.uint8)
        for channel, value in enumerate(values):
            picture[0, ..., channel] = value
        return list(np.moveaxis(run(picture)[0], -1, 0))

    # One picture after the other: a photograph of twelve million pixels takes 150 MB as floats.
    if channels == 1:
        levels = np.stack([seen([ground])[0] for ground in grounds])
    else:
        levels = np.stack([*seen(grounds[:3]), seen([0, 0, 0])[2]])
    inside = levels[2] - levels[3] > 127
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows) or not inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all():
        return None
    # At the edge of the padding a pixel is a mixture: what of it is the picture is between black and white.
    ramps = (levels[:2] - levels[3]) / np.where(inside, levels[2] - levels[3], 1) * 255
    part = ramps[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    vertical = _ends(part[0].mean(axis=1), int(rows[0]), inside.shape[0], height)
    horizontal = _ends(part[1].mean(axis=0), int(columns[0]), inside.shape[1], width)
    if vertical is None or horizontal is None:
        return None
    return Box(vertical[0], horizontal[0], vertical[1], horizontal[1])


def _ramp(length: int) -> np.ndarray:
    return np.rint(_LOW + _SPAN * (np.arange(length) + 0.5) / length).astype(np.uint8)


def _ends(levels: np.ndarray, first: int, count: int, length: int) -> tuple[float, float] | None:
    """Return where a side of the input begins and ends, as shares of the picture's side of `length` pixels.

    `levels` is what became of the ramp in the input's pixels from the `first` on, of `count`.
    """
    shares = (levels - _LOW) / _SPAN
    # Where a picture is enlarged, its outermost pixels are repeated.
    free = np.abs(shares - 0.5) < 0.5 - 0.5 / length - 1 / _SPAN
    if free.sum() < 2:
        # A side of a pixel or two, which nobody crops: it fills what is not padding.
        slope, start = 1 / len(levels), -first / len(levels)
    else:
        places = first + np.flatnonzero(free) + 0.5
        slope, start = np.polyfit(places, shares[free], 1)
        if slope <= 0 or np.abs(start + slope * places - shares[free]).max() > _STRAY + 0.5 / length:
            return None
    end = start + slope * count
    # Half a pixel of the input is as near as it can be told.
    near = slope / 2
    return (0.0 if abs(start) < near else float(start)), (1.0 if abs(end - 1) < near else float(end))

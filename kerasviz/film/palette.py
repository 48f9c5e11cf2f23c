"""One palette for all pictures of an animation, so that no colour flickers."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from PIL import Image

# A pixel whose channels are off by no more than this, of 255 levels, is not seen to be off.
TOLERATED_ERROR = 8
# How many pixels the search for the best colours looks at: more change little and cost time.
_SAMPLED_PIXELS = 8000
_REFINEMENTS = 3
_MOVES = 6
# Films of more colours than these, such as photographs, are never within the tolerated error.
_COVERED_COLOURS = 1 << 15
_FEW = 1500
# Colours beside greys that a palette has room for without the greys' steps growing by more than a level.
_TINTS = 16
# What captions are drawn with: always among the colours, so that they stay crisp.
_GREYS = np.repeat(np.array([[0], [85], [170], [255]], np.uint8), 3, axis=1)


class Palette(Protocol):
    """A fixed set of colours, uint8 `(n, 3)`, and which of them stands for each pixel of a picture.

    Attributes:
        colours: the set.
        error: how many of 255 levels a channel of the pictures until now is off, at most.
    """

    colours: np.ndarray
    error: int

    def indices(self, picture: np.ndarray) -> np.ndarray:
        """Return uint8 `(h, w)`: the number of the nearest colour for every pixel."""


def fit_palette(samples: list[np.ndarray], count: int = 256) -> Palette:
    """Return the palette for pictures like the samples, of at most `count` colours.

    Grey pictures get evenly spaced greys: all 256 of them keep every picture exactly. Colour pictures with no
    more than `count` colours, such as colour-mapped sheets, are kept exactly too. Grey pictures with a few
    colours in them, such as sheets of kernels with the colour of their gaps, get these and greys. Others get
    colours that are nowhere off by more than 8 of 255 levels, or, where these would be too many, the colours
    that are best on average; each pixel gets the nearest one, without dithering.

    Args:
        samples: uint8 pictures, all `(h, w)` or all `(h, w, 3)` RGB.
        count: The largest number of colours, 8 to 256.

    >>> palette = fit_palette([np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)], 16)
    >>> palette.colours.tolist()
    [[255, 0, 0], [0, 0, 255]]
    >>> palette.indices(np.array([[[0, 0, 250], [255, 0, 0]]], np.uint8)).tolist()
    [[1, 0]]
    """
    if samples[0].ndim == 2:
        return _Greys(count)
    colours = _distinct(samples, count)
    if colours is None:
        tints = _distinct([_without_greys(sample) for sample in samples], _TINTS)
        if tints is None:
            covering = _covering(samples, count)
            return _Average(samples, count) if covering is None else _Listed(covering)
        colours = np.concatenate([_Greys(count - len(tints)).colours, tints])
    return _Listed(colours)


def _without_greys(picture: np.ndarray) -> np.ndarray:
    """Return the pixels of an RGB picture that are not grey, `(1, n, 3)`."""
    return picture[(picture != picture[..., :1]).any(axis=-1)][None]


class _Greys:
    def __init__(self, count: int) -> None:
        levels = np.linspace(0, 255, count).round().astype(np.uint8)
        self.colours = np.repeat(levels[:, None], 3, axis=1)
        self._table = (np.arange(256) * (count - 1) / 255 + 0.5).astype(np.uint8)
        self.error = int(np.abs(levels[self._table].astype(int) - np.arange(256)).max())

    def indices(self, picture: np.ndarray) -> np.ndarray:
        return self._table[picture]


class _Listed:
    """Each colour of 24 bits gets the nearest of those listed, looked for when it is met first."""

    def __init__(self, colours: np.ndarray) -> None:
        self.colours = colours
        self.error = 0
        # By 24-bit colour: 1 + the index, or 0 for a colour not met yet. Untouched pages take no memory.
        self._table = np.zeros(1 << 24, np.uint16)

    def indices(self, picture: np.ndarray) -> np.ndarray:
        keys = _keys(picture)
        found = self._table[keys]
        if not found.all():
            new = np.unique(keys[found == 0])
            wanted = _colours_of(new)
            nearest = _nearest(wanted, self.colours)
            self._table[new] = 1 + nearest
            self.error = max(self.error, _error(wanted, self.colours[nearest]))
            found = self._table[keys]
        return (found - 1).astype(np.uint8)


class _Average:
    """The best on average for a part of the samples' pixels; pixels are told apart by 5, 6 and 5 bits."""

    def __init__(self, samples: list[np.ndarray], count: int) -> None:
        pixels = np.concatenate([sample.reshape(-1, 3) for sample in samples])
        pixels = np.ascontiguousarray(pixels[:: 1 + len(pixels) // _SAMPLED_PIXELS])
        count -= len(_GREYS)
        image = Image.fromarray(pixels[None]).quantize(count, Image.Quantize.MEDIANCUT, _REFINEMENTS)
        chosen = np.array(image.getpalette(), np.uint8).reshape(-1, 3)[:count]
        self.colours = np.concatenate([_GREYS, chosen])
        keys = np.arange(1 << 16)
        red, green, blue = keys >> 11, keys >> 5 & 63, keys & 31
        cells = np.stack([red * 255 / 31, green * 255 / 63, blue * 255 / 31], axis=1)
        self._table = _nearest(cells, self.colours).astype(np.uint8)
        self._shown = np.zeros((1, 256, 3), np.uint8)
        self._shown[0, : len(self.colours)] = self.colours
        self.error = 0

    def indices(self, picture: np.ndarray) -> np.ndarray:
        found = self._table[cv2.cvtColor(picture, cv2.COLOR_RGB2BGR565).view(np.uint16)[..., 0]]
        shown = cv2.LUT(cv2.cvtColor(found, cv2.COLOR_GRAY2RGB), self._shown)
        self.error = max(self.error, _error(picture, shown))
        return found


def _covering(samples: list[np.ndarray], count: int) -> np.ndarray | None:
    """Return colours that are near every colour of the samples, or None where they are too many for that.

    Gonzalez, "Clustering to minimize the maximum intercluster distance", 1985: each further colour is the one
    that is farthest from those chosen. Then each moves into the middle of those it stands for.
    """
    met = np.zeros(1 << 24, bool)
    for sample in samples:
        met[_keys(sample)] = True
        if np.count_nonzero(met) > _COVERED_COLOURS:
            return None
    wanted = _colours_of(np.flatnonzero(met).astype(np.uint32)).astype(np.float32)
    # A part of the colours says quickly of most films that all of them are too many.
    for part in (wanted[:: 1 + len(wanted) // _FEW], wanted):
        chosen, farthest = _spread(part, count)
        # Of those chosen and the farthest left two share a colour, wherever it lies: one is half as far off.
        if farthest > 3 * (2 * TOLERATED_ERROR) ** 2:
            return None
    # The least error leaves the most room for the colours of other frames than the samples.
    least, best = TOLERATED_ERROR + 1, None
    for _ in range(_MOVES):
        nearest = _nearest(wanted, chosen)
        if (error := _error(wanted, chosen[nearest])) < least:
            least, best = error, chosen.astype(np.uint8)
        low, high = np.full((2, count, 3), np.nan, np.float32)
        np.fmin.at(low, nearest, wanted)
        np.fmax.at(high, nearest, wanted)
        free = ~np.isnan(low[:, 0])
        free[: len(_GREYS)] = False
        chosen[free] = ((low + high) / 2)[free].round()
    return best


def _spread(wanted: np.ndarray, count: int) -> tuple[np.ndarray, float]:
    """Return colours, each the farthest from those before, and the next one's squared distance."""
    chosen = np.empty((count, 3), np.float32)
    chosen[: len(_GREYS)] = _GREYS
    distances = np.min([((wanted - grey) ** 2).sum(axis=1) for grey in _GREYS.astype(np.float32)], axis=0)
    for number in range(len(_GREYS), count):
        chosen[number] = wanted[distances.argmax()]
        distances = np.minimum(distances, ((wanted - chosen[number]) ** 2).sum(axis=1))
    return chosen, float(distances.max())


def _error(wanted: np.ndarray, shown: np.ndarray) -> int:
    """Return by how many levels a channel is off at most."""
    return int(cv2.absdiff(wanted, shown).max())


def _nearest(wanted: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return the index of the colour nearest to each wanted one, by Euclidean distance."""
    palette = colours.astype(np.float32)
    # |a - b|^2 = |a|^2 - 2ab + |b|^2, whose first term is the same for all b.
    squares = (palette**2).sum(axis=1)
    parts = np.array_split(wanted.astype(np.float32), 1 + len(wanted) // 8192)
    return np.concatenate([(squares - 2 * part @ palette.T).argmin(axis=1) for part in parts])


def _keys(picture: np.ndarray) -> np.ndarray:
    """Return uint32 `(h, w)`: red, green and blue as the bytes of one number, red the lowest."""
    return cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA).view(np.uint32)[..., 0] & 0xFFFFFF


def _colours_of(keys: np.ndarray) -> np.ndarray:
    return np.stack([keys & 255, keys >> 8 & 255, keys >> 16], axis=1).astype(np.uint8)


def _distinct(samples: list[np.ndarray], count: int) -> np.ndarray | None:
    """Return all colours of the samples, or None if they are more than `count`."""
    found = np.zeros(0, np.uint32)
    for sample in samples:
        if not sample.size:
            continue
        keys = _keys(sample)
        # A row or so says quickly that a photograph has too many.
        if len(np.unique(keys.ravel()[: 8 * count])) > count:
            return None
        found = np.unique(np.concatenate([found, np.unique(keys)]))
        if len(found) > count:
            return None
    return _colours_of(found)

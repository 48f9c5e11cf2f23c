"""One palette for all pictures of an animation, so that no colour flickers."""

from __future__ import annotations

import numpy as np
from PIL import Image

# The most pixels that the search for the best palette looks at: more change little and cost time.
_SAMPLED_PIXELS = 60_000
# What captions are drawn with: always in the palette, so that they stay crisp.
_GREYS = np.repeat(np.array([[0], [85], [170], [255]], np.uint8), 3, axis=1)


class Palette:
    """A fixed set of colours, and the nearest of them for every colour there is.

    Grey pictures of any number of levels up to 256, and colour pictures that have no more colours than fit,
    are kept exactly. Otherwise colours are chosen by median cut, and pictures are matched to them with 6 bits
    a channel, without dithering.

    Args:
        samples: uint8 pictures, all `(h, w)` or all `(h, w, 3)`.
        count: The largest number of colours, 4 to 256.

    Attributes:
        colours: uint8 `(n, 3)`.

    >>> palette = Palette([np.uint8([[[255, 0, 0], [0, 0, 255]]])], 16)
    >>> palette.colours.tolist(), palette.indices(np.uint8([[[0, 0, 250], [255, 0, 0]]])).tolist()
    ([[0, 0, 255], [255, 0, 0]], [[0, 1]])
    """

    def __init__(self, samples: list[np.ndarray], count: int = 256) -> None:
        self._bits = 8
        if samples[0].ndim == 2:
            self.colours = _even_greys(count)
        else:
            colours = _distinct(samples, count)
            self._bits = 6 if colours is None else 8
            self.colours = _median_cut(samples, count) if colours is None else colours
            # Index + 1 of the nearest colour by the channels' leading bits; 0 where it was not asked for yet.
            self._nearest = np.zeros(1 << 3 * self._bits, np.uint16)

    def indices(self, picture: np.ndarray) -> np.ndarray:
        """Return uint8 `(h, w)`: the number of the nearest colour for every pixel."""
        if picture.ndim == 2:
            table = (np.arange(256) * (len(self.colours) - 1) / 255 + 0.5).astype(np.uint8)
            return table[picture]
        keys = _keys(picture, self._bits)
        found = self._nearest[keys]
        if not found.all():
            new = np.unique(keys[found == 0])
            self._nearest[new] = 1 + self._search(new)
            found = self._nearest[keys]
        return (found - 1).astype(np.uint8)

    def _search(self, keys: np.ndarray) -> np.ndarray:
        """Return the index of the colour nearest to each key's cell, by Euclidean distance."""
        shift = 8 - self._bits
        centre = (1 << shift) >> 1
        mask = (1 << self._bits) - 1
        cells = np.stack([keys >> 2 * self._bits, keys >> self._bits & mask, keys & mask], axis=1)
        cells = (cells << shift).astype(np.float32) + centre
        colours = self.colours.astype(np.float32)
        bias = (colours**2).sum(axis=1)
        # |a - b|^2 = |a|^2 - 2ab + |b|^2, whose first term is the same for all b.
        parts = np.array_split(cells, 1 + len(cells) // 8192)
        return np.concatenate([(bias - 2 * part @ colours.T).argmin(axis=1) for part in parts])


def _keys(picture: np.ndarray, bits: int) -> np.ndarray:
    """Return int32 `(h, w)`: the leading bits of the three channels as one number."""
    channels = (picture >> (8 - bits)).astype(np.int32)
    return channels[..., 0] << 2 * bits | channels[..., 1] << bits | channels[..., 2]


def _even_greys(count: int) -> np.ndarray:
    return np.repeat(np.linspace(0, 255, count).round().astype(np.uint8)[:, None], 3, axis=1)


def _distinct(samples: list[np.ndarray], count: int) -> np.ndarray | None:
    """Return all colours of the samples, sorted, or None if they are more than `count`."""
    seen = np.zeros(1 << 24, bool)
    for sample in samples:
        seen[_keys(sample, 8)] = True
        if np.count_nonzero(seen) > count:
            return None
    keys = np.flatnonzero(seen)
    return np.stack([keys >> 16, keys >> 8 & 255, keys & 255], axis=1).astype(np.uint8)


def _median_cut(samples: list[np.ndarray], count: int) -> np.ndarray:
    pixels = np.concatenate([sample.reshape(-1, 3) for sample in samples])
    pixels = pixels[:: 1 + len(pixels) // _SAMPLED_PIXELS]
    image = Image.fromarray(pixels[None]).quantize(count - len(_GREYS), Image.Quantize.MEDIANCUT)
    chosen = np.array(image.getpalette(), np.uint8).reshape(-1, 3)[: count - len(_GREYS)]
    return np.concatenate([_GREYS, chosen])

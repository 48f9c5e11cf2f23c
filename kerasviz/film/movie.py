"""What a file writer needs to know of an animation: its pictures one at a time, and samples of all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Movie:
    """Finished pictures with their durations, to be consumed once.

    Attributes:
        pictures: `(picture, seconds)` pairs; uint8 `(h, w)` or `(h, w, 3)` RGB, all of one shape.
        samples: Some of the pictures, from its whole length: a writer makes its palette of them.
        fps: How many pictures a second are shown at most.
        small: Whether a smaller file is worth some loss of colours and more time.
    """

    pictures: Iterable[tuple[np.ndarray, float]]
    samples: list[np.ndarray]
    fps: float
    small: bool

    @property
    def height(self) -> int:
        """The pictures' height in pixels."""
        return self.samples[0].shape[0]

    @property
    def width(self) -> int:
        """The pictures' width in pixels."""
        return self.samples[0].shape[1]

    def ticks(self, per_second: float) -> Iterator[tuple[np.ndarray, int]]:
        """Yield `(picture, ticks)`: durations in whole units of the file's clock, their sum kept right.

        >>> movie = Movie([(np.zeros((1, 1), np.uint8), 1 / 12)] * 6, [], fps=12, small=False)
        >>> [ticks for _, ticks in movie.ticks(100)]
        [8, 9, 8, 8, 9, 8]
        """
        seconds = 0.0
        told = 0
        for picture, duration in self.pictures:
            seconds += duration
            ticks = round(seconds * per_second) - told
            told += ticks
            yield picture, ticks

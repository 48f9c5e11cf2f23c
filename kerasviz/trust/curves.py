"""Deletion and insertion: the score as the pixels that a map calls important go, or come."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError
from kerasviz.explanation import Request, filled, samples
from kerasviz.probe import Target, frozen_forward


@dataclass(frozen=True)
class Curves:
    """Scores `(N, steps + 1)` after shares `(steps + 1,)`, 0.0 to 1.0, of the pixels are gone, or come.

    The shares are of whole pixels: a third of 5 pixels is 2, and the share 0.4.
    """

    shares: np.ndarray
    scores: np.ndarray

    def __repr__(self) -> str:
        pictures, points = self.scores.shape
        return f"Curves({pictures} pictures, {points} points, mean area {self.areas.mean():.3f})"

    @property
    def areas(self) -> np.ndarray:
        """The area under each curve by the trapezoidal rule, `(N,)`: the mean height over the shares.

        >>> Curves(np.array([0, 0.5, 1]), np.array([[1, 0.5, 0]])).areas.tolist()
        [0.5]
        """
        heights = (self.scores[:, 1:] + self.scores[:, :-1]) / 2
        return heights @ np.diff(self.shares)


def deletion(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    target: Target,
    steps: int = 20,
    seed: int = 0,
    batch_size: int = 32,
) -> Curves:
    """Take pixels away, the most important first, and put 0 in their place; a small area is good.

    Petsiuk, Das and Saenko, "RISE", BMVC 2018, the metrics of their evaluation. The paper's score is the
    probability of the class: `class_score(..., probability=True)`.

    Args:
        model: any Keras model that takes pictures.
        images: as the model takes them, `(N, h, w, C)`.
        maps: `(N, h, w)`; the higher, the more important. Pixels of one value go in a random order.
        target: the score; where it is the predicted class, that of the whole picture.
        steps: in how many steps all pixels go, as equal as whole pixels can be.
        seed: of the order among pixels of one value.
        batch_size: pictures per run.

    Raises:
        InputError: the maps do not fit the pictures or hold NaN, or `steps` is below 1.
    """
    return _curves(Request(model, images, None, target, False, batch_size), maps, steps, seed, "zero", False)


def insertion(
    model: keras.Model,
    images: np.ndarray,
    maps: np.ndarray,
    target: Target,
    steps: int = 20,
    seed: int = 0,
    batch_size: int = 32,
) -> Curves:
    """Bring pixels back into the blurred picture, the most important first; a large area is good.

    As `deletion`, the other way round. The blur is that of `masking.filled`: the paper takes one too, because
    sharp pixels on an even ground draw edges that are not in the picture.
    """
    return _curves(Request(model, images, None, target, False, batch_size), maps, steps, seed, "blur", True)


def _curves(request: Request, maps: np.ndarray, steps: int, seed: int, fill: str, insert: bool) -> Curves:
    check_numbers(steps=steps, seed=seed)
    # Whole pixels go: the shares are what these are of all, which is not the wanted share exactly.
    total = maps[0].size
    counts = np.rint(np.linspace(0, total, steps + 1))
    forward = frozen_forward(request.model)
    scores = []
    with forward.held():
        for sample, heatmap in zip(samples(request, forward), maps, strict=True):
            size = sample.pixels.shape[:-1]
            if heatmap.shape != size or not np.isfinite(heatmap).all():
                raise InputError(
                    f"A map has the shape {heatmap.shape}, or holds NaN; expected finite numbers {size}."
                )
            places = _places(heatmap, seed)
            hidden = filled(sample.pixels, fill)
            first, second = (hidden, sample.pixels) if insert else (sample.pixels, hidden)
            row: list[np.ndarray] = []
            for start in range(0, len(counts), request.batch_size):
                part = counts[start : start + request.batch_size].reshape(-1, *[1] * places.ndim)
                row.append(sample.score(np.where((places < part)[..., None], second, first)))
            scores.append(np.concatenate(row))
    return Curves(counts / total, np.stack(scores))


def _places(heatmap: np.ndarray, seed: int) -> np.ndarray:
    """Return the place of each pixel, from 0 for the most important, those of one value in random order.

    >>> _places(np.array([[1.0, 9.0, 5.0]]), seed=0).tolist()
    [[2, 0, 1]]
    """
    ties = np.random.default_rng(seed).random(heatmap.size)
    order = np.lexsort((ties, -heatmap.ravel()))
    places = np.empty(heatmap.size, int)
    places[order] = np.arange(heatmap.size)
    return places.reshape(heatmap.shape)

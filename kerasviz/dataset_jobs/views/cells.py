"""The mean map of every cell of the confusion matrix, and its most typical and most unusual picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

# Numbers of pictures, and their maps: (N,) and (N, h, w).
Maps = Iterable[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Cell:
    """The pictures of one class that were taken for one class.

    Attributes:
        true: the class; -1 where it is not known.
        predicted: the class that was predicted.
        count: how many pictures.
        mean: float32 `(h, w)`, the mean of their maps, each divided by its Euclidean length, so that every
            picture counts alike; zeros where no map holds evidence.
        typical: the number of the picture whose map is most like the mean; None where there is none.
        unusual: that of the one whose map is least like it.
        likeness: how like they are, cosines, -1..1.
        without: how many maps hold no evidence, and are in none of the above.
    """

    true: int
    predicted: int
    count: int
    mean: np.ndarray
    typical: int | None
    unusual: int | None
    likeness: tuple[float, float]
    without: int

    @property
    def is_right(self) -> bool:
        """Whether the prediction is right."""
        return self.true == self.predicted


def mean_cells(
    labels: np.ndarray, predictions: np.ndarray, maps: Callable[[], Maps], most: int
) -> list[Cell]:
    """Return the cells with the most pictures: right ones first, then mistakes, each the most frequent first.

    The maps are gone through twice, for the means and for what is like them; memory does not grow with their
    number.

    Args:
        labels: int `(N,)`, the class of each picture; -1 where it is not known.
        predictions: int `(N,)`; -1 for a picture that could not be read.
        maps: yields the maps of all pictures in parts, whenever it is called.
        most: cells at most; half of them mistakes where there are so many.

    >>> maps = np.array([[[3.0, 4.0]], [[1.0, 0.0]], [[4.0, 3.0]]])
    >>> (cell,) = mean_cells(np.zeros(3, int), np.zeros(3, int), lambda: [(np.arange(3), maps)], most=4)
    >>> cell.count, cell.mean[0].round(3).astype(str).tolist(), cell.typical, cell.unusual
    (3, ['0.8', '0.467'], 2, 1)
    """
    keys = _chosen(labels, predictions, most)
    sums: list[np.ndarray | None] = [None] * len(keys)
    counts = np.zeros((2, len(keys)), np.int64)
    for at, _, vectors in _parts(keys, labels, predictions, maps):
        total = vectors.sum(axis=0)
        known = sums[at]
        sums[at] = total if known is None else known + total
        counts[:, at] += len(vectors), int((~vectors.any(axis=(1, 2))).sum())
    found = [_Extremes() for _ in keys]
    for at, numbers, vectors in _parts(keys, labels, predictions, maps):
        found[at].add(numbers, vectors, sums[at])
    return [
        Cell(
            *key,
            count=int(counts[0, at]),
            mean=(total / max(counts[0, at] - counts[1, at], 1)).astype(np.float32),
            typical=found[at].typical[1],
            unusual=found[at].unusual[1],
            likeness=(found[at].typical[0], found[at].unusual[0]),
            without=int(counts[1, at]),
        )
        for at, (key, total) in enumerate(zip(keys, sums, strict=True))
        if total is not None
    ]


class _Extremes:
    """The pictures whose maps are most and least like the mean, of equal ones the first."""

    def __init__(self) -> None:
        self.typical: tuple[float, int | None] = (-np.inf, None)
        self.unusual: tuple[float, int | None] = (np.inf, None)

    def add(self, numbers: np.ndarray, vectors: np.ndarray, total: np.ndarray | None) -> None:
        known = vectors.any(axis=(1, 2))
        length = 0.0 if total is None else float(np.linalg.norm(total))
        if total is None or length == 0 or not known.any():
            return
        likeness = np.round(np.tensordot(vectors[known], total, 2) / length, 6)
        high, low = int(likeness.argmax()), int(likeness.argmin())
        if likeness[high] > self.typical[0]:
            self.typical = float(likeness[high]), int(numbers[known][high])
        if likeness[low] < self.unusual[0]:
            self.unusual = float(likeness[low]), int(numbers[known][low])


def _chosen(labels: np.ndarray, predictions: np.ndarray, most: int) -> list[tuple[int, int]]:
    """Return (true, predicted) of the cells to look at."""
    read = predictions >= 0
    pairs, counts = np.unique(np.stack([labels[read], predictions[read]]), axis=1, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    ordered = [(int(true), int(said)) for true, said in pairs.T[order]]
    right = [pair for pair in ordered if pair[0] in (pair[1], -1)]
    wrong = [pair for pair in ordered if pair[0] not in (pair[1], -1)]
    mistakes = wrong[: max(most // 2, most - len(right))]
    return right[: most - len(mistakes)] + mistakes


def _parts(
    keys: list[tuple[int, int]], labels: np.ndarray, predictions: np.ndarray, maps: Callable[[], Maps]
) -> Iterable[tuple[int, np.ndarray, np.ndarray]]:
    """Yield the place of a cell, numbers of its pictures, and their maps with the length 1, part by part."""
    for numbers, values in maps():
        vectors = values.astype(np.float64)
        lengths = np.linalg.norm(vectors, axis=(1, 2), keepdims=True)
        vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
        true, said = labels[numbers], predictions[numbers]
        for at, key in enumerate(keys):
            own = (true == key[0]) & (said == key[1])
            if own.any():
                yield at, numbers[own], vectors[own]

"""How sure the network is, and how right it is when it is that sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Slice:
    """The pictures whose confidence is above `low` and at most `high`.

    Attributes:
        low, high: the bounds, 0..1; the first slice holds 0 too.
        count: how many pictures.
        right: how many of those with a known class were predicted right.
        known: how many have a known class.
        confidence: the mean confidence of those with a known class, 0..1; None where there is none.
    """

    low: float
    high: float
    count: int
    right: int
    known: int
    confidence: float | None

    @property
    def accuracy(self) -> float | None:
        """The share of right predictions among those with a known class; None where there is none."""
        return self.right / self.known if self.known else None


def confidence_slices(
    confidences: np.ndarray, labels: np.ndarray, predictions: np.ndarray, slices: int = 10
) -> list[Slice]:
    """Return all pictures in slices of equal width by their confidence.

    Args:
        confidences: `(N,)`, the probability of the predicted class, 0..1.
        labels: int `(N,)`, the class of each picture; -1 where it is not known.
        predictions: int `(N,)`; -1 for a picture that could not be read, which is in no slice.
        slices: how many.

    >>> sure = np.array([0.5, 0.96, 0.98, 1.0])
    >>> found = confidence_slices(sure, np.array([0, 1, 1, -1]), np.array([1, 1, 1, 0]), slices=2)
    >>> [(one.low, one.count, one.accuracy) for one in found]
    [(0.0, 1, 0.0), (0.5, 3, 1.0)]
    """
    edges = np.linspace(0.0, 1.0, slices + 1)
    at = np.clip(np.searchsorted(edges, confidences, side="left") - 1, 0, slices - 1)
    found = []
    for one in range(slices):
        own = (at == one) & (predictions >= 0)
        known = own & (labels >= 0)
        count = int(known.sum())
        found.append(
            Slice(
                float(edges[one]),
                float(edges[one + 1]),
                int(own.sum()),
                int((labels[known] == predictions[known]).sum()),
                count,
                float(confidences[known].mean(dtype=np.float64)) if count else None,
            )
        )
    return found


def calibration_error(slices: Sequence[Slice]) -> float | None:
    """Return how far confidence and accuracy are apart, 0..1; None where no class is known.

    The expected calibration error, `sum_b n_b / N |accuracy_b - confidence_b|` (Guo et al., "On Calibration
    of Modern Neural Networks", 2017, section 2).

    >>> calibration_error([Slice(0.5, 1.0, 4, 2, 4, 0.9)])
    0.4
    """
    total = sum(one.known for one in slices)
    if not total:
        return None
    apart = (
        one.known * abs(one.accuracy - one.confidence)
        for one in slices
        if one.accuracy is not None and one.confidence is not None
    )
    return sum(apart) / total

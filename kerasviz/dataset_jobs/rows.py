"""What is kept of pictures, batch by batch, on its way to files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasviz.data import Listed


@dataclass(frozen=True, repr=False)
class Rows:
    """N pictures that were read, explained.

    Attributes:
        numbers: int64 `(N,)`, each picture's number in the plan's list.
        listed: what they are called, and where they lie.
        labels: int32 `(N,)`, the model's numbers of their classes; -1 where it is not known.
        label_names: the names of their classes, None where there is none.
        predictions: int32 `(N,)`, the class that is predicted, and explained.
        confidences: float32 `(N,)`, its probability, 0..1.
        top_classes: int32 `(N, k)`, the most probable classes, k 5 or all, the most probable first.
        top_confidences: float32 `(N, k)`, their probabilities.
        scores: float32 `(N,)`, what is explained.
        maps: float32 `(N, h, w)`, at the feature map's size where there is one.
        peaks: float32 `(N, C)`, the largest value of each filter of the layer explained, or None.
        places: int32 `(N, C)`, where it is in the feature map, row by row; or None.
        vectors: float32 `(N, D)`, the embedding, where one was asked for; or None.
    """

    numbers: np.ndarray
    listed: Sequence[Listed]
    labels: np.ndarray
    label_names: Sequence[str | None]
    predictions: np.ndarray
    confidences: np.ndarray
    top_classes: np.ndarray
    top_confidences: np.ndarray
    scores: np.ndarray
    maps: np.ndarray
    peaks: np.ndarray | None
    places: np.ndarray | None
    vectors: np.ndarray | None

    def __len__(self) -> int:
        return len(self.numbers)

    def __repr__(self) -> str:
        return f"<Rows of {len(self)} pictures>"


@dataclass(frozen=True)
class Unread:
    """A picture that could not be read: its number, what it is called, its class, and why."""

    number: int
    listed: Listed
    label: int
    label_name: str | None
    error: str

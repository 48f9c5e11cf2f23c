"""Targets settled before anything is changed: the class explained stays that of the whole picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasviz.explanation.request import Request
from kerasviz.probe import FrozenForward, Scored, ScoredBatch, Target, frozen_forward, with_parameters


class Settled(Target):
    """Another target with parameters that are known, one row for every copy of a picture or one for each."""

    def __init__(self, inner: Target, values: Sequence[np.ndarray]) -> None:
        self.output, self.probability, self.whole = inner.output, inner.probability, inner.whole
        self._inner = inner
        self._values = values

    def at(self, rows: Any) -> Settled:
        """Return the target of the pictures in these rows."""
        return Settled(self._inner, [values[rows] for values in self._values])

    def key(self) -> tuple:
        """Return that of the other target: both share one compiled function."""
        return self._inner.key()

    def specs(self) -> list[tuple[list[int | None], str]]:
        """Return those of the other target."""
        return self._inner.specs()

    def parameters(self, model: keras.Model, count: int) -> list[np.ndarray]:
        """Return the known parameters for `count` copies."""
        return [v if len(v) == count else np.repeat(v, count, axis=0) for v in self._values]

    def lasting(self) -> Target:
        """Return the other target as it may be kept."""
        return self._inner.lasting()

    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        """Check as the other target does."""
        self._inner.check(shape, parameters)

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        """Score as the other target does."""
        return self._inner.score(explained, kind, *parameters)


def settle(
    request: Request, forward: FrozenForward, batch: Any, parameters: Sequence[np.ndarray]
) -> tuple[ScoredBatch, Settled]:
    """Return what the model says of whole pictures, and the request's target with each picture's class."""
    said = forward.scored(batch, request.target, parameters)
    return said, Settled(*request.target.settled(request.model, parameters, said))


def explained_classes(request: Request) -> np.ndarray:
    """Return the class that a request explains for each picture, int32 `(N,)`; -1 where it is no class."""
    forward = frozen_forward(request.model)
    batches = with_parameters(request.model, request.images, request.target, request.batch_size)
    return np.concatenate([forward.scored(batch, request.target, given).classes for batch, given in batches])

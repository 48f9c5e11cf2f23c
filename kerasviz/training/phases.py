"""Phases of a run: stretches of epochs with their own learning rate and their own trainable layers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kerasviz.errors import InputError

# Adam's decay rates, Keras's defaults.
_BETA_1, _BETA_2 = 0.9, 0.999


@dataclass(frozen=True)
class Phase:
    """A stretch of a run, up to the next phase or the end.

    Attributes:
        first_epoch: the epoch, counted from 0, with which it begins.
        learning_rate: of Adam, whose moments start from nothing in every phase; in the first phase it may be
            a schedule over the steps.
        prepare: called with the model when the phase begins, to set which layers train.
    """

    first_epoch: int
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule
    prepare: Callable[[keras.Model], Any] | None = None

    def begin(self, model: keras.Model, step: int) -> None:
        """Prepare and compile a classifier for this phase; its optimizer goes on counting from `step`."""
        if self.prepare is not None:
            self.prepare(model)
        rate = LateStart(self.learning_rate, step) if step else self.learning_rate
        model.compile(
            keras.optimizers.Adam(rate, beta_1=_BETA_1, beta_2=_BETA_2),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        model.optimizer.iterations.assign(step)


def stretches(phases: Sequence[Phase], done: int, epochs: int) -> Iterator[tuple[Phase, int, int]]:
    """Yield each phase that is not over after `done` epochs, with its next epoch and the one past its last.

    Raises:
        InputError: the first phase does not begin with epoch 0, or a later one not after the one before.

    >>> phases = [Phase(0, 1e-3), Phase(5, 1e-5)]
    >>> [(first, last) for _, first, last in stretches(phases, 0, 8)]
    [(0, 5), (5, 8)]
    >>> [(phase.learning_rate, first, last) for phase, first, last in stretches(phases, 6, 8)]
    [(1e-05, 6, 8)]
    """
    starts = [phase.first_epoch for phase in phases]
    if not starts or starts[0] != 0 or any(a >= b for a, b in itertools.pairwise(starts)):
        raise InputError(f"The phases begin with epochs {starts}; expected 0 and then rising numbers.")
    for phase, end in zip(phases, [*starts[1:], epochs], strict=True):
        first, last = max(phase.first_epoch, done), min(end, epochs)
        if first < last:
            yield phase, first, last


@keras.saving.register_keras_serializable(package="kerasviz")
class LateStart(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate that makes an Adam whose step count begins at `first_step` act as if it began at 0.

    Adam (Kingma and Ba 2015, section 2) makes up for moments that start at 0 with the factor

        c(t) = sqrt(1 - b2^t) / (1 - b1^t)        t = 1, 2, ... the step; b1, b2 the decay rates

    With fresh moments but t far from 0, c(t) is nearly 1 and the first steps come out up to six times too
    long. This schedule returns `rate * c(t - first_step) / c(t)`.

    >>> import numpy as np
    >>> round(float(LateStart(1.0, 1000)(1000)), 3)
    0.398
    """

    def __init__(self, rate: float, first_step: int) -> None:
        self.rate = rate
        self.first_step = first_step

    def __call__(self, step: Any) -> Any:
        """Return the rate for the update that follows `step` updates."""
        step = keras.ops.cast(step, "float32") + 1
        return self.rate * _correction(step - self.first_step) / _correction(step)

    def get_config(self) -> dict[str, Any]:
        """Return what makes an equal schedule."""
        return {"rate": self.rate, "first_step": self.first_step}


def _correction(step: Any) -> Any:
    return keras.ops.sqrt(1 - keras.ops.power(_BETA_2, step)) / (1 - keras.ops.power(_BETA_1, step))

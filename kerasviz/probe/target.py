"""What a target is: it turns a model's outputs into one score per picture."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np

from kerasviz.probe.inputs import Batch, batches, checked, is_stream, leaves, sliced
from kerasviz.probe.specs import Spec


class Scored(NamedTuple):
    """Scores (N,), the explained class of each picture (N,), -1 where there is none, and the seed.

    The seed is the derivative of the scores by the explained values, where it is known: then the gradient
    starts there. None leaves it to the tape.
    """

    scores: Any
    classes: Any
    seed: Any = None


class Said(Protocol):
    """What the model said of some pictures, as every run of the probe returns it."""

    @property
    def scores(self) -> np.ndarray:
        """The explained scores, float32 `(N,)`."""

    @property
    def classes(self) -> np.ndarray:
        """The explained classes, int32 `(N,)`; -1 where the target is no class."""

    @property
    def outputs(self) -> Any:
        """The model's outputs in its own structure."""

    @property
    def score_kind(self) -> str:
        """ "logit", "probability" or "output"."""


class Target(abc.ABC):
    """A score per picture, made from one of a model's outputs.

    `output` says which output of several is explained (name or position). The explained values are the
    logits wherever the model ends in a softmax or sigmoid that can be seen, unless `probability` is true;
    `whole` targets get the model's outputs as they are.
    """

    output: int | str | None = None
    probability: bool = False
    whole: bool = False

    @abc.abstractmethod
    def key(self) -> tuple:
        """Return what decides whether two targets share one compiled function."""

    def specs(self) -> list[tuple[list[int | None], str]]:
        """Return shape and dtype of each parameter that a run is given beside the pictures."""
        return []

    def parameters(self, model: keras.Model, count: int) -> list[np.ndarray]:
        """Return the parameters for `count` pictures; the first axis of each is the pictures'."""
        return []

    def settled(
        self, model: keras.Model, parameters: Sequence[np.ndarray], said: Said
    ) -> tuple[Target, list[np.ndarray]]:
        """Return a target and its parameters that explain what a run on whole pictures has explained.

        With them, classes and regions stay the same while the pictures change.
        """
        return self, list(parameters)

    def lasting(self) -> Target:
        """Return what scores as this one does, and holds neither a user's function nor values for pictures.

        That is what a program may keep as long as the model lives.
        """
        return self

    @abc.abstractmethod
    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        """Raise TargetError where the parameters do not fit an explained output of that shape."""

    @abc.abstractmethod
    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        """Return the scores of a batch."""


def parameter_specs(target: Target) -> tuple[Spec, ...]:
    """Return shape and type of what a run is given beside the pictures."""
    return tuple(Spec(tuple(shape), dtype) for shape, dtype in target.specs())


def with_parameters(
    model: keras.Model, images: Any, target: Target, batch_size: int
) -> Iterator[tuple[Batch, list[np.ndarray]]]:
    """Yield checked batches, each with the target's parameters for its pictures."""
    if is_stream(images):
        for batch in batches(model, images, batch_size):
            yield batch, target.parameters(model, len(leaves(batch)[0]))
    else:
        images = checked(model, images)
        yield from sliced((images, target.parameters(model, len(leaves(images)[0]))), batch_size)

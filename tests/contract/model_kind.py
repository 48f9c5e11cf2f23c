"""What the contract knows of a kind of model, and of what is refused there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kerasviz.errors import KerasvizError
from kerasviz.explanation import METHODS, Method


@dataclass(frozen=True)
class Case:
    """A model with pictures for it, and what is known of both without kerasviz.

    Attributes:
        model, images: what `explain` gets.
        size: the maps' size, that of the pictures without batch and channels.
        head: what the model ends in: softmax, sigmoid, linear, or "" where its score is no class of a row.
        output: which of several outputs is explained.
        asked: more arguments of `explain`.
        tolerance: of scores and outputs; half precision has 3 digits.
        pixels: the pictures as a person sees them, uint8, where the model's range is known.
        fed: what `predict` makes of the pictures first, where the model carries a preprocessor.
        said: (outputs) -> (classes, scores), where the explained score is no class of a row.
    """

    model: keras.Model
    images: Any
    size: tuple[int, ...]
    head: str = "softmax"
    output: int | None = None
    asked: dict[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-5
    pixels: np.ndarray | None = None
    fed: Callable[[Any], Any] = lambda images: images
    said: Callable[[Any], tuple[np.ndarray, np.ndarray]] | None = None


@dataclass(frozen=True)
class Refusal:
    """What some methods say instead of explaining a kind of model: the error and its whole sentence.

    Where the sentence has the word LAYER, it is said of that `layer`.
    """

    methods: Sequence[str]
    error: type[KerasvizError]
    sentence: str
    layer: str = "LAYER"

    @property
    def said(self) -> str:
        """The sentence as it is said of this kind of model."""
        return self.sentence.replace("LAYER", self.layer)


@dataclass(frozen=True)
class Kind:
    """A kind of model: how one is built, what `docs/models.md` says of it, and what is refused.

    `asked` are more arguments of `explain`, as they are written. `quickly` names the methods that the suite
    runs; the others are run by hand (`pytest -m slow`).
    """

    name: str
    title: str
    build: Callable[[], Case]
    refusals: Sequence[Refusal] = ()
    asked: str = ""
    quickly: Sequence[str] = tuple(method.name for method in METHODS)

    def refusal(self, method: str) -> Refusal | None:
        """Return what a method says instead of explaining; None where it explains."""
        found = [refusal for refusal in self.refusals if method in refusal.methods]
        assert len(found) < 2, f"{self.name} declares two refusals of {method}"
        return found[0] if found else None


def named(chosen: Callable[[Method], bool]) -> tuple[str, ...]:
    """Return the names of the methods of which something holds."""
    return tuple(method.name for method in METHODS if chosen(method))

"""The gradient of a score by the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe import programs
from kerasviz.probe.engine import Compiled, ReluRule, engine
from kerasviz.probe.inputs import Batch, concatenated, leaves
from kerasviz.probe.programs import Traits
from kerasviz.probe.session import Session, session_of
from kerasviz.probe.specs import ensure_built, signature, specs_of
from kerasviz.probe.target import Target, parameter_specs


class InputGradient(NamedTuple):
    """Of each picture of a batch: the gradient of its score by its pixels, and what the model said of it.

    `gradients` float32 in the shape of the pictures, `scores` float32 (N,), `classes` int32 (N,), -1 where
    the target is no class; `outputs` the model's, float32 in its own structure; `score_kind` as in `Trace`.
    """

    gradients: np.ndarray
    scores: np.ndarray
    classes: np.ndarray
    outputs: Any
    score_kind: str

    @staticmethod
    def joined(parts: Sequence[InputGradient]) -> InputGradient:
        """Return one of the pictures of all."""
        if len(parts) == 1:
            return parts[0]
        gradients, scores, classes, outputs, kinds = zip(*parts, strict=True)
        gradients, scores, classes, outputs = map(concatenated, (gradients, scores, classes, outputs))
        return InputGradient(gradients, scores, classes, outputs, kinds[0])


class InputGradients:
    """A model's scores differentiated by its pictures. Make one with `input_gradients`.

    The model runs with `training=False` and is not changed, also not after an error. The first run of each
    signature compiles one function; all later ones reuse it, with the weights of that moment.
    """

    def __init__(self, session: Session, rule: ReluRule) -> None:
        self._session = session
        self._rule = rule

    def __call__(self, batch: Batch, target: Target, parameters: Sequence[np.ndarray]) -> InputGradient:
        """Return the gradients of one checked batch; `parameters` are the target's for these pictures.

        Raises:
            TargetError: the score does not fit the model's output, or does not depend on the pictures.
            UnsupportedModelError: the model has no pictures among its inputs, or (guided) no ReLU.
        """
        ensure_built(self._session.model(), batch)

        def make(model: keras.Model) -> Compiled:
            program = programs.input_gradients(Traits.of(model), target.lasting(), picture_position(batch))
            specs = specs_of(batch)
            return engine().compile(model, program, specs, parameter_specs(target), rule=self._rule)

        key = ("input gradients", self._rule, target.key(), signature(batch))
        compiled = self._session.kept(key, make)
        target.check(compiled.facts["score_shape"] or (), parameters)
        gradients, scores, classes, outputs = engine().to_numpy(compiled(batch, parameters))
        return InputGradient(gradients, scores, classes, outputs, compiled.facts["score_kind"])


def input_gradients(model: keras.Model, rule: ReluRule = ReluRule.PLAIN) -> InputGradients:
    """Return what differentiates a model's scores by its pictures."""
    return InputGradients(session_of(model), rule)


def picture_position(batch: Batch) -> int:
    """Return which of a batch's arrays holds the pictures: the first with a spatial axis, else of floats.

    Raises:
        UnsupportedModelError: there is none, and nothing to differentiate by.
    """
    arrays = leaves(batch)
    for at, array in enumerate(arrays):
        if len(array.shape) > 2:
            return at
    for at, array in enumerate(arrays):
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(array.dtype)):
            return at
    raise UnsupportedModelError(
        f"The inputs have the shapes {[tuple(a.shape) for a in arrays]} and hold whole numbers: there is no "
        "picture to differentiate by."
    )

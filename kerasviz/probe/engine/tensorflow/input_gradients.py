"""The gradient of a score by the pictures: what only TensorFlow's graph can compute."""

from __future__ import annotations

import collections
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasviz.errors import TargetError, UnsupportedModelError
from kerasviz.probe.engine.tensorflow.normalisation import fused_normalisation
from kerasviz.probe.engine.tensorflow.relu_rules import ReluRule, relu_rule
from kerasviz.probe.engine.tensorflow.run import (
    Compiled,
    _checked_scores,
    _explained,
    as_output,
    ensure_built,
    signature,
    specs,
    standard,
)
from kerasviz.probe.inputs import Batch, batches, checked, concatenated, is_stream, leaves, sliced
from kerasviz.probe.layers import structure_mark, walk
from kerasviz.probe.targets import Target

# Small float16 gradients would vanish; a power of two scales them without changing a digit.
_FLOAT16_SCALE = 1024.0
# Compiled functions kept per model and rule. A new lambda as target is a new function each time.
_KEPT_FUNCTIONS = 16


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

    def __init__(self, model: keras.Model, rule: ReluRule) -> None:
        self._model = weakref.ref(model)
        self._rule = rule
        self._compiled: collections.OrderedDict[tuple, Compiled] = collections.OrderedDict()

    def __call__(self, batch: Batch, target: Target, parameters: Sequence[np.ndarray]) -> InputGradient:
        """Return the gradients of one checked batch; `parameters` are the target's for these pictures.

        Raises:
            TargetError: the score does not fit the model's output, or does not depend on the pictures.
            UnsupportedModelError: the model has no pictures among its inputs, or (guided) no ReLU.
        """
        model = self._model()
        if model is None:
            raise UnsupportedModelError("The model no longer exists: keep a reference to it.")
        key = (target.key(), signature(batch), structure_mark(model))
        if key not in self._compiled:
            ensure_built(model, batch)
            self._compiled[key] = _compile(model, batch, target, self._rule)
            if len(self._compiled) > _KEPT_FUNCTIONS:
                self._compiled.popitem(last=False)
        compiled = self._compiled[key]
        target.check(compiled.score_shape or (), parameters)
        gradients, scores, classes, outputs = compiled(batch, parameters)
        return InputGradient(gradients, scores, classes, outputs, str(compiled.score_kind))


_KEPT: weakref.WeakKeyDictionary[keras.Model, dict[ReluRule, InputGradients]] = weakref.WeakKeyDictionary()


def input_gradients(model: keras.Model, rule: ReluRule = ReluRule.PLAIN) -> InputGradients:
    """Return what differentiates a model's scores by its pictures, the same as long as the model lives."""
    kept = _KEPT.setdefault(model, {})
    if rule not in kept:
        kept[rule] = InputGradients(model, rule)
    return kept[rule]


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
        if tf.as_dtype(array.dtype).is_floating:
            return at
    raise UnsupportedModelError(
        f"The inputs have the shapes {[tuple(a.shape) for a in arrays]} and hold whole numbers: there is no "
        "picture to differentiate by."
    )


def gradient_scale(model: keras.Model) -> float:
    """Return what a score is multiplied with while it is differentiated: float16 loses small numbers."""
    half = any(getattr(place.layer, "compute_dtype", None) == "float16" for place in walk(model))
    return _FLOAT16_SCALE if half else 1.0


def _compile(model: keras.Model, batch: Batch, target: Target, rule: ReluRule) -> Compiled:
    """Compile: batch, target parameters -> (gradients by the pictures, scores, classes, outputs)."""
    structure, at, scale = specs(batch), picture_position(batch), gradient_scale(model)
    flat = keras.tree.flatten(structure)
    learned: dict[str, Any] = {}

    @tf.function(autograph=False)
    def run(*tensors: tf.Tensor) -> tuple:
        inputs, parameters = list(tensors[: len(flat)]), tensors[len(flat) :]
        pictures = inputs[at] = tf.identity(tf.cast(inputs[at], tf.float32))
        with relu_rule(rule), keras.StatelessScope(), fused_normalisation(model):
            outputs = model(standard(keras.tree.pack_sequence_as(structure, inputs)), training=False)
        explained, kind = _explained(model, outputs, target)
        learned.update(kind=kind, shape=None if target.whole else tuple(explained.shape))
        scores, classes, seed = target.score(explained, kind, *parameters)
        scores = _checked_scores(scores)
        if seed is None:
            (gradients,) = tf.gradients(scores, [pictures], grad_ys=[scale * tf.ones_like(scores)])
        else:
            (gradients,) = tf.gradients(explained, [pictures], grad_ys=[scale * seed])
        if gradients is None:
            raise TargetError("The explained score does not depend on the pictures: choose another output.")
        gradients = gradients if scale == 1 else gradients / scale
        return gradients, scores, classes, keras.tree.map_structure(as_output, outputs)

    extra = [tf.TensorSpec(shape, dtype) for shape, dtype in target.specs()]
    function = run.get_concrete_function(*flat, *extra)
    return Compiled(function, learned["kind"], learned["shape"], tuple(tuple(s.shape[1:]) for s in flat))

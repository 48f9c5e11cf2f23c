"""The gradient of what layers answer by what a picture is made from: the search for pictures, compiled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.probe.engine.tensorflow.input_gradients import gradient_scale
from kerasviz.probe.engine.tensorflow.relu_rules import ReluRule, relu_rule
from kerasviz.probe.engine.tensorflow.run import Compiled, _explained, _Recorder, _to_channels_last
from kerasviz.probe.layers import resolve, uses_channels_first
from kerasviz.probe.targets import as_target

# (latents, samples) -> pictures (N, h, w, C), written with keras.ops.
Render = Callable[[Sequence[Any], Sequence[Any]], Any]
# ({source: answers (N, ..., C)}, weights) -> scores (N,), written with keras.ops.
Score = Callable[[dict[str, Any], Sequence[Any]], Any]

# The source that stands for the model's output (its logits where they can be seen) instead of a layer.
OUTPUT = ""


class Ascent:
    """Pictures rendered from latents, the model's answers to them, and a score's gradient by the latents.

    Compiled once, for any number of pictures. The model runs with `training=False` and is not changed. A ReLU
    that blocks the whole gradient of a picture lets through what would activate it (`ReluRule.REDIRECTED`).

    Args:
        model: a model with one input, built.
        sources: layer paths, and `OUTPUT` for the model's output.
        render: makes the pictures from latents and samples.
        score: makes one score per picture from the answers of the sources.
        latents: arrays (N, ...) as they will be passed; only their shapes count.
        samples: arrays of any shape, likewise.
        weight_ranks: the rank of each array that `score` gets as weights.

    Raises:
        LayerNotFoundError: no such layer.
        UnsupportedModelError: the model has several inputs, or a source's answers have no fixed shape.
        InputError: the score does not depend on the picture.
    """

    def __init__(
        self,
        model: keras.Model,
        sources: Sequence[str],
        render: Render,
        score: Score,
        latents: Sequence[np.ndarray],
        samples: Sequence[np.ndarray],
        weight_ranks: Sequence[int],
    ) -> None:
        self.shapes: dict[str, tuple[int, ...]] = {}
        wanted = [
            *[tf.TensorSpec([None, *latent.shape[1:]], tf.float32) for latent in latents],
            *[tf.TensorSpec(sample.shape, sample.dtype) for sample in samples],
            *[tf.TensorSpec([None] * rank, tf.float32) for rank in weight_ranks],
        ]
        function = self._traced(model, sources, render, score, (len(latents), len(samples)))
        self._compiled = Compiled(function.get_concrete_function(*wanted), None, None, ())

    def __call__(
        self, latents: Sequence[np.ndarray], samples: Sequence[np.ndarray], weights: Sequence[np.ndarray]
    ) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Return the gradients by the latents, in their shapes, and the scores (N,)."""
        return self._compiled((), [*latents, *samples, *weights])

    def _traced(
        self,
        model: keras.Model,
        sources: Sequence[str],
        render: Render,
        score: Score,
        counts: tuple[int, int],
    ) -> Any:
        calls = resolve(model, [path for path in sources if path != OUTPUT]) if any(sources) else ()
        to_last, scale = _to_channels_last(model), gradient_scale(model)
        channels_first = uses_channels_first(model)

        @tf.function(autograph=False)
        def run(*tensors: tf.Tensor) -> tuple:
            latents, samples = tensors[: counts[0]], tensors[counts[0] : sum(counts)]
            pictures = render(latents, samples)
            if channels_first:
                pictures = tf.transpose(pictures, [0, 3, 1, 2])
            with relu_rule(ReluRule.REDIRECTED), _Recorder(model, calls).recording() as recorder:
                outputs = recorder.run(pictures)
            answers = {path: to_last(value) for path, value in recorder.outputs().items()}
            if OUTPUT in sources:
                answers[OUTPUT] = _explained(model, outputs, as_target(0))[0]
            self.shapes = {path: _fixed_shape(path, value) for path, value in answers.items()}
            scores = score(answers, tensors[sum(counts) :])
            gradients = tf.gradients(scores, latents, grad_ys=[scale * tf.ones_like(scores)])
            if any(gradient is None for gradient in gradients):
                raise InputError("The objective does not depend on the picture: choose another layer.")
            return tuple(gradient / scale for gradient in gradients), scores

        return run


def _fixed_shape(path: str, value: tf.Tensor) -> tuple[int, ...]:
    shape = tuple(value.shape[1:])
    if None in shape:
        raise UnsupportedModelError(
            f"The answers of {path or 'the output'} have the shape {shape}, not a fixed one: choose another."
        )
    return shape

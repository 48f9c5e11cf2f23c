"""Programs as TensorFlow functions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasviz.probe.engine import Program, ReluRule
from kerasviz.probe.engine.tensorflow.precision import in_precision
from kerasviz.probe.engine.tensorflow.run import TracedRun
from kerasviz.probe.engine.tensorflow.weights import HeldWeights
from kerasviz.probe.inputs import Batch, leaves
from kerasviz.probe.layers import CallPath
from kerasviz.probe.specs import Spec


@dataclass(frozen=True)
class CompiledFunction:
    """A program compiled for one signature, with what was learned while tracing it."""

    function: Callable[[list[tf.Tensor]], Any]
    facts: dict[str, Any]
    precision: str

    def __call__(self, batch: Batch, parameters: Sequence[np.ndarray] = ()) -> Any:
        """Return the structure of tensors that the program computes for one batch."""
        # `convert_to_tensor` does the same for arrays, in half as long again.
        tensors = [
            tf.constant(leaf) if isinstance(leaf, np.ndarray) else tf.convert_to_tensor(leaf)
            for leaf in leaves(batch)
        ]
        tensors.extend(map(_as_tensor, parameters))
        if self.precision == "float32":
            return self.function(tensors)
        with in_precision(self.precision)():
            return self.function(tensors)


def compile(
    model: keras.Model,
    program: Program,
    inputs: Any,
    parameters: Sequence[Spec] = (),
    calls: Sequence[CallPath] = (),
    rule: ReluRule = ReluRule.PLAIN,
    precision: str = "float32",
    weights: HeldWeights | None = None,
) -> CompiledFunction:
    """Compile a program of one model: see `kerasviz.probe.engine.Engine`."""
    flat = keras.tree.flatten(inputs)
    facts: dict[str, Any] = {}

    @tf.function(autograph=False)
    def run(*tensors: tf.Tensor) -> Any:
        fed = keras.tree.pack_sequence_as(inputs, list(tensors[: len(flat)]))
        traced = program(TracedRun(model, calls, rule, weights), fed, tensors[len(flat) :])
        facts.update(traced.facts)
        return traced.values

    wanted = [tf.TensorSpec(spec.shape, spec.dtype) for spec in (*flat, *parameters)]
    return CompiledFunction(_flat(run.get_concrete_function(*wanted)), facts, precision)


def function(function: Callable[..., Any], examples: Sequence[Any]) -> Callable[..., Any]:
    """Return a function of structures of tensors, compiled, for batches of any length."""

    @tf.function(autograph=False)
    def run(*tensors: tf.Tensor) -> Any:
        return function(*keras.tree.pack_sequence_as(list(examples), list(tensors)))

    specs = [tf.TensorSpec([None, *t.shape[1:]], t.dtype) for t in keras.tree.flatten(list(examples))]
    flat = _flat(run.get_concrete_function(*specs))
    return lambda *values: flat(keras.tree.flatten(list(values)))


def _flat(concrete: Any) -> Callable[[list[tf.Tensor]], Any]:
    """Return what runs a function of tensors without binding its signature, which small networks feel."""
    inference = concrete.inference_fn
    return lambda tensors: inference.call_preflattened(tensors + concrete.captured_inputs)


def to_numpy(values: Any) -> Any:
    """Return a structure of tensors as arrays."""
    # Not map_structure: on a small network it would cost more than all else around the run.
    if isinstance(values, dict):
        return {key: to_numpy(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(to_numpy(value) for value in values)
    return values.numpy()


def clear() -> None:
    """Forget the constants."""
    _small_constant.cache_clear()


@functools.lru_cache(maxsize=256)
def _small_constant(content: bytes, shape: tuple[int, ...], dtype: str) -> tf.Tensor:
    return tf.constant(np.frombuffer(content, dtype).reshape(shape))


def _as_tensor(parameter: np.ndarray) -> tf.Tensor:
    """Return a target's parameter as a tensor: those of repeated calls are the same few class indices."""
    if parameter.nbytes > 1024:
        return tf.convert_to_tensor(parameter)
    return _small_constant(parameter.tobytes(), parameter.shape, parameter.dtype.str)

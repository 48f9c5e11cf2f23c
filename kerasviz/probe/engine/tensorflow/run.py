"""All that only TensorFlow can do: the compiled run of a cut model and its tape."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasviz.errors import InputError, TargetError, UnsupportedModelError
from kerasviz.probe.engine.tensorflow.normalisation import folded_normalisation, fused_normalisation
from kerasviz.probe.engine.tensorflow.outputs import _explained
from kerasviz.probe.inputs import Batch, leaves
from kerasviz.probe.layers import CallPath, uses_channels_first
from kerasviz.probe.tap import tapped
from kerasviz.probe.targets import Target

# Small float16 gradients would vanish; a power of two scales them without changing a digit.
_FLOAT16_SCALE = 1024.0


# (activations, gradients, input shapes) -> tensors, run inside the compiled function.
Finish = Callable[[dict[str, Any], dict[str, Any], Sequence[tuple[int, ...]]], Any]


@dataclass(frozen=True)
class Compiled:
    """The compiled run of a cut model for one signature, with what was learned while tracing it."""

    function: Callable[..., Any]
    score_kind: str | None
    score_shape: tuple[int | None, ...] | None
    input_shapes: tuple[tuple[int, ...], ...]
    paths: tuple[str, ...] = ()

    def __call__(self, batch: Batch, parameters: Sequence[np.ndarray] = ()) -> Any:
        """Return the structure of arrays that the run computes for one batch."""
        tensors = [tf.convert_to_tensor(leaf) for leaf in leaves(batch)]
        tensors.extend(_as_tensor(parameter) for parameter in parameters)
        # Not map_structure: on a small network it would cost more than all else around the run.
        return _to_numpy(self.function(*tensors))


@functools.lru_cache(maxsize=256)
def _small_constant(content: bytes, shape: tuple[int, ...], dtype: str) -> tf.Tensor:
    return tf.constant(np.frombuffer(content, dtype).reshape(shape))


def _as_tensor(parameter: np.ndarray) -> tf.Tensor:
    """Return a target's parameter as a tensor: those of repeated calls are the same few class indices."""
    if parameter.nbytes > 1024:
        return tf.convert_to_tensor(parameter)
    return _small_constant(parameter.tobytes(), parameter.shape, parameter.dtype.str)


def _to_numpy(values: Any) -> Any:
    if isinstance(values, dict):
        return {key: _to_numpy(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(_to_numpy(value) for value in values)
    return values.numpy()


def signature(batch: Batch) -> tuple:
    """Return what decides whether two batches run the same compiled function; not their length."""
    if isinstance(batch, np.ndarray):
        return (batch.dtype.char, batch.shape[1:])
    names = tuple(batch) if isinstance(batch, dict) else type(batch)
    return (names, *((str(leaf.dtype), tuple(leaf.shape[1:])) for leaf in leaves(batch)))


def specs(batch: Batch) -> Any:
    """Return the batch's structure with a `TensorSpec` of free length in place of each array."""

    def spec(leaf: Any) -> tf.TensorSpec:
        return tf.TensorSpec([None, *leaf.shape[1:]], tf.as_dtype(leaf.dtype))

    return spec(batch) if hasattr(batch, "shape") else keras.tree.map_structure(spec, batch)


def input_specs(model: keras.Model) -> Any:
    """Return the same for the symbolic inputs of a model, or None where it has none."""
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return None
    found = [tf.TensorSpec([None, *tensor.shape[1:]], tf.as_dtype(tensor.dtype)) for tensor in inputs]
    structure = getattr(model, "_inputs_struct", None)
    if len(found) == 1 and not isinstance(structure, dict):
        return found[0]
    return keras.tree.pack_sequence_as(structure, found)


def ensure_built(model: keras.Model, batch: Batch) -> None:
    """Build a model that has no weights yet, as its first call would."""
    if not model.built:
        first = keras.tree.map_structure(lambda leaf: _as_input(tf.convert_to_tensor(leaf[:1])), batch)
        model(first, training=False)


def compile_activations(model: keras.Model, calls: Sequence[CallPath], batch: Batch) -> Compiled:
    """Compile: batch -> {path: float32 activations}."""
    structure, flat = _flat_specs(batch)
    to_last = _to_channels_last(model)

    @tf.function(autograph=False)
    def run(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        with _Recorder(model, calls).recording() as recorder:
            recorder.run(keras.tree.pack_sequence_as(structure, tensors))
        return {path: to_last(output) for path, output in recorder.outputs().items()}

    return Compiled(run.get_concrete_function(*flat), None, None, _input_shapes(model, flat))


def compile_trace(
    model: keras.Model,
    calls: Sequence[CallPath],
    batch: Batch,
    target: Target,
    finish: Finish | None = None,
) -> Compiled:
    """Compile: batch, target parameters -> (activations, gradients, scores, classes, outputs).

    With `finish`: -> (what that makes of activations and gradients, scores, classes, outputs).
    """
    structure, flat = _flat_specs(batch)
    shapes = _input_shapes(model, flat)
    to_last = _to_channels_last(model)
    learned: dict[str, Any] = {}

    @tf.function(autograph=False)
    def run(*tensors: tf.Tensor) -> tuple:
        inputs, parameters = tensors[: len(flat)], tensors[len(flat) :]
        with (
            tf.GradientTape(watch_accessed_variables=False) as tape,
            _Recorder(model, calls, tape).recording() as recorder,
        ):
            outputs = recorder.run(keras.tree.pack_sequence_as(structure, inputs))
            explained, learned["kind"] = _explained(model, outputs, target)
            learned["shape"] = None if target.whole else tuple(explained.shape)
            scores, classes, seed = target.score(explained, learned["kind"], *parameters)
            scores = _checked_scores(scores)
            watched = recorder.outputs()
            scale = _gradient_scale(watched)
        if seed is None:
            slopes = tape.gradient(scores, watched, output_gradients=scale * tf.ones_like(scores))
        else:
            slopes = tape.gradient(explained, watched, output_gradients=seed if scale == 1 else scale * seed)
        _refuse_unconnected(slopes)
        activations = {path: to_last(value) for path, value in watched.items()}
        gradients = {path: to_last(tf.convert_to_tensor(value)) for path, value in slopes.items()}
        if scale != 1:
            gradients = {path: value / scale for path, value in gradients.items()}
        seen = (scores, classes, keras.tree.map_structure(as_output, outputs))
        if finish is not None:
            return finish(activations, gradients, shapes), *seen
        return activations, gradients, *seen

    parameters = [tf.TensorSpec(shape, dtype) for shape, dtype in target.specs()]
    function = run.get_concrete_function(*flat, *parameters)
    paths = tuple(call.path for call in calls)
    return Compiled(function, learned["kind"], learned["shape"], shapes, paths)


def compile_forward(
    model: keras.Model,
    batch: Batch,
    target: Target | None,
    weights: Sequence[tuple[keras.Variable, tf.Tensor]],
) -> Compiled:
    """Compile with these weights: batch -> outputs; with a target -> (scores, classes, outputs)."""
    structure, flat = _flat_specs(batch)
    learned: dict[str, Any] = {"kind": None, "shape": None}

    @tf.function(autograph=False)
    def run(*tensors: tf.Tensor) -> Any:
        inputs = keras.tree.pack_sequence_as(structure, tensors[: len(flat)])
        with folded_normalisation(model, weights):
            outputs = model(standard(inputs), training=False)
            found = keras.tree.map_structure(as_output, outputs)
            if target is None:
                return found
            explained, learned["kind"] = _explained(model, outputs, target)
            learned["shape"] = None if target.whole else tuple(explained.shape)
            scored = target.score(explained, learned["kind"], *tensors[len(flat) :])
            return _checked_scores(scored.scores), scored.classes, found

    parameters = [tf.TensorSpec(shape, dtype) for shape, dtype in target.specs()] if target else []
    function = run.get_concrete_function(*flat, *parameters)
    return Compiled(function, learned["kind"], learned["shape"], _input_shapes(model, flat))


class _Recorder:
    """Runs a model once, keeping what the asked calls return; with a tape, watches exactly these tensors."""

    def __init__(
        self, model: keras.Model, calls: Sequence[CallPath], tape: tf.GradientTape | None = None
    ) -> None:
        self._model = model
        self._calls = calls
        self._tape = tape
        self._seen: dict[int, dict[int, Any]] = {}

    @contextlib.contextmanager
    def recording(self) -> Iterator[_Recorder]:
        layers = [call.place.layer for call in self._calls]
        with keras.StatelessScope(), fused_normalisation(self._model), tapped(layers, self._note):
            yield self

    def run(self, inputs: Any) -> Any:
        return self._model(standard(inputs), training=False)

    def _note(self, layer: keras.layers.Layer, call: int, value: Any) -> Any:
        wanted = any(c.place.layer is layer and c.call in (None, call) for c in self._calls)
        if wanted and tf.is_tensor(value):
            value = distinct(value)
            if self._tape is not None and value.dtype.is_floating:
                self._tape.watch(value)
        self._seen.setdefault(id(layer), {})[call] = value
        return value

    def outputs(self) -> dict[str, tf.Tensor]:
        graph = tf.compat.v1.get_default_graph()
        return {call.path: self._output(call, graph) for call in self._calls}

    def _output(self, wanted: CallPath, graph: tf.Graph) -> tf.Tensor:
        path, seen = wanted.place.path, self._seen.get(id(wanted.place.layer), {})
        if not seen:
            raise UnsupportedModelError(
                f"Layer {path} is not called when the model runs, or only inside a function compiled on its "
                "own: ask for another."
            )
        if wanted.call is None and len(seen) > 1:
            raise InputError(
                f"Layer {path} is called {len(seen)} times: ask for one call, "
                f"{path}:0 to {path}:{len(seen) - 1}."
            )
        if wanted.call is not None and wanted.call not in seen:
            raise InputError(f"Layer {path} is called {len(seen)} times: call {wanted.call} does not exist.")
        value = seen[wanted.call or 0]
        if not tf.is_tensor(value):
            raise UnsupportedModelError(
                f"Layer {path} returns a {type(value).__name__}, not a tensor: ask for one in or after it."
            )
        if value.graph is not graph:
            raise UnsupportedModelError(
                f"Layer {path} runs inside a loop or inside a function compiled on its own, which hides it: "
                "ask for a layer outside it."
            )
        return value


def distinct(value: Any) -> Any:
    """Return the same values as a tensor of their own: some layers return their very input."""
    if not tf.is_tensor(value):
        return value
    mask = getattr(value, "_keras_mask", None)
    value = tf.identity(value)
    if mask is not None:
        value._keras_mask = mask
    return value


def _flat_specs(batch: Batch) -> tuple[Any, list[tf.TensorSpec]]:
    structure = specs(batch)
    return structure, keras.tree.flatten(structure)


def _input_shapes(model: keras.Model, flat: Sequence[tf.TensorSpec]) -> tuple[tuple[int, ...], ...]:
    shapes = [tuple(spec.shape[1:]) for spec in flat]
    if uses_channels_first(model):
        shapes = [(*shape[1:], shape[0]) if len(shape) > 1 else shape for shape in shapes]
    return tuple(shapes)


def standard(inputs: Any) -> Any:
    """Return inputs as tensors."""
    return keras.tree.map_structure(_as_input, inputs)


def _as_input(tensor: tf.Tensor) -> tf.Tensor:
    # Pictures come as bytes; networks compute in floats.
    return tf.cast(tensor, tf.float32) if tensor.dtype in (tf.uint8, tf.bool) else tensor


def as_output(value: Any) -> Any:
    """Return a tensor of the model's outputs as it is handed out: float32 where it holds fractions."""
    return tf.cast(value, tf.float32) if tf.is_tensor(value) and value.dtype.is_floating else value


def _to_channels_last(model: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    channels_first = uses_channels_first(model)

    def to_last(value: tf.Tensor) -> tf.Tensor:
        value = tf.cast(value, tf.float32)
        rank = value.shape.rank
        if channels_first and rank is not None and rank > 2:
            value = tf.transpose(value, [0, *range(2, rank), 1])
        return value

    return to_last


def _gradient_scale(activations: dict[str, tf.Tensor]) -> float:
    return _FLOAT16_SCALE if any(a.dtype == tf.float16 for a in activations.values()) else 1.0


def _checked_scores(scores: Any) -> tf.Tensor:
    scores = tf.cast(scores, tf.float32)
    if scores.shape.rank != 1:
        raise TargetError(
            f"The target returned scores of shape {tuple(scores.shape)}; expected one per picture, (N,)."
        )
    return scores


def _refuse_unconnected(gradients: dict[str, Any]) -> None:
    for path, gradient in gradients.items():
        if gradient is None:
            raise TargetError(
                f"Layer {path} has no part in the explained score: choose another layer or output."
            )

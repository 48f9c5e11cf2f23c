"""The cut: the compiled functions of one model and some of its layers."""

from __future__ import annotations

import collections
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine.tensorflow.run import (
    Compiled,
    Finish,
    compile_activations,
    compile_trace,
    ensure_built,
    signature,
)
from kerasviz.probe.inputs import Batch, batches, checked, is_stream, leaves, sliced
from kerasviz.probe.layers import LayerRequest, resolve, structure_mark
from kerasviz.probe.table import default_layer
from kerasviz.probe.targets import Target
from kerasviz.probe.trace import Trace

# Compiled functions kept per cut. A new lambda as target is a new function each time.
_KEPT = 16


class Finished(NamedTuple):
    """What one compiled run made of a batch, and what the model said of it.

    `values` is what the run's `finish` returned, as arrays; `scores` float32 (N,), `classes` int32 (N,), -1
    where the target is no class; `outputs` the model's, float32 in its own structure; `score_kind` as in
    `Trace`; `paths` the layers where the model was cut.
    """

    values: Any
    scores: np.ndarray
    classes: np.ndarray
    outputs: Any
    score_kind: str
    paths: tuple[str, ...]


class Cut:
    """A model, the paths where it is cut, and the compiled functions of these cuts.

    The model is held weakly, so that a cache can hold the cut. Without paths, each signature is cut at the
    last spatial layer that the explained output depends on.
    """

    def __init__(self, model: keras.Model, paths: Iterable[str] | None) -> None:
        if keras.backend.backend() != "tensorflow":
            raise UnsupportedModelError(
                f"Keras runs on {keras.backend.backend()}; a probe needs KERAS_BACKEND=tensorflow."
            )
        self.paths = None if paths is None else tuple(paths)
        self._model = weakref.ref(model)
        self._compiled: collections.OrderedDict[tuple, Compiled] = collections.OrderedDict()

    def model(self) -> keras.Model:
        """Return the model, which must still exist."""
        model = self._model()
        if model is None:
            raise UnsupportedModelError("The model of this probe no longer exists: keep a reference to it.")
        return model

    def activations(self, batch: Any) -> dict[str, np.ndarray]:
        """Return `{path: activations}` for one checked batch."""
        return self._lookup(batch, None)(batch)

    def traces(self, images: Any, target: Target, batch_size: int) -> Iterator[Trace]:
        """Yield a trace per batch."""
        for compiled, batch, found in self._runs(images, target, batch_size, None):
            activations, gradients, scores, classes, outputs = found
            kind, shapes = str(compiled.score_kind), compiled.input_shapes
            yield Trace(activations, gradients, scores, classes, outputs, kind, shapes, batch)

    def finished(self, images: Any, target: Target, batch_size: int, finish: Finish) -> Iterator[Finished]:
        """Yield, per batch, what `finish` makes of activations and gradients inside the compiled run.

        `finish(activations, gradients, input_shapes)` gets two `{path: tensor}` and the inputs' shapes; equal
        ones share a compiled function.
        """
        for compiled, _, found in self._runs(images, target, batch_size, finish):
            values, scores, classes, outputs = found
            yield Finished(values, scores, classes, outputs, str(compiled.score_kind), compiled.paths)

    def _runs(
        self, images: Any, target: Target, batch_size: int, finish: Finish | None
    ) -> Iterator[tuple[Compiled, Batch, Any]]:
        model = self.model()
        parts: Iterator[Any]
        if is_stream(images):
            parts = ((batch, None) for batch in batches(model, images, batch_size))
        else:
            images = checked(model, images)
            parameters = target.parameters(model, len(leaves(images)[0]))
            parts = sliced((images, parameters), batch_size)
        for batch, part in parts:
            if part is None:
                part = target.parameters(model, len(leaves(batch)[0]))
            compiled = self._lookup(batch, target, finish)
            target.check(compiled.score_shape or (), part)
            yield compiled, batch, compiled(batch, part)

    def _lookup(self, batch: Any, target: Target | None, finish: Finish | None = None) -> Compiled:
        model = self.model()
        key = (target and target.key(), finish, signature(batch), structure_mark(model))
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = self._compile(model, batch, target, finish)
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        return compiled

    def _compile(
        self, model: keras.Model, batch: Any, target: Target | None, finish: Finish | None
    ) -> Compiled:
        ensure_built(model, batch)
        output = target.output if target else None
        calls = resolve(model, [default_layer(model, batch, output)] if self.paths is None else self.paths)
        if target is None:
            return compile_activations(model, calls, batch)
        return compile_trace(model, calls, batch, target, finish)


_CUTS: weakref.WeakKeyDictionary[keras.Model, dict[Any, Cut]] = weakref.WeakKeyDictionary()


def cached_cut(model: keras.Model, layer: LayerRequest | None) -> Cut:
    """Return the cut of a model at a layer, the same one as long as the model lives."""
    if isinstance(layer, (int, keras.layers.Layer)):
        layer = resolve(model, layer)[0].path
    cuts = _CUTS.setdefault(model, {})
    if layer not in cuts:
        cuts[layer] = Cut(model, None if layer is None else [call.path for call in resolve(model, layer)])
    return cuts[layer]

"""The probe: a model cut at target layers, run once, read many times."""

from __future__ import annotations

import collections
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe._tensorflow import (
    Compiled,
    compile_activations,
    compile_trace,
    ensure_built,
    signature,
    to_numpy,
)
from kerasviz.probe.inputs import batches, checked, leaves
from kerasviz.probe.layers import LayerRequest, resolve
from kerasviz.probe.targets import Classes, Target, as_target

BATCH_SIZE = 32
# Compiled functions kept per probe. A new lambda as target is a new function each time.
_KEPT = 16


@dataclass(frozen=True)
class Trace:
    """What one run of a probe saw. All arrays are float32, feature maps with the channels last.

    Attributes:
        activations: `{path: (N, h, w, C)}`, or `(N, w, C)`, `(N, d, h, w, C)`, `(N, C)`.
        gradients: the derivative of each picture's score by its activations, of the same shapes.
        scores: `(N,)`, what was explained.
        classes: int32 `(N,)`, the explained class of each picture; -1 where the target is no class.
        outputs: what the model returned, in its own structure.
        score_kind: `"logit"` (before the final softmax or sigmoid), `"probability"` (after it), or
            `"output"` (the model's output as it is, where no such activation ends it).
    """

    activations: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    scores: np.ndarray
    classes: np.ndarray
    outputs: Any
    score_kind: str


class Probe:
    """A model cut at some of its layers.

    The first run of each signature (input shapes without the batch axis, kind of target) compiles one
    function; all later ones reuse it, whatever the batch's length, with the model's weights of that moment.
    The model runs with `training=False` and is not changed; one that has no weights yet is built by its first
    run. Change a model's structure (`layer.activation = ...`), and a new probe is needed.

    Args:
        model: any Keras model: Functional, Sequential, subclassed, nested.
        layers: paths (`"base/conv5"`), names, patterns (`"*_concat"`), indices into `model.layers` or layer
            objects; one or several. `"shared:1"` is the second call of a layer called several times.

    Raises:
        LayerNotFoundError: no such layer; the message names the nearest.
        UnsupportedModelError: a layer whose output does not exist outside a loop, or a backend other than
            TensorFlow.

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.MaxPooling2D(name="pool")])
    >>> Probe(model, "pool").activations(np.ones((3, 4, 4, 1)))["pool"].shape
    (3, 2, 2, 1)
    """

    def __init__(self, model: keras.Model, layers: LayerRequest | Iterable[LayerRequest]) -> None:
        self._model = model
        self._cut = Cut(model, [call.path for call in resolve(model, layers)])

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the layers, in the order asked."""
        return self._cut.paths

    def activations(self, images: Any, batch_size: int = BATCH_SIZE) -> dict[str, np.ndarray]:
        """Return `{path: (N, h, w, C)}` float32, all layers from one forward pass per batch.

        `images` is an array (N, ...), a list or dict of arrays for a model of several inputs, or a
        `tf.data.Dataset` of batches, which may also hold labels.

        Raises:
            ImageError: the pictures do not fit the model, or hold NaN.
        """
        parts = list(self.stream(images, batch_size))
        if len(parts) == 1:
            return parts[0]
        return {path: np.concatenate([part[path] for part in parts]) for path in self.paths}

    def stream(self, images: Any, batch_size: int = BATCH_SIZE) -> Iterator[dict[str, np.ndarray]]:
        """Yield the activations batch by batch, in memory that does not grow with the number of pictures."""
        for batch in batches(self._model, images, batch_size):
            yield self._cut.activations(batch)

    def trace(
        self,
        images: Any,
        target: Target | Classes | Callable | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Trace:
        """Return activations, gradients, scores and outputs for all `images`.

        Args:
            images: as for `activations`.
            target: None for the predicted class, an index or label, a `Target` such as `class_score`, or a
                function from the model's outputs to scores (N,), written with `keras.ops`.
            batch_size: pictures per run.

        Raises:
            TargetError: the target does not fit the model's output, or does not depend on a layer.
            ImageError: the pictures do not fit the model, or hold NaN.
        """
        return joined(list(self.stream_traces(images, target, batch_size)))

    def stream_traces(
        self,
        images: Any,
        target: Target | Classes | Callable | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[Trace]:
        """Yield the traces batch by batch, in memory that does not grow with the number of pictures."""
        yield from self._cut.traces(images, as_target(target), batch_size)


class Cut:
    """The compiled functions of a probe. Holds the model weakly, so that a cache can hold the cut."""

    def __init__(self, model: keras.Model, paths: Iterable[str]) -> None:
        if keras.backend.backend() != "tensorflow":
            raise UnsupportedModelError(
                f"Keras runs on {keras.backend.backend()}; probes need TensorFlow: set KERAS_BACKEND=tensorflow."
            )
        self.paths = tuple(paths)
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
        compiled = self._lookup(("activations", signature(batch)), batch, compile_activations)
        return to_numpy(compiled(batch))

    def traces(self, images: Any, target: Target, batch_size: int) -> Iterator[Trace]:
        """Yield a trace per batch."""
        model = self.model()
        start = 0
        parameters = None
        if not hasattr(images, "element_spec") and not hasattr(images, "__next__"):
            images = checked(model, images)
            parameters = target.parameters(model, len(leaves(images)[0]))
        for batch in batches(model, images, batch_size):
            count = len(leaves(batch)[0])
            part = (
                target.parameters(model, count)
                if parameters is None
                else [parameter[start : start + count] for parameter in parameters]
            )
            start += count
            yield self._trace(batch, target, part)

    def _trace(self, batch: Any, target: Target, parameters: list[np.ndarray]) -> Trace:
        compiled = self._lookup(
            ("trace", target.key(), signature(batch)),
            batch,
            lambda model, calls, batch: compile_trace(model, calls, batch, target),
        )
        target.check(compiled.score_shape or (), parameters)
        activations, gradients, scores, classes, outputs = to_numpy(compiled(batch, parameters))
        return Trace(activations, gradients, scores, classes, outputs, str(compiled.score_kind))

    def _lookup(self, key: tuple, batch: Any, compile_function: Callable[..., Compiled]) -> Compiled:
        compiled = self._compiled.get(key)
        if compiled is None:
            model = self.model()
            ensure_built(model, batch)
            compiled = compile_function(model, resolve(model, self.paths), batch)
            self._compiled[key] = compiled
            if len(self._compiled) > _KEPT:
                self._compiled.popitem(last=False)
        return compiled


def joined(traces: list[Trace]) -> Trace:
    """Return one trace of the pictures of all."""
    if len(traces) == 1:
        return traces[0]

    def join(name: str) -> Any:
        parts = [getattr(trace, name) for trace in traces]
        return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *parts)

    fields = ("activations", "gradients", "scores", "classes", "outputs")
    return Trace(**{name: join(name) for name in fields}, score_kind=traces[0].score_kind)

"""The probe: a model cut at target layers, run once, read many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np

from kerasviz.probe.class_scores import Classes
from kerasviz.probe.cut import Cut
from kerasviz.probe.inputs import batches
from kerasviz.probe.layers import LayerRequest, resolve
from kerasviz.probe.raw_pictures import model_ready
from kerasviz.probe.target import Target
from kerasviz.probe.targets import as_target
from kerasviz.probe.trace import Trace, joined

BATCH_SIZE = 32


class Probe:
    """A model cut at some of its layers.

    The first run of each signature (input shapes without the batch axis, kind of target) compiles one
    function; all later ones reuse it, whatever the batch's length, with the model's weights of that moment.
    The model runs with `training=False` and is not changed; one that has no weights yet is built by its first
    run. Change a model's structure (`layer.activation = ...`), and a new probe is needed.

    Args:
        model: any Keras model: Functional, Sequential, subclassed, nested.
        layers: paths (`"base/conv5"`), names, patterns (`"*_concat"`), indices into `model.layers` or layer
            objects; one or several. `"shared:1"` is the second call of a layer called several times. Bare
            operations of functional models (`a + b`) are named as layers are (`"add_3"`).
        preprocessed: whether the pictures to come have been through the model's preprocessor already, where
            it carries one (`keras_hub`); else that is applied to them, as `model.predict` does.

    Raises:
        LayerNotFoundError: no such layer; the message names the nearest.
        UnsupportedModelError: a layer whose output does not exist outside a loop, or a backend other than
            TensorFlow.

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.MaxPooling2D(name="pool")])
    >>> Probe(model, "pool").activations(np.ones((3, 4, 4, 1)))["pool"].shape
    (3, 2, 2, 1)
    """

    def __init__(
        self,
        model: keras.Model,
        layers: LayerRequest | Iterable[LayerRequest],
        *,
        preprocessed: bool = False,
    ) -> None:
        self._model = model
        self._preprocessed = preprocessed
        self._paths = tuple(call.path for call in resolve(model, layers))
        self._cut = Cut(model, self._paths)

    def __repr__(self) -> str:
        shown = ", ".join(self.paths[:3]) + (f", ... {len(self.paths)} in all" if len(self.paths) > 3 else "")
        return f"<Probe of {self._model.name} at {shown}>"

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the layers, in the order asked."""
        return self._paths

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
        ready = model_ready(self._model, images, self._preprocessed)
        for batch in batches(self._model, ready, batch_size):
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
        ready = model_ready(self._model, images, self._preprocessed)
        yield from self._cut.traces(ready, as_target(target), batch_size)

"""The probe as users get it: its traces give class activation maps.

Cutting and running a model is the business of the room `probe`, which knows nothing of explanations; here its
`Probe` and `Trace` learn what a CAM is.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

import kerasviz.probe as probe
from kerasviz.errors import InputError, did_you_mean
from kerasviz.explanation.cams.in_picture import in_picture, refuse_without_part
from kerasviz.explanation.cams.pooling_head import refuse_other_heads
from kerasviz.explanation.found import Found
from kerasviz.explanation.result import Explanation
from kerasviz.explanation.table import find_method
from kerasviz.probe import BATCH_SIZE, Classes, Layout, Target


@dataclasses.dataclass(frozen=True, repr=False)
class Trace(probe.Trace):
    """What one run of a probe saw, as `kerasviz.probe.Trace` says, and the `model` that ran; gives CAMs.

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3, name="conv"),
    ...                           keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    >>> trace = Probe(model, "conv").trace(np.ones((3, 4, 4, 1)))
    >>> [trace.cam(method).maps.shape for method in ("grad_cam", "layer_cam")]
    [(3, 2, 2), (3, 2, 2)]
    """

    model: keras.Model | None = None

    def cam(
        self,
        method: str = "grad_cam",
        *,
        layer: str | None = None,
        relu: bool = True,
        token_grid: Sequence[int] | None = None,
    ) -> Explanation:
        """Return the class activation maps, at the size of the feature maps `(N, h, w)`, as an `Explanation`.

        Args:
            method: grad_cam, grad_cam_plus_plus, xgrad_cam, layer_cam, hires_cam, eigen_cam or cam.
            layer: the path of one of the trace's layers; a trace of one layer needs none.
            relu: keep only what speaks for the class; False returns the signed map.
            token_grid: of a layer that returns tokens, how they lie in the picture, `(rows, columns)`, or
                `(rows, columns, extra)` with the number of tokens before them that stand for no place; None
                where the model says it.

        Raises:
            InputError: no such method or layer, a trace of several layers and none named, or a `token_grid`
                that does not fit.
            UnsupportedModelError: a layer without a spatial axis, or a network the method is not defined for.
        """
        paths = list(self.activations)
        if layer is None and len(paths) > 1:
            raise InputError(f"The trace has {len(paths)} layers, {', '.join(paths)}: say which, layer=...")
        path = paths[0] if layer is None else layer
        if path not in paths:
            raise InputError(f"The trace has no layer {layer!r}. {did_you_mean(str(layer), paths)}")
        row = find_method(method)
        if row.weighting is None:
            raise InputError(f"Method {method} takes more than a trace: use explain for it.")
        options = row.resolved({"relu": relu, "token_grid": token_grid})
        activations, gradients = self.activations[path], self.gradients[path]
        if self.model is not None:
            layout = Layout.of(self.model, self.images)
            places = in_picture(layout, path, activations, gradients, options["token_grid"], raw=True)
            activations, gradients = places.activations, places.gradients
            if row.weighting.by_gradients:
                refuse_without_part(path, places.has_part)
        maps, pooled = row.weighting.maps(path, activations, gradients, relu)
        if row.weighting.pooled is not None:
            refuse_other_heads(path, pooled, self.linear is None or path in self.linear)
        found = Found.of(np.asarray(maps), self, path)
        return Explanation.of(found, row, options, self.model, self.images)


class Probe(probe.Probe):  # noqa: D101
    __doc__ = probe.Probe.__doc__

    def trace(
        self,
        images: Any,
        target: Target | Classes | Callable | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Trace:
        """Return activations, gradients, scores and outputs for all `images`; `Trace.cam` makes maps of them.

        Args:
            images: as for `activations`.
            target: None for the predicted class, an index or label, a `Target` such as `class_score`, or a
                function from the model's outputs to scores (N,), written with `keras.ops`.
            batch_size: pictures per run.

        Raises:
            TargetError: the target does not fit the model's output, or does not depend on a layer.
            ImageError: the pictures do not fit the model, or hold NaN.
        """
        return self._with_model(super().trace(images, target, batch_size))

    def stream_traces(
        self,
        images: Any,
        target: Target | Classes | Callable | None = None,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[Trace]:
        """Yield the traces batch by batch, in memory that does not grow with the number of pictures."""
        yield from map(self._with_model, super().stream_traces(images, target, batch_size))

    def _with_model(self, trace: probe.Trace) -> Trace:
        return trace if isinstance(trace, Trace) else Trace(**vars(trace), model=self._model)

"""Everything that is kept of a picture of a data set, from one run where the method needs but one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.explanation.cams.in_picture import in_picture, refuse_without_part
from kerasviz.explanation.cams.pooling_head import refuse_other_heads
from kerasviz.explanation.cams.run_cam import CamMaps
from kerasviz.explanation.found import Found
from kerasviz.explanation.method import Method
from kerasviz.explanation.request import Request
from kerasviz.probe import Cut, Layout, Probe, as_target


@dataclass(frozen=True)
class Sight:
    """What was seen of N pictures.

    Attributes:
        found: the maps, at the feature map's size where the method has a layer, and what the model said.
        peaks: float32 `(N, C)`, the largest value of each filter of the layer; None without a layer.
        places: int32 `(N, C)`, where it is: its number among the feature map's values, row by row.
        vectors: float32 `(N, D)`, what the layer of the embedding says, means over feature maps; or None.
    """

    found: Found
    peaks: np.ndarray | None = None
    places: np.ndarray | None = None
    vectors: np.ndarray | None = None


def see(
    model: keras.Model,
    batch: Any,
    method: Method,
    options: Mapping[str, Any],
    *,
    layer: str | None = None,
    embed: str | None = None,
) -> Sight:
    """Return what is seen of a batch, each picture's predicted class explained.

    Methods of the CAM family are one run, maps, peaks and embedding made inside it; for others the layers
    are looked at in a second one.

    Args:
        model: a classifier.
        batch: pictures as the network takes them, through the model's preprocessor already.
        method: any of the table, or one's own.
        options: a value for every option of the method.
        layer: the path where the network is cut; None for methods that take none.
        embed: the path of the layer whose vectors are kept, or None.
    """
    request = Request(model, batch, layer, as_target(None), method.takes_layer, len(batch))
    if method.weighting is None or layer is None:
        return _in_two_runs(request, method, options, embed)
    weighting, token_grid = method.weighting, options["token_grid"]
    maps = CamMaps(weighting, options["relu"], True, token_grid)
    finish = _Seen(maps, layer, embed)
    cut = Cut(model, list(dict.fromkeys(filter(None, (layer, embed)))))
    runs = cut.finished(
        batch, request.target, len(batch), finish, options["precision"], weighting.slow, alone=True
    )
    (run,) = runs
    values, pooled, has_part, peaks, places, vectors = run.values
    refuse_without_part(layer, has_part)
    if weighting.pooled is not None:
        refuse_other_heads(layer, pooled, layer in run.linear)
    found = Found.of(values, run, layer)
    return Sight(found, peaks, places, None if embed is None else vectors)


def _in_two_runs(request: Request, method: Method, options: Mapping[str, Any], embed: str | None) -> Sight:
    found = method.run(request, **options)
    paths = list(dict.fromkeys(filter(None, (request.layer, embed))))
    if not paths:
        return Sight(found)
    seen = Probe(request.model, paths, preprocessed=True).activations(request.images, request.batch_size)
    vectors = None if embed is None else ops.convert_to_numpy(_vectors(seen[embed]))
    if request.layer is None:
        return Sight(found, vectors=vectors)
    activations = seen[str(request.layer)]
    peaks, places = map(ops.convert_to_numpy, _peaks(activations))
    return Sight(found, peaks, places, vectors)


@dataclass(frozen=True)
class _Seen:
    """Makes everything inside the compiled run; equal ones share it."""

    maps: CamMaps
    layer: str
    embed: str | None

    def __call__(
        self, activations: dict[str, Any], gradients: dict[str, Any], layout: Layout
    ) -> tuple[Any, ...]:
        values, slopes = activations[self.layer], gradients[self.layer]
        made = self.maps({self.layer: values}, {self.layer: slopes}, layout)
        placed = in_picture(layout, self.layer, values, slopes, self.maps.token_grid, raw=True).activations
        vectors = () if self.embed is None else _vectors(activations[self.embed])
        return (*made, *_peaks(placed), vectors)


def _peaks(activations: Any) -> tuple[Any, Any]:
    *spatial, channels = activations.shape[1:]
    flat = ops.reshape(activations, (-1, math.prod(spatial), channels))
    return ops.max(flat, axis=1), ops.cast(ops.argmax(flat, axis=1), "int32")


def _vectors(activations: Any) -> Any:
    axes = tuple(range(1, len(activations.shape) - 1))
    return ops.mean(activations, axis=axes) if axes else activations

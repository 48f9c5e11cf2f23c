"""The source that draws where the network looks: class activation maps over pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kerasviz.explanation import explain
from kerasviz.film import log_sheet
from kerasviz.pictures import Scale, all_zero, overlay
from kerasviz.probe import LayerRequest
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.tags import check_name, tag_of
from kerasviz.watch.watched_pictures import Picture, Range, as_pictures, batch_of, shown


def cams(
    images: Picture | Sequence[Picture],
    layer: LayerRequest | None = None,
    method: str = "grad_cam",
    target: Any = None,
    *,
    name: str | None = None,
    input_range: Range | None = None,
) -> Source:
    """Watch where the network looks: CAM overlays of a few pictures, tag `cams/LAYER`.

    The strength of a CAM says nothing across steps (it grows with the logits), so each overlay spans its own
    range from 0 to its maximum (of attention rollout and RISE, where 0 means nothing special, from its
    minimum); the ranges are recorded with the frame. A picture without evidence is shown
    as it is; the frame records which (`no_evidence`), and a film says so below.

    Args:
        images: one picture or several: files, or arrays `(h, w, c)` as the model takes them.
        layer: the target layer; by default the last spatial one.
        method: any of `kv.explain`; a method without a layer stands in the tag itself, `cams/saliency`,
            `cams/attention_rollout`.
        target: what is explained; by default each picture's predicted class.
        name: for the tag, `cams/NAME/LAYER`, where several sources explain one layer.
        input_range: what the model takes for black and white, such as (0, 1); needed for files and arrays of
            floats where the model does not say it itself, see `kv.PictureForm`.

    >>> import kerasviz as kv
    >>> source = kv.watch.cams(["cat.jpg", "dog.jpg"], "conv4", method="layer_cam")
    """
    return _Cams(as_pictures(images), layer, method, target, check_name(name), input_range)


@dataclass(frozen=True)
class _Cams(Source):
    images: tuple[Picture, ...] = field(repr=False)
    layer: LayerRequest | None
    method: str
    target: Any
    name: str | None
    input_range: Range | None

    def bind(self, run: Run) -> list[Watch]:
        batch = batch_of(self.images, run.model, self.input_range)
        pictures = shown(self.images, batch, run.model, self.input_range)
        options = {"method": self.method, "layer": self.layer, "target": self.target, "preprocessed": True}
        # A wrong layer, method or target is refused before training; the default layer is found once.
        explained = explain(run.model, batch, **options)
        options["layer"] = explained.layer
        tag = tag_of("cams", explained.layer or explained.method, self.name)
        from_zero = explained.declaration.zero_is_nothing
        return [_CamWatch(run.model, batch, pictures, tag, options, from_zero)]


@dataclass
class _CamWatch(Watch):
    model: keras.Model
    batch: np.ndarray
    pictures: np.ndarray
    tag: str
    options: dict[str, Any]
    from_zero: bool

    @property
    def tags(self) -> list[str]:
        return [self.tag]

    @property
    def shown_layers(self) -> dict[str, str]:
        return {self.tag: self.options["layer"]} if self.options["layer"] else {}

    @property
    def watched(self) -> np.ndarray:
        return self.pictures

    def collect(self) -> np.ndarray:
        return np.asarray(explain(self.model, self.batch, **self.options))

    def write(self, collected: np.ndarray, step: int, output: Output) -> None:
        lows = [0.0 if self.from_zero else float(np.nanmin(heatmap)) for heatmap in collected]
        # Above their lows: where a map is everywhere at its low, the picture stays as it is.
        above = [heatmap - low for heatmap, low in zip(collected, lows, strict=True)]
        spans = [float(np.nanmax(heatmap, initial=0)) for heatmap in above]
        drawn = zip(self.pictures, above, spans, strict=True)
        tiles = np.stack([overlay(picture, part, scale=Scale(0.0, span)) for picture, part, span in drawn])
        nothing = [at for at, heatmap in enumerate(above) if all_zero(heatmap)]
        ranges = [[low, low + span] for low, span in zip(lows, spans, strict=True)]
        known = {"kind": "cams", "layer": self.options["layer"], "method": self.options["method"]}
        log_sheet(output.log, self.tag, step, tiles, None, scales=ranges, no_evidence=nothing, **known)

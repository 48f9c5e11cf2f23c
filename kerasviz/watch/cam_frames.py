"""The source that draws where the network looks: class activation maps over pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.explanation import explain
from kerasviz.pictures import Scale, all_zero, overlay
from kerasviz.watch.source import Output, Run, Source, Watch, log_sheet
from kerasviz.watch.sources import Picture, model_picture


def cams(
    images: Picture | list[Picture], layer: Any = None, method: str = "grad_cam", target: Any = None
) -> Source:
    """Watch where the network looks: CAM overlays of a few pictures, tag `cams/LAYER`.

    The strength of a CAM says nothing across steps (it grows with the logits), so each overlay spans its own
    range from 0 to its maximum; the ranges are recorded with the frame. A picture without evidence is shown
    as it is; the frame records which (`no_evidence`), and a film says so below.

    Args:
        images: one picture or several: files, or arrays `(h, w, c)` in 0..255 as the model takes them.
        layer: the target layer; by default the last spatial one.
        method: any CAM method of `kv.explain`.
        target: what is explained; by default each picture's predicted class.
    """
    return _Cams(tuple(images) if isinstance(images, list | tuple) else (images,), layer, method, target)


@dataclass(frozen=True)
class _Cams(Source):
    images: tuple[Picture, ...]
    layer: Any
    method: str
    target: Any

    def bind(self, run: Run) -> list[Watch]:
        batch = np.stack([model_picture(image, run.model) for image in self.images])
        watch = _CamWatch(run.model, batch, self.layer, self.method, self.target)
        watch.collect()  # a wrong layer, method or target is refused before training
        return [watch]


@dataclass
class _CamWatch(Watch):
    model: keras.Model
    batch: np.ndarray
    layer: Any
    method: str
    target: Any

    def collect(self) -> np.ndarray:
        return explain(self.model, self.batch, method=self.method, layer=self.layer, target=self.target)

    def write(self, collected: np.ndarray, step: int, output: Output) -> None:
        pictures = np.clip(self.batch, 0, 255).astype("uint8")
        scales = [Scale(0.0, float(np.nanmax(heatmap, initial=0))) for heatmap in collected]
        drawn = zip(pictures, collected, scales, strict=True)
        tiles = np.stack([overlay(picture, heatmap, scale=scale) for picture, heatmap, scale in drawn])
        layer = "last" if self.layer is None else str(getattr(self.layer, "name", self.layer))
        ranges = [[scale.low, scale.high] for scale in scales]
        nothing = [at for at, heatmap in enumerate(collected) if all_zero(heatmap)]
        meta = {"kind": "cams", "layer": layer, "method": self.method, "scales": ranges}
        log_sheet(output, f"cams/{layer}", step, tiles, None, **meta, no_evidence=nothing)

"""The source that draws where the network looks: class activation maps over pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from kerasviz.explanation import Method, explain, find_method, map_style
from kerasviz.film import log_sheet
from kerasviz.pictures import Scale, all_zero, overlay, sequential, symmetric
from kerasviz.probe import LayerRequest
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.tags import check_name, tag_of
from kerasviz.watch.watched_pictures import Picture, Range, as_pictures, batch_of, shown

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from kerasviz.explanation import Options


def cams(
    images: Picture | Sequence[Picture],
    layer: LayerRequest | None = None,
    method: str | Method = "grad_cam",
    target: Any = None,
    *,
    name: str | None = None,
    input_range: Range | None = None,
    **options: Unpack[Options],
) -> Source:
    """Watch where the network looks: CAM overlays of a few pictures, tag `cams/LAYER`.

    The strength of a CAM says nothing across steps (it grows with the logits), so each overlay spans its own
    range from 0 to its maximum (of attention rollout and RISE, where 0 means nothing special, from its
    minimum; of input gradients, to their 99.5th percentile). Signed maps span a range around 0, in diverging
    colours: red speaks for the class, blue against it. The ranges are recorded with the frame. A picture
    without evidence is shown as it is; the frame records which (`no_evidence`), and a film says so below.

    Args:
        images: one picture or several: files, or arrays `(h, w, c)` as the model takes them.
        layer: the target layer; by default the last spatial one.
        method: any of `kv.explain`, or a `Method` of your own; one without a layer stands in the tag itself,
            `cams/saliency`, `cams/attention_rollout`.
        target: what is explained; by default each picture's predicted class.
        name: for the tag, `cams/NAME/LAYER`, where several sources explain one layer.
        input_range: what the model takes for black and white, such as (0, 1); needed for files and arrays of
            floats where the model does not say it itself, see `kv.PictureForm`.
        **options: the method's own, as for `kv.explain`; no bar is shown unless `progress=True`.

    Raises:
        InputError: an unknown method or option, or a value that an option does not take.

    >>> import kerasviz as kv
    >>> source = kv.watch.cams(["cat.jpg", "dog.jpg"], "conv4", method="layer_cam", relu=False)
    """
    row = find_method(method)
    quiet = {"progress": False} if "progress" in row.resolved(options) else {}
    given = {**quiet, **options}
    return _Cams(as_pictures(images), layer, row, target, check_name(name), input_range, given)


@dataclass(frozen=True)
class _Cams(Source):
    images: tuple[Picture, ...] = field(repr=False)
    layer: LayerRequest | None
    method: Method
    target: Any
    name: str | None
    input_range: Range | None
    options: Mapping[str, Any]

    def bind(self, run: Run) -> list[Watch]:
        batch = batch_of(self.images, run.model, self.input_range)
        pictures = shown(self.images, batch, run.model, self.input_range)
        asked = {"method": self.method, "layer": self.layer, "target": self.target, "preprocessed": True}
        # A wrong layer, method or target is refused before training; the default layer is found once.
        explained = explain(run.model, batch, **asked, **self.options)
        asked["layer"] = explained.layer
        tag = tag_of("cams", explained.layer or explained.method, self.name)
        known: dict[str, Any] = {"kind": "cams", "layer": explained.layer, "method": explained.method}
        # A baseline of a picture's size does not belong into every frame.
        plain = {name: value for name, value in self.options.items() if not isinstance(value, np.ndarray)}
        known |= {"options": {name: value for name, value in plain.items() if name != "progress"}}
        scales = _Scales(self.method, self.options)
        return [_CamWatch(run.model, batch, pictures, tag, {**asked, **self.options}, scales, known)]


@dataclass
class _CamWatch(Watch):
    model: keras.Model
    batch: np.ndarray
    pictures: np.ndarray
    tag: str
    asked: dict[str, Any]
    scales: _Scales
    known: dict[str, Any]

    @property
    def tags(self) -> list[str]:
        return [self.tag]

    @property
    def shown_layers(self) -> dict[str, str]:
        layer = self.known["layer"]
        return {self.tag: layer} if layer else {}

    @property
    def watched(self) -> np.ndarray:
        return self.pictures

    def collect(self) -> np.ndarray:
        return np.asarray(explain(self.model, self.batch, **self.asked))

    def write(self, collected: np.ndarray, step: int, output: Output) -> None:
        scales = self.scales.of(collected)
        tiles, nothing = [], []
        for at, (picture, heatmap, scale) in enumerate(zip(self.pictures, collected, scales, strict=True)):
            # Where 0 means nothing special, what is at the map's low leaves the picture as it is.
            low = 0.0 if self.scales.from_zero else scale.low
            above = heatmap - low
            tiles.append(overlay(picture, above, scale=Scale(scale.low - low, scale.high - low)))
            if all_zero(above):
                nothing.append(at)
        ranges = [[scale.low, scale.high] for scale in scales]
        sheet = np.stack(tiles)
        log_sheet(output.log, self.tag, step, sheet, None, scales=ranges, no_evidence=nothing, **self.known)


class _Scales:
    """Chooses the range of each map; once one has values below 0, it is around 0 for all that follow."""

    def __init__(self, method: Method, options: Mapping[str, Any]) -> None:
        from kerasviz.pictures.figures import PixelStyle  # loads Matplotlib

        self.from_zero = method.zero_is_nothing
        self._signed = method.signed and options.get("channels", "sum") == "sum"
        style = map_style(method)
        self._percentile = style.percentile if isinstance(style, PixelStyle) else 100.0

    def of(self, maps: np.ndarray) -> list[Scale]:
        """Return the scales of the maps `(N, h, w)` of one look."""
        if not self.from_zero:
            pairs = [(heatmap, float(np.nanmin(heatmap))) for heatmap in maps]
            return [Scale(low, low + sequential(heatmap - low).high) for heatmap, low in pairs]
        self._signed = self._signed or bool((maps < 0).any())
        choose = symmetric if self._signed else sequential
        return [choose(heatmap, self._percentile) for heatmap in maps]

"""The source that draws what a layer does: its responses to one picture."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import numpy as np

from kerasviz.errors import InputError
from kerasviz.pictures import map_tiles
from kerasviz.probe import Probe, resolve
from kerasviz.watch.asked_layers import Asked
from kerasviz.watch.scaled_frames import log_scaled
from kerasviz.watch.scales import ScaleChoice
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.tags import check_name, tag_of
from kerasviz.watch.watched_pictures import Picture, Range, batch_of, shown


def responses(
    image: Picture,
    layer: Asked,
    scale: ScaleChoice = "growing",
    *,
    name: str | None = None,
    input_range: Range | None = None,
) -> Source:
    """Watch how a layer responds to one picture: one tile for every filter, tag `responses/LAYER`.

    Args:
        image: a file, resized to the model's input, or an array `(h, w, c)` as the model takes it.
        layer: name, path, pattern, index or layer object, or a list of these: one forward pass serves all.
        scale: "growing" (chosen at the first frame, kept until more than 1 % of a frame lies beyond it, and
            every change said), "fixed" (kept whatever comes), "frame" (anew for each), or a `kv.Scale`.
        name: for the tag, `responses/NAME/LAYER`, where several pictures are watched.
        input_range: what the model takes for black and white, such as (0, 1); needed for a file where the
            model does not say it itself, see `kv.PictureForm`.

    >>> import kerasviz as kv
    >>> source = kv.watch.responses("cat.jpg", ["conv1", "conv2"], name="cat")
    """
    return _Responses(image, layer, scale, check_name(name), input_range)


@dataclass(frozen=True)
class _Responses(Source):
    image: Picture = field(repr=False)
    layer: Asked
    scale: ScaleChoice
    name: str | None
    input_range: Range | None

    def bind(self, run: Run) -> list[Watch]:
        batch = batch_of([self.image], run.model, self.input_range)
        paths = [found.path for found in resolve(run.model, self.layer)]
        tags = {path: tag_of("responses", path, self.name) for path in paths}
        picture = None
        with contextlib.suppress(InputError):  # an array, and nothing says the model's range
            picture = shown([self.image], batch, run.model, self.input_range)
        return [_ResponseWatch(Probe(run.model, paths, preprocessed=True), batch, tags, self.scale, picture)]


@dataclass
class _ResponseWatch(Watch):
    probe: Probe
    batch: np.ndarray
    tag_by_path: dict[str, str]
    scale: ScaleChoice
    picture: np.ndarray | None

    @property
    def tags(self) -> list[str]:
        return list(self.tag_by_path.values())

    @property
    def shown_layers(self) -> dict[str, str]:
        return {tag: path for path, tag in self.tag_by_path.items()}

    @property
    def watched(self) -> np.ndarray | None:
        return self.picture

    def collect(self) -> dict[str, np.ndarray]:
        return self.probe.activations(self.batch)

    def write(self, collected: dict[str, np.ndarray], step: int, output: Output) -> None:
        for path, activations in collected.items():
            tag, tiles = self.tag_by_path[path], map_tiles(activations[0])
            log_scaled(output, tag, step, tiles, self.scale, kind="responses", layer=path)

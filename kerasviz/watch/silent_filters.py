"""The source that counts filters that are silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe import Probe, resolve
from kerasviz.watch.asked_layers import Asked
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.tags import check_name, tag_of
from kerasviz.watch.watched_pictures import Picture, Range, as_pictures, batch_of


def dead_filters(
    images: Picture | Sequence[Picture],
    layer: Asked | None = None,
    *,
    name: str | None = None,
    input_range: Range | None = None,
) -> Source:
    """Watch the share of filters that are silent on every one of `images`: scalars `dead_filters/LAYER`.

    A filter is silent when its output is 0 or less at every position; a ReLU then passes nothing on.

    Args:
        images: files, or arrays `(h, w, c)` as the model takes them; some dozens tell enough.
        layer: name, path, pattern, index or layer object, or a list of these; by default every convolution.
        name: for the tag, `dead_filters/NAME/LAYER`, where several sets of pictures are watched.
        input_range: what the model takes for black and white, such as (0, 1); needed for files where the
            model does not say it itself, see `kv.PictureForm`.

    >>> import kerasviz as kv
    >>> source = kv.watch.dead_filters(["cat.jpg", "dog.jpg"])
    """
    return _DeadFilters(as_pictures(images), layer, check_name(name), input_range)


@dataclass(frozen=True)
class _DeadFilters(Source):
    images: tuple[Picture, ...] = field(repr=False)
    layer: Asked | None
    name: str | None
    input_range: Range | None

    def bind(self, run: Run) -> list[Watch]:
        batch = batch_of(self.images, run.model, self.input_range)
        found = list(resolve(run.model, "*" if self.layer is None else self.layer))
        if self.layer is None:
            found = [one for one in found if "Conv" in type(one.place.layer).__name__]
        if not found:
            raise UnsupportedModelError("The model has no convolution whose silent filters could be counted.")
        tags = {one.path: tag_of("dead_filters", one.path, self.name) for one in found}
        return [_DeadFilterWatch(Probe(run.model, list(tags), preprocessed=True), batch, tags)]


@dataclass
class _DeadFilterWatch(Watch):
    probe: Probe
    batch: np.ndarray
    tag_by_path: dict[str, str]

    @property
    def tags(self) -> list[str]:
        return list(self.tag_by_path.values())

    def collect(self) -> dict[str, float]:
        return {path: silent_share(values) for path, values in self.probe.activations(self.batch).items()}

    def write(self, collected: dict[str, float], step: int, output: Output) -> None:
        for path, value in collected.items():
            output.log.scalar(self.tag_by_path[path], step, value)


def silent_share(activations: np.ndarray) -> float:
    """Return the share of channels of `(n, ..., c)` that are nowhere above 0.

    >>> silent_share(np.array([[[0.0, -1.0, 2.0]], [[0.0, 3.0, 0.0]]]))
    0.3333333333333333
    """
    return float(np.mean(activations.max(axis=tuple(range(activations.ndim - 1))) <= 0))

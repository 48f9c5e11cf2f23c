"""The source that draws what a layer has learned: its kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasviz.pictures import filter_tiles
from kerasviz.probe import Kernel
from kerasviz.watch.asked_layers import Asked, kernels_of
from kerasviz.watch.scaled_frames import log_scaled
from kerasviz.watch.scales import ScaleChoice
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.tags import check_name, tag_of


def kernels(
    layer: Asked, channel: int | str = "auto", scale: ScaleChoice = "growing", *, name: str | None = None
) -> Source:
    """Watch the kernel of a layer: one tile for every filter, tag `kernels/LAYER`.

    Args:
        layer: name, path (`"densenet169/conv1_conv"`), index or layer object, or a pattern (`"conv*"`), which
            passes over layers without a kernel, or a list of these.
        channel: which input channel a filter is drawn by: "auto" (as RGB where there are three, else their
            mean), "rgb", "mean", "all" (one tile for every filter and channel), or a channel's index.
        scale: "growing" (chosen at the first frame, kept until more than 1 % of a frame lies beyond it, and
            every change said), "fixed" (kept whatever comes), "frame" (anew for each), or a `kv.Scale`.
        name: for the tag, `kernels/NAME/LAYER`, where several sources watch one layer.

    >>> import kerasviz as kv
    >>> source = kv.watch.kernels("conv1_1")
    """
    return _Kernels(layer, channel, scale, check_name(name))


@dataclass(frozen=True)
class _Kernels(Source):
    layer: Asked
    channel: int | str
    scale: ScaleChoice
    name: str | None

    def bind(self, run: Run) -> list[Watch]:
        watches: list[Watch] = []
        for path, kernel in kernels_of(run.model, self.layer).items():
            filter_tiles(kernel.filters(), self.channel)  # a wrong channel is refused before training
            tag = tag_of("kernels", path, self.name)
            watches.append(_KernelWatch(kernel, path, tag, self.channel, self.scale))
        return watches


@dataclass
class _KernelWatch(Watch):
    kernel: Kernel
    path: str
    tag: str
    channel: int | str
    scale: ScaleChoice

    @property
    def tags(self) -> list[str]:
        return [self.tag]

    @property
    def shown_layers(self) -> dict[str, str]:
        return {self.tag: self.path}

    def collect(self) -> np.ndarray:
        return self.kernel.copy()

    def write(self, collected: np.ndarray, step: int, output: Output) -> None:
        tiles = filter_tiles(self.kernel.to_filters(collected), self.channel)
        log_scaled(output, self.tag, step, tiles, self.scale, signed=True, kind="kernels", layer=self.path)

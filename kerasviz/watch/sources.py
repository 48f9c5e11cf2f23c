"""The sources that draw what a layer is and does: kernels, and responses to a picture."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import read_image
from kerasviz.pictures import filter_tiles, map_tiles
from kerasviz.probe import Kernel, Probe, layer_kernels, resolve
from kerasviz.watch.scales import ScaleChoice
from kerasviz.watch.source import Output, Run, Source, Watch, log_sheet

Picture = str | os.PathLike[str] | np.ndarray


def kernels(layer: Any, channel: int | str = "auto", scale: ScaleChoice = "fixed") -> Source:
    """Watch the kernel of a layer: one tile for every filter, tag `kernels/LAYER`.

    Args:
        layer: name, path (`"densenet169/conv1_conv"`), pattern (`"conv*"`), index or layer object, or a list
            of these.
        channel: which input channel a filter is drawn by: "auto" (as RGB where there are three, else their
            mean), "rgb", "mean", "all" (one tile for every filter and channel), or a channel's index.
        scale: "fixed" (chosen at the first frame, kept), "frame" (anew for each), or a `kv.Scale`.

    >>> import kerasviz as kv
    >>> source = kv.kernels("conv1_1")
    """
    return _Kernels(layer, channel, scale)


def responses(image: Picture, layer: Any, scale: ScaleChoice = "fixed") -> Source:
    """Watch how a layer responds to one picture: one tile for every filter, tag `responses/LAYER`.

    Args:
        image: a file, resized to the model's input, or an array `(h, w, c)` as the model takes it.
        layer: name, path, pattern, index or layer object, or a list of these: one forward pass serves all.
        scale: "fixed" (chosen at the first frame, kept), "frame" (anew for each), or a `kv.Scale`.
    """
    return _Responses(image, layer, scale)


def model_picture(image: Picture, model: keras.Model) -> np.ndarray:
    """Return `image` as float32 `(h, w, c)` of the size that `model` takes.

    Raises:
        ImageError: the file cannot be read.
        InputError: the array has the wrong shape.
    """
    height, width, channels = _input_shape(model)
    if isinstance(image, str | os.PathLike):
        size = None if height is None or width is None else (height, width)
        return read_image(image, size=size, channels=channels or 3).astype("float32")
    array = np.array(image, dtype="float32")
    expected = (height, width, channels)
    fits = array.ndim == 3 and all(
        want in (None, got) for want, got in zip(expected, array.shape, strict=True)
    )
    if not fits:
        raise InputError(
            f"The picture has the shape {array.shape}; the model takes {expected} (height, width, channels). "
            "Pass a file name to have it resized."
        )
    return array


def _input_shape(model: keras.Model) -> tuple[int | None, int | None, int | None]:
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, tuple) and len(shape) == 4:
        return shape[1:]
    return (None, None, None)


@dataclass(frozen=True)
class _Kernels(Source):
    layer: Any
    channel: int | str
    scale: ScaleChoice

    def bind(self, run: Run) -> list[Watch]:
        watches: list[Watch] = []
        for found in resolve(run.model, self.layer):
            views = layer_kernels(found.place.layer)
            for view in views:
                filter_tiles(view.filters(), self.channel)  # a wrong channel is refused before training
                name = found.path if len(views) == 1 else f"{found.path}/{view.name}"
                watches.append(_KernelWatch(view, found.path, f"kernels/{name}", self.channel, self.scale))
        return watches


@dataclass
class _KernelWatch(Watch):
    kernel: Kernel
    path: str
    tag: str
    channel: int | str
    scale: ScaleChoice

    def collect(self) -> np.ndarray:
        return self.kernel.copy()

    def write(self, collected: np.ndarray, step: int, output: Output) -> None:
        tiles = filter_tiles(self.kernel.to_filters(collected), self.channel)
        scale = output.scales.choose(self.tag, tiles, self.scale, signed=True)
        log_sheet(output, self.tag, step, tiles, scale, kind="kernels", layer=self.path)


@dataclass(frozen=True)
class _Responses(Source):
    image: Picture
    layer: Any
    scale: ScaleChoice

    def bind(self, run: Run) -> list[Watch]:
        image = model_picture(self.image, run.model)
        paths = [found.path for found in resolve(run.model, self.layer)]
        return [_ResponseWatch(Probe(run.model, paths), image[None], self.scale)]


@dataclass
class _ResponseWatch(Watch):
    probe: Probe
    batch: np.ndarray
    scale: ScaleChoice

    def collect(self) -> dict[str, np.ndarray]:
        return self.probe.activations(self.batch)

    def write(self, collected: dict[str, np.ndarray], step: int, output: Output) -> None:
        for path, activations in collected.items():
            tag, tiles = f"responses/{path}", map_tiles(activations[0])
            scale = output.scales.choose(tag, tiles, self.scale)
            log_sheet(output, tag, step, tiles, scale, kind="responses", layer=path)

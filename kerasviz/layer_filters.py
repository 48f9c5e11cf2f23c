"""A layer's filters as figures: all of them, and what each does to a picture.

Between the probe, which finds a layer's kernel, and the pictures, which draw numbers.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasviz.backend import keras
from kerasviz.errors import InputError, LayerNotFoundError, UnsupportedModelError
from kerasviz.images import as_gray, as_rgb, read_image, resize_image
from kerasviz.pictures import figures as drawn
from kerasviz.pictures import filter_tiles
from kerasviz.pictures.figures import Figure
from kerasviz.probe import Kernel, LayerRequest, has_kernel, layer_kernels, resolve

# A picture's longer side when filters run over it, and the values of all filtered pictures together: 64 RGB
# filters fit at full size, thousands of tiles get smaller pictures.
LONGEST_SIDE = 512
MOST_VALUES = 64_000_000


@dataclass(frozen=True)
class LayerFilters:
    """One kernel of a model under its path: `conv1`, or `sep/pointwise_kernel` where a layer has two."""

    path: str
    kernel: Kernel

    def title(self, channel: str | int) -> str:
        """Say what is drawn: the path, the number of filters and their size, and the channels shown.

        >>> layer = keras.layers.Conv2D(4, 3)
        >>> layer.build((None, 8, 8, 16))
        >>> LayerFilters("conv", layer_kernels(layer)[0]).title("mean")
        'conv: 4 filters of 3 x 3 x 16, mean over the 16 input channels'
        """
        *size, count = self.kernel.filters().shape
        text = f"{self.path}: {count} filters of {' x '.join(map(str, size))}"
        inputs = size[-1]
        if channel == "auto":
            channel = "rgb" if inputs == 3 and len(size) > 2 else "mean"
        if inputs == 1 or channel == "rgb":
            return text
        if channel == "mean":
            return f"{text}, mean over the {inputs} input channels"
        return f"{text}, {'each input channel' if channel == 'all' else f'input channel {channel}'}"


def layer_filters(model: keras.Model, layer: LayerRequest | None = None) -> list[LayerFilters]:
    """Return the kernels that a request means.

    Args:
        model: a built Keras model.
        layer: name, path, pattern, index or layer object, or a kernel's own path such as
            `"sep/pointwise_kernel"`; by default the first convolution.

    Raises:
        LayerNotFoundError: no layer is meant.
        UnsupportedModelError: the layer has no kernel, or the model no convolution.
    """
    if layer is None:
        return layer_filters(model, _first_convolution(model))
    if isinstance(layer, str) and layer.endswith(("/depthwise_kernel", "/pointwise_kernel")):
        return [_one_of_two(model, *layer.rsplit("/", 1))]
    found = [(place.path, layer_kernels(place.place.layer)) for place in resolve(model, layer)]
    return [
        LayerFilters(path if len(kernels) == 1 else f"{path}/{kernel.name}", kernel)
        for path, kernels in found
        for kernel in kernels
    ]


def kernel_figure(
    model: keras.Model,
    layer: LayerRequest | None = None,
    *,
    channel: str | int = "auto",
    annotate: bool | None = None,
    columns: int | None = None,
) -> Figure:
    """Return a figure of every filter of a layer, on one scale around 0 with its colour bar.

    Args:
        model: a built Keras model.
        layer: as for `layer_filters`; it must mean one kernel.
        channel: "rgb" (three input channels as colours), "mean" (over the input channels), "all" (a tile for
            every filter and channel), or a channel's index; "auto" is "rgb" where there are three, else
            "mean".
        annotate: whether to write each weight into its pixel; by default where at most 640 would be.
        columns: filters in a row; by default nearly square.

    Dense weights behind a Flatten have the shape of what was flattened, others are drawn as columns.

    Raises:
        LayerNotFoundError, UnsupportedModelError: as `layer_filters`.
        InputError: several kernels are meant, or an argument does not fit the kernel.

    >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="conv")])
    >>> kernel_figure(model).get_suptitle()
    'conv: 4 filters of 3 x 3 x 1'
    """
    one = _only(model, layer)
    return drawn.kernel_figure(
        one.kernel.filters(), channel, columns=columns, annotate=annotate, title=one.title(channel)
    )


def pairs_figure(
    model: keras.Model,
    image: Any,
    layer: LayerRequest | None = None,
    *,
    channel: str | int = "auto",
    columns: int = 8,
) -> Figure:
    """Return a figure of each filter of a convolution beside its effect on a picture.

    RGB tiles run over the picture colour by colour, others over its grey version. What is shown is the sum
    of products at stride 1, without the layer's bias and activation; mid-grey is 0.

    Args:
        model: a built Keras model.
        image: a file, or an array `(h, w)`, `(h, w, 1)` or `(h, w, 3)` of uint8 or of floats in 0..1. One
            whose longer side has more than 512 pixels is reduced to that, and further where there are
            hundreds of filters; the title says the size.
        layer: as for `kernel_figure`.
        channel: as for `kernel_figure`.
        columns: tiles in a row, an even number: two for each pair.

    Raises:
        ImageError: the picture cannot be read.
        LayerNotFoundError, UnsupportedModelError, InputError: as `kernel_figure`.
    """
    kernel, picture, title = _over_picture(model, image, layer, channel)
    return drawn.pairs_figure(kernel, picture, channel, columns=columns, title=title)


def filtered_figure(
    model: keras.Model,
    image: Any,
    layer: LayerRequest | None = None,
    *,
    channel: str | int = "auto",
    columns: int | None = None,
) -> Figure:
    """Return a figure of a picture filtered with every filter of a convolution; RGB filters work depthwise.

    A filter with three input channels runs over each colour with that colour's slice, so that the result is
    in colours; their sum is what the layer computes. The arguments are those of `pairs_figure`, `columns`
    counts pictures.

    Raises:
        ImageError, LayerNotFoundError, UnsupportedModelError, InputError: as `pairs_figure`.
    """
    kernel, picture, title = _over_picture(model, image, layer, channel)
    return drawn.filtered_figure(kernel, picture, channel, columns=columns, title=title)


def _one_of_two(model: keras.Model, path: str, name: str) -> LayerFilters:
    for one in layer_filters(model, path):
        if one.kernel.name == name:
            return one
    raise LayerNotFoundError(f"The layer {path} has no {name}: only separable convolutions have two kernels.")


def _first_convolution(model: keras.Model) -> str:
    for found in resolve(model, "*"):
        layer = found.place.layer
        if "Conv" in type(layer).__name__ and has_kernel(layer):
            return found.path
    raise UnsupportedModelError(f"The model {model.name!r} has no convolution: name the layer to draw.")


def _only(model: keras.Model, layer: LayerRequest | None) -> LayerFilters:
    found = layer_filters(model, layer)
    if len(found) > 1:
        raise InputError(
            f"{layer!r} means several kernels; say which: {', '.join(one.path for one in found)}."
        )
    return found[0]


def _over_picture(
    model: keras.Model, image: Any, layer: LayerRequest | None, channel: str | int
) -> tuple[np.ndarray, np.ndarray, str]:
    """Return the kernel, the picture as its tiles take it, and the figure's title."""
    one = _only(model, layer)
    kernel = one.kernel.filters()
    if kernel.ndim != 4 or isinstance(one.kernel.layer, keras.layers.Dense):
        raise UnsupportedModelError(
            f"The filters of {one.path} ({type(one.kernel.layer).__name__}) do not run over a picture: name "
            "a two-dimensional convolution, or draw the kernel alone."
        )
    tiles = filter_tiles(kernel, channel)
    picture = _picture(image, rgb=tiles.ndim == 4, tiles=len(tiles))
    size = " x ".join(map(str, picture.shape[1::-1]))
    name = f"{os.path.basename(image)}, " if isinstance(image, str | os.PathLike) else ""
    return kernel, picture, f"{one.title(channel)}; over a picture ({name}{size} pixels)"


def _picture(image: Any, rgb: bool, tiles: int) -> np.ndarray:
    """Return a picture as uint8 RGB `(h, w, 3)` or grey `(h, w)`, reduced where it is large."""
    if isinstance(image, str | os.PathLike):
        image = read_image(image, channels=3 if rgb else 1)
    picture = as_rgb(image) if rgb else as_gray(image)
    height, width = picture.shape[:2]
    share = min(
        1.0,
        LONGEST_SIDE / max(height, width),
        math.sqrt(MOST_VALUES / (tiles * picture.size)),
    )
    if share == 1.0:
        return picture
    size = (max(1, round(height * share)), max(1, round(width * share)))
    return resize_image(picture, size)

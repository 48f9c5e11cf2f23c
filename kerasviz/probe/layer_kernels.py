"""The kernel of a layer, brought to one order of axes whatever the layer's kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError


@dataclass(frozen=True)
class Kernel:
    """One kernel of one layer.

    Attributes:
        layer: the layer.
        name: "kernel", or for a layer with two, "depthwise_kernel" and "pointwise_kernel".
        to_filters: brings the value to `(*spatial, in, filters)`, each last index one filter.
    """

    layer: keras.Layer
    name: str
    to_filters: Callable[[np.ndarray], np.ndarray]

    @property
    def value(self) -> Any:
        """The weights on the device, in the layer's own order of axes, as the layer uses them now."""
        return getattr(self.layer, self.name)

    def filters(self) -> np.ndarray:
        """Return the weights now, a float32 copy of shape `(*spatial, in, filters)`."""
        return self.to_filters(self.copy())

    def copy(self) -> np.ndarray:
        """Return the weights now, a float32 copy in the layer's own order of axes."""
        return np.array(keras.ops.convert_to_numpy(self.value), dtype="float32")


def layer_kernels(layer: keras.Operation) -> list[Kernel]:
    """Return the kernels of a convolution or dense layer.

    Every filter of a depthwise kernel sees one channel only, so that `(kh, kw, in, multiplier)` becomes
    `(kh, kw, 1, in * multiplier)`. A dense kernel whose input is a flattened picture `(h, w, c)` becomes
    `(h, w, c, units)`; any other dense kernel `(in, units)` becomes one column of `in` values a unit.

    Raises:
        UnsupportedModelError: the layer has no kernel, or its weights do not exist yet.

    >>> import keras
    >>> layer = keras.layers.SeparableConv2D(4, 3)
    >>> layer.build((None, 8, 8, 2))
    >>> [(kernel.name, kernel.filters().shape) for kernel in layer_kernels(layer)]
    [('depthwise_kernel', (3, 3, 1, 2)), ('pointwise_kernel', (1, 1, 2, 4))]
    """
    # A bare operation is never built.
    if not getattr(layer, "built", True):
        raise UnsupportedModelError(
            f"The layer {layer.name!r} has no weights yet; build the model first, "
            "for example by calling it on one batch."
        )
    kinds = keras.layers
    if isinstance(layer, kinds.SeparableConv1D | kinds.SeparableConv2D):
        depthwise = Kernel(layer, "depthwise_kernel", _one_channel_each)
        return [depthwise, Kernel(layer, "pointwise_kernel", _as_is)]
    if isinstance(layer, kinds.DepthwiseConv1D | kinds.DepthwiseConv2D):
        return [Kernel(layer, "kernel", _one_channel_each)]
    if isinstance(layer, kinds.Conv1DTranspose | kinds.Conv2DTranspose | kinds.Conv3DTranspose):
        return [Kernel(layer, "kernel", _swap_last_axes)]
    if isinstance(layer, kinds.Conv1D | kinds.Conv2D | kinds.Conv3D):
        return [Kernel(layer, "kernel", _as_is)]
    if isinstance(layer, kinds.Dense):
        shape = _flattened_shape(layer)
        return [Kernel(layer, "kernel", _reshaper(shape) if shape else _columns)]
    raise UnsupportedModelError(
        f"The layer {layer.name!r} ({type(layer).__name__}) has no kernel that can be drawn; "
        "choose a convolution (1D, 2D, 3D, depthwise, separable, transposed) or a dense layer."
    )


def has_kernel(layer: keras.Operation) -> bool:
    """Return whether `layer_kernels` would return something for a built `layer`."""
    try:
        return bool(layer_kernels(layer))
    except UnsupportedModelError:
        return False


def _as_is(weights: np.ndarray) -> np.ndarray:
    return weights


def _one_channel_each(weights: np.ndarray) -> np.ndarray:
    return weights.reshape(*weights.shape[:-2], 1, -1)


def _swap_last_axes(weights: np.ndarray) -> np.ndarray:
    return np.swapaxes(weights, -1, -2)


def _columns(weights: np.ndarray) -> np.ndarray:
    return weights[:, None, None, :]


def _reshaper(shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda weights: weights.reshape(*shape, weights.shape[-1])


def _flattened_shape(dense: keras.Layer) -> tuple[int, ...] | None:
    """Return the shape `(h, w, c)` that a Flatten before `dense` flattened, where the graph shows one."""
    layer, seen = dense, 0
    while seen < 8:
        try:
            tensor = layer.input
            layer = tensor._keras_history.operation
        except (AttributeError, ValueError):
            return None  # no graph, several inputs, or called more than once
        if isinstance(layer, keras.layers.Flatten):
            shape = layer.input.shape[1:]
            channels_first = layer.data_format == "channels_first"
            return None if channels_first or len(shape) != 3 or None in shape else tuple(shape)
        if not isinstance(layer, keras.layers.Dropout | keras.layers.Activation | keras.layers.ReLU):
            return None
        seen += 1
    return None

"""Tiles: kernels and feature maps cut into small pictures, none left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_numbers

_RANKS = "(k, in, out), (kh, kw, in, out) or (kd, kh, kw, in, out)"


def filter_tiles(kernel: Any, channel: str | int = "auto") -> np.ndarray:
    """Return every filter of a convolution's kernel as one tile.

    Args:
        kernel: the weights `(k, in, out)`, `(kh, kw, in, out)` or `(kd, kh, kw, in, out)`. A kernel of a
            depthwise layer, `(kh, kw, in, multiplier)`, wants `kernel.reshape(kh, kw, 1, -1)` first, one of
            a transposed layer, `(kh, kw, out, in)`, its last two axes swapped, and dense weights
            `(inputs, units)` the shape of their input, `weights.reshape(h, w, c, units)`.
        channel: what to show of the input channels: `"rgb"` all three as colours; `"mean"` their mean; an
            index, that one; `"all"` every one as a tile of its own; `"auto"` as `"rgb"` where a 2D or 3D
            kernel has three input channels, else as `"mean"`.

    Returns:
        Float tiles `(n, kh, kw)`, or `(n, kh, kw, 3)` for `"rgb"`, signed and unscaled. `n` is the number of
        filters; with `"all"` it is `out * in`, ordered by filter, then by input channel. A 1D kernel gives
        tiles one pixel high; the depths of a 3D kernel stand side by side, `(n, kh, kd * kw)`.

    Raises:
        InputError: the kernel has another rank, `channel` is unknown or out of range, or `"rgb"` is asked of
            a kernel without three input channels.

    >>> import numpy as np
    >>> kernel = np.zeros((3, 3, 64, 128), "float32")
    >>> filter_tiles(kernel).shape, filter_tiles(kernel, channel="all").shape
    ((128, 3, 3), (8192, 3, 3))
    """
    kernel = _as_floats(kernel, "kernel")
    if kernel.ndim not in (3, 4, 5):
        hint = " Give dense weights the shape of their input, (h, w, c, units)." if kernel.ndim == 2 else ""
        raise InputError(f"A kernel has the shape {_RANKS}, not {kernel.shape}.{hint}")
    inputs = kernel.shape[-2]
    # (out, in, spatial...), then every tile as a plane.
    planes = _as_planes(np.moveaxis(kernel, (-1, -2), (0, 1)), leading=2)
    if channel == "auto":
        channel = "rgb" if inputs == 3 and kernel.ndim > 3 else "mean"
    if channel == "all":
        return np.ascontiguousarray(planes.reshape(-1, *planes.shape[2:]))
    if channel == "mean":
        return planes.mean(axis=1)
    if channel == "rgb":
        if inputs != 3:
            raise InputError(
                f"channel='rgb' needs a kernel with 3 input channels, and this one, {kernel.shape}, has "
                f"{inputs}: choose 'mean', 'all' or an index."
            )
        return np.ascontiguousarray(np.moveaxis(planes, 1, -1))
    if isinstance(channel, bool) or not isinstance(channel, int | np.integer):
        raise InputError(f"channel is {channel!r}; expected 'auto', 'rgb', 'mean', 'all' or an index.")
    if not 0 <= channel < inputs:
        raise InputError(
            f"channel {channel} is out of range: the kernel's input channels are 0 to {inputs - 1}."
        )
    return np.ascontiguousarray(planes[:, channel])


def map_tiles(activations: Any) -> np.ndarray:
    """Return the feature maps of one sample as tiles `(C, h, w)`, one for each channel.

    Args:
        activations: one sample's `(h, w, C)`, `(w, C)`, `(d, h, w, C)` or `(C,)`, channels last. Maps of one
            dimension give tiles one pixel high, those of three stand slice by slice side by side,
            `(C, h, d * w)`, and a vector's tiles have one pixel.

    Raises:
        InputError: the array has another rank, or is empty.

    >>> map_tiles(np.zeros((7, 9, 64), "float32")).shape
    (64, 7, 9)
    """
    activations = _as_floats(activations, "activations")
    if not 1 <= activations.ndim <= 4:
        raise InputError(
            "The feature maps of one sample have the shape (h, w, C), (w, C), (d, h, w, C) or (C,), not "
            f"{activations.shape}: pass one sample of the batch."
        )
    return np.ascontiguousarray(_as_planes(np.moveaxis(activations, -1, 0), leading=1))


def _as_floats(values: Any, name: str) -> np.ndarray:
    array = as_numbers(values, name)
    return array.astype(np.float32) if array.dtype == np.uint8 else array


def _as_planes(array: np.ndarray, leading: int) -> np.ndarray:
    """Return the axes after the first `leading` as two: height and width."""
    front, spatial = array.shape[:leading], array.shape[leading:]
    if len(spatial) == 3:
        depth, height, width = spatial
        return np.moveaxis(array, leading, leading + 1).reshape(*front, height, depth * width)
    return array.reshape(*front, *(1,) * (2 - len(spatial)), *spatial)

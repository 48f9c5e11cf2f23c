"""A network of given filters: what each of them does to a picture."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from kerasviz.errors import InputError


def filter_bank(filters: Any, padding: str = "valid", pool: int = 2) -> keras.Model:
    """Return a network that runs given filters over pictures of any size.

    Layers: `conv` (the filters, no bias, not trainable), `relu`, `pool` (max pooling, `pool` x `pool`, no
    padding). The model's output is a dict with all three under these names.

    As all of Keras, the network correlates: `conv[y, x] = sum_ij filter[i, j] * picture[y + i, x + j]`. For a
    convolution in the sense of mathematics flip the filters. It equals `cv2.filter2D`, but for the border:
    with "valid" padding only places where the filter lies inside the picture are kept; "same" pads with
    zeros, for a filter of even size one more at the bottom and the right.

    Args:
        filters: `(n, kh, kw)` for grey pictures, or `(n, kh, kw, channels)`.
        padding: "valid" or "same".
        pool: size of the pooling windows in pixels; 1 keeps every pixel.

    Returns:
        A model from `(N, h, w, channels)` float32 pictures of any range to a dict of `(N, h', w', n)`.

    Raises:
        InputError: the filters have another rank, are empty or not finite; another padding; a pool below 1.

    >>> from kerasviz.models.hand_made.filters import edge_filters
    >>> model = filter_bank(edge_filters(), pool=4)
    >>> outputs = model(np.zeros((1, 213, 320, 1), np.float32))
    >>> [tuple(outputs[name].shape) for name in ("conv", "relu", "pool")]
    [(1, 210, 317, 4), (1, 210, 317, 4), (1, 52, 79, 4)]
    """
    kernel = _kernel(filters)
    if padding not in ("valid", "same"):
        raise InputError(f"padding must be 'valid' or 'same', but {padding!r} was given.")
    if pool < 1:
        raise InputError(f"pool must be 1 or more pixels, but {pool} was given.")
    height, width, channels, count = kernel.shape
    conv = layers.Conv2D(
        count, (height, width), padding=padding, use_bias=False, trainable=False, name="conv"
    )
    inputs = keras.Input((None, None, channels), name="image")
    convolved = conv(inputs)
    conv.set_weights([kernel])
    rectified = layers.ReLU(name="relu")(convolved)
    pooled = layers.MaxPooling2D(pool, name="pool")(rectified)
    return keras.Model(inputs, {"conv": convolved, "relu": rectified, "pool": pooled}, name="filter_bank")


def _kernel(filters: Any) -> np.ndarray:
    """Return filters `(n, kh, kw[, channels])` as a kernel `(kh, kw, channels, n)`."""
    filters = np.asarray(filters, dtype=np.float32)
    if filters.ndim not in (3, 4) or filters.size == 0:
        raise InputError(
            f"filters must be stacked as (n, height, width) or (n, height, width, channels), "
            f"but their shape is {filters.shape}."
        )
    if not np.isfinite(filters).all():
        raise InputError("filters must be finite numbers, but some are infinite or not a number.")
    if filters.ndim == 3:
        filters = filters[..., np.newaxis]
    return np.transpose(filters, (1, 2, 3, 0))

"""The one entry to all methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasviz.explanation.method import Method
from kerasviz.explanation.request import Request
from kerasviz.explanation.table import find_method
from kerasviz.probe import LayerRequest, Target, as_target

BATCH_SIZE = 32


def explain(
    model: keras.Model,
    images: Any,
    method: str | Method = "grad_cam",
    *,
    layer: LayerRequest | None = None,
    target: Target | int | str | Callable | None = None,
    raw: bool = False,
    batch_size: int = BATCH_SIZE,
    **options: Any,
) -> np.ndarray:
    """Return where in each picture the evidence for a score lies.

    The score is a logit wherever the model shows one, before its final softmax or sigmoid; ask for
    `class_score(label, probability=True)` to explain the probability instead.

    Args:
        model: any Keras model; it is not changed. What is compiled for it is kept while the model lives.
        images: an array (N, h, w, C), inputs of a model of several, or a `tf.data.Dataset` of batches.
        method: one of `methods()`, or a `Method` of your own.
        layer: where the network is cut (path, name, index or layer object); None: the last spatial layer.
        target: None for the predicted class of each picture, an index or label, a list of one per picture, a
            `Target`, or a function from the model's outputs to scores (N,).
        raw: return the maps at the size of the feature maps instead of the input's.
        batch_size: pictures per run.
        **options: the method's own, as its row in `explanation.METHODS` declares them; of the CAM family
            `relu=False`, which returns signed maps, and `precision="bfloat16"`, which computes with 8 bits of
            precision, faster on CPUs that can.

    Returns:
        float32 `(N, h, w)` at the input's size, interpolated linearly (see `resize`); `(N, w)` and
        `(N, d, h, w)` from 1D and 3D networks. CAMs are 0 and above and never NaN for finite input.

    Raises:
        InputError: an unknown method or option, a value that an option does not take, or unusable pictures
            (ImageError).
        LayerNotFoundError, TargetError: no such layer, or no such score.
        UnsupportedModelError: the network is none that the method is defined for.

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3),
    ...                           keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    >>> explain(model, np.ones((3, 4, 4, 1)), target=1).shape
    (3, 4, 4)
    """
    found = find_method(method)
    resolved = found.resolved(options)
    request = Request(model, images, layer, as_target(target), raw, batch_size)
    found.refuse_layer(request, resolved)
    return found.run(request, **resolved)

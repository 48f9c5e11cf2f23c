"""The one entry to all attribution methods, and the CAM family's place in it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.errors import InputError
from kerasviz.explanation.cams.weigh import refuse_undefined, weigh
from kerasviz.explanation.cams.weights import WEIGHTINGS
from kerasviz.explanation.interpolation import interpolate
from kerasviz.explanation.table import Request, find, register
from kerasviz.probe import LayerRequest, Target, as_target, cached_cut, in_precision

BATCH_SIZE = 32


def explain(
    model: keras.Model,
    images: Any,
    method: str = "grad_cam",
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
        method: grad_cam, grad_cam_plus_plus, xgrad_cam, layer_cam, hires_cam, eigen_cam, cam; `methods()`
            lists all there are.
        layer: where the network is cut (path, name, index or layer object); None: the last spatial layer.
        target: None for the predicted class of each picture, an index or label, a list of one per picture, a
            `Target`, or a function from the model's outputs to scores (N,).
        raw: return the maps at the size of the feature maps instead of the input's.
        batch_size: pictures per run.
        **options: the method's own; of the CAM family `relu=False`, which returns signed maps, and
            `precision="bfloat16"`, which computes with 8 bits of precision, faster on CPUs that can.

    Returns:
        float32 `(N, h, w)` at the input's size, interpolated linearly (see `resize`); `(N, w)` and
        `(N, d, h, w)` from 1D and 3D networks. CAMs are 0 and above and never NaN for finite input.

    Raises:
        InputError: an unknown method or option, or unusable pictures (ImageError).
        LayerNotFoundError, TargetError: no such layer, or no such score.
        UnsupportedModelError: the network is none that the method is defined for.

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3),
    ...                           keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    >>> explain(model, np.ones((3, 4, 4, 1)), target=1).shape
    (3, 4, 4)
    """
    return find(method, options)(Request(model, images, layer, as_target(target), raw, batch_size), **options)


@dataclass(frozen=True)
class _Maps:
    """Makes the maps of one CAM method inside the compiled run, where nothing large leaves it."""

    method: str
    relu: bool
    raw: bool

    def __call__(
        self, activations: dict[str, Any], gradients: dict[str, Any], input_shapes: Sequence[tuple[int, ...]]
    ) -> tuple[Any, Any]:
        if len(activations) > 1:
            raise InputError(f"Layers {', '.join(activations)} were asked for; explain takes one.")
        ((path, values),) = activations.items()
        maps, defined = weigh(path, values, gradients[path], self.method, self.relu)
        if not self.raw:
            maps = interpolate(maps, input_size(input_shapes, len(maps.shape) - 1))
        return maps, defined


def _explain_by_cam(
    request: Request, relu: bool = True, precision: str = "float32", *, method: str
) -> np.ndarray:
    cut = cached_cut(request.model, request.layer)
    parts = []
    with in_precision(precision)():
        for found in cut.finished(
            request.images, request.target, request.batch_size, _Maps(method, relu, request.raw)
        ):
            maps, defined = found.values
            refuse_undefined(method, defined)
            parts.append(maps)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def input_size(input_shapes: Sequence[tuple[int, ...]], axes: int) -> tuple[int, ...]:
    """Return the spatial size of the first input that has that many spatial axes, with or without channels.

    Raises:
        InputError: there is none, so a map cannot lie over the input.

    >>> input_size([(7,), (28, 28, 1)], 2)
    (28, 28)
    """
    for shape in input_shapes:
        if len(shape) == axes + 1:
            return shape[:-1]
    for shape in input_shapes:
        if len(shape) == axes:
            return shape
    raise InputError(
        f"The maps have {axes} spatial axes, and no input of shapes {list(input_shapes)} has as many: "
        "ask for raw=True."
    )


for _name in WEIGHTINGS:
    register(_name, functools.partial(_explain_by_cam, method=_name))

"""Class activation maps from a trace: several methods from one run."""

from __future__ import annotations

import numpy as np
from keras import ops

from kerasviz.errors import InputError, UnsupportedModelError, did_you_mean
from kerasviz.explanation.cams.weights import WEIGHTINGS, Values, has_pooling_head
from kerasviz.probe import Trace


def cam(trace: Trace, method: str = "grad_cam", relu: bool = True) -> np.ndarray | dict[str, np.ndarray]:
    """Return the class activation maps of a trace at the size of the feature maps.

    Args:
        trace: what `Probe.trace` returned; its `score_kind` says which score the maps explain.
        method: grad_cam, grad_cam_plus_plus, xgrad_cam, layer_cam, hires_cam, eigen_cam or cam; the functions
            of these names in `kerasviz.explanation.cams.weights` give paper and equation.
        relu: keep only what speaks for the class, values of 0 and above, as the papers draw it; False returns
            the signed map.

    Returns:
        float32 `(N, h, w)` of a trace of one layer, `(N, w)` or `(N, d, h, w)` of 1D or 3D feature maps;
        `{path: maps}` of several layers.

    Raises:
        InputError: no such method.
        UnsupportedModelError: a layer without a spatial axis, or a network the method is not defined for.

    >>> ones = np.ones((1, 2, 2, 1), np.float32)
    >>> score = np.ones(1, np.float32)
    >>> trace = Trace({"conv": ones}, {"conv": ones / 2}, score, score, ones, "logit", ((2, 2, 1),))
    >>> cam(trace, "cam").tolist()
    [[[2.0, 2.0], [2.0, 2.0]]]
    """
    if method not in WEIGHTINGS:
        raise InputError(f"There is no CAM method {method!r}. {did_you_mean(method, WEIGHTINGS)}")
    maps = {}
    for path, activations in trace.activations.items():
        values, defined = weigh(path, activations, trace.gradients[path], method, relu)
        refuse_undefined(method, defined)
        maps[path] = np.asarray(values)
    return next(iter(maps.values())) if len(maps) == 1 else maps


def weigh(
    path: str, activations: Values, gradients: Values, method: str, relu: bool
) -> tuple[Values, Values]:
    """Return the maps of a layer, and for each picture whether the method is defined there."""
    axes = len(activations.shape) - 2
    if axes < 1:
        raise UnsupportedModelError(
            f"Layer {path} has no spatial axis, its output is {activations.shape}: ask for an earlier layer."
        )
    weights = WEIGHTINGS[method](activations, gradients)
    maps = ops.sum(weights * activations, axis=-1)
    defined = has_pooling_head(gradients) if method == "cam" else ops.ones(1, "bool")
    return ops.relu(maps) if relu else maps, defined


def refuse_undefined(method: str, defined: Values) -> None:
    """Raise UnsupportedModelError where a method is not defined for a network."""
    if not np.all(defined):
        raise UnsupportedModelError(
            f"Method {method} needs a network that ends in global average pooling and one dense layer after "
            "the target layer; this one does not: use grad_cam."
        )

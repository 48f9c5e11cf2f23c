"""Class activation maps from a trace: several methods from one run."""

from __future__ import annotations

import numpy as np

from kerasviz.attribution.weights import WEIGHTINGS
from kerasviz.errors import InputError, UnsupportedModelError, did_you_mean
from kerasviz.probe import Trace


def cam(trace: Trace, method: str = "grad_cam", relu: bool = True) -> np.ndarray | dict[str, np.ndarray]:
    """Return the class activation maps of a trace at the size of the feature maps.

    Args:
        trace: what `Probe.trace` returned; its `score_kind` says which score the maps explain.
        method: grad_cam, grad_cam_plus_plus, xgrad_cam, layer_cam, hires_cam, eigen_cam or cam; the functions
            of these names in `kerasviz.attribution.weights` give paper and equation.
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
    maps = {
        path: _map(path, activations, trace.gradients[path], method, relu)
        for path, activations in trace.activations.items()
    }
    return next(iter(maps.values())) if len(maps) == 1 else maps


def _map(path: str, activations: np.ndarray, gradients: np.ndarray, method: str, relu: bool) -> np.ndarray:
    if activations.ndim < 3:
        raise UnsupportedModelError(
            f"Layer {path} has no spatial axis, its output is {activations.shape}: ask for an earlier layer."
        )
    weights = WEIGHTINGS[method](activations, gradients)
    if weights.shape[1:-1] == activations.shape[1:-1]:
        maps = np.einsum("n...c,n...c->n...", weights, activations)
    else:
        # One weight per channel: a product of matrix and vector for each picture.
        count, *spatial, channels = activations.shape
        maps = (activations.reshape(count, -1, channels) @ weights.reshape(count, channels, 1)).reshape(
            count, *spatial
        )
    maps = maps.astype(np.float32, copy=False)
    return np.maximum(maps, 0) if relu else maps

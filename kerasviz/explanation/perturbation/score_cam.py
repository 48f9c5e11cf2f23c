"""Score-CAM and Ablation-CAM: feature maps weighed by what they do to the score, without a gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation.cams.in_picture import in_picture
from kerasviz.explanation.found import Found
from kerasviz.explanation.interpolation import resize
from kerasviz.explanation.perturbation.rescoring import Experiment, Sample, rescore
from kerasviz.explanation.request import Request
from kerasviz.explanation.submodel import FromLayer
from kerasviz.probe import Layout, cached_cut, default_layer, frozen_forward, resolve


def score_cam(
    request: Request,
    channels: int | None,
    relu: bool,
    precision: str,
    token_grid: tuple[int, ...] | None,
    progress: bool,
) -> Found:
    """Weigh each feature map by the score of the picture seen through it.

    Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR
    Workshops 2020, algorithm 1:

        H_k = s(Up(A_k))        C_k = Y(x * H_k) - Y(b)        w = softmax(C)        L = ReLU(sum_k w_k A_k)

    A_k is the k-th feature map of the layer, Up enlarges it to the picture's size, s stretches it to 0..1, x
    is the picture, Y the explained score, a logit where the model shows one. b is a baseline picture; Y(b) is
    the same for every k and cancels in the softmax, so it is not computed. A feature map that is constant
    cannot be stretched and masks nothing: it is left out, as in the authors' program.

    Args:
        request: from `explain`.
        channels: weigh only this many feature maps, those that vary most over the picture (their standard
            deviation); None for all. The maps differ, the passes are fewer.
        relu: keep only values of 0 and above.
        precision: `"float32"`, or `"bfloat16"` for speed on CPUs that compute in it.
        token_grid: how a layer's tokens lie in the picture, where the model does not say it.
        progress: show a bar.

    Returns:
        float32 `(N, h, w)`; all 0 where no feature map varies.

    Raises:
        UnsupportedModelError: the layer has no spatial axis.
        Interrupted: on Ctrl-C, with the map from the channels so far, those that vary most.

    Passes: one for each channel that varies.
    """

    def begin(sample: Sample) -> _ScoreCam:
        found = _activations(request, sample, token_grid)
        return _ScoreCam(sample, found.path, found.places, channels, relu)

    return rescore(request, begin, precision, progress, "score_cam")


class _ScoreCam(Experiment):
    def __init__(
        self, sample: Sample, layer: str, activations: np.ndarray, channels: int | None, relu: bool
    ) -> None:
        self.layer = layer
        spread = activations.std(axis=tuple(range(activations.ndim - 1)))
        order = np.argsort(-spread, kind="stable")
        self._channels = order[spread[order] > 0][:channels]
        self._sample, self._activations, self._relu = sample, activations, relu
        self._scores = np.full(len(self._channels), -np.inf)
        self.count = len(self._channels)

    def run(self, part: range) -> None:
        chosen = self._activations[..., self._channels[part.start : part.stop]]
        size = self._sample.pixels.shape[:-1]
        masks = _stretched(resize(np.moveaxis(chosen, -1, 0), size))
        pixels = masks[..., None] * self._sample.pixels
        self._scores[part.start : part.stop] = self._sample.score(pixels)

    def map(self) -> np.ndarray:
        weights = np.exp(self._scores - self._scores.max(initial=np.finfo(float).min))
        weights /= weights.sum() or 1.0
        return _weighted(self._activations[..., self._channels], weights, self._relu)


def ablation_cam(
    request: Request, relu: bool, precision: str, token_grid: tuple[int, ...] | None, progress: bool
) -> Found:
    """Weigh each feature map by how much the score falls without it.

    Desai and Ramaswamy, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free
    Localization", WACV 2020:

        w_k = (Y - Y_k) / |Y|            L = ReLU(sum_k w_k A_k)

    A_k is the k-th feature map of the layer, Y the explained score, a logit where the model shows one, and
    Y_k the score when A_k is set to 0. The paper, which has positive scores in mind, divides by Y; with the
    absolute value a map does not turn its sign with a score below 0. Where Y is 0, it is not divided.

    Args:
        request: from `explain`.
        relu: keep only values of 0 and above.
        precision: `"float32"`, or `"bfloat16"` for speed on CPUs that compute in it.
        token_grid: how a layer's tokens lie in the picture, where the model does not say it.
        progress: show a bar.

    Returns:
        float32 `(N, h, w)`.

    Raises:
        UnsupportedModelError: the layer has no spatial axis.
        Interrupted: on Ctrl-C, with the map from the channels so far.

    Passes: one for each feature map that is not all 0, of the part of the network after the layer. Where a
    connection leads around the layer, as around one within a residual branch, they cost whole passes.
    """
    heads: dict[str, keras.Model] = {}

    def begin(sample: Sample) -> _AblationCam:
        found = _activations(request, sample, token_grid)
        if found.path not in heads:
            heads[found.path] = FromLayer(request.model, resolve(request.model, found.path)[0])
        return _AblationCam(sample, found, heads[found.path], relu, precision)

    return rescore(request, begin, precision, progress, "ablation_cam")


class _AblationCam(Experiment):
    def __init__(
        self,
        sample: Sample,
        found: _Activations,
        head: keras.Model,
        relu: bool,
        precision: str,
    ) -> None:
        self.layer, activations, self._places = found
        self._channels = np.flatnonzero(np.any(activations != 0, axis=tuple(range(activations.ndim - 1))))
        self._sample, self._activations, self._relu = sample, activations, relu
        self._forward = frozen_forward(head, precision)
        self._whole = self._score(activations[None])[0]
        self._weights = np.zeros(activations.shape[-1])
        self.count = len(self._channels)

    def run(self, part: range) -> None:
        chosen = self._channels[part.start : part.stop]
        copies = np.repeat(self._activations[None], len(part), axis=0)
        for copy, channel in zip(copies, chosen, strict=True):
            copy[..., channel] = 0
        self._weights[chosen] = (self._whole - self._score(copies)) / (abs(self._whole) or 1.0)

    def map(self) -> np.ndarray:
        return _weighted(self._places, self._weights, self._relu)

    def _score(self, activations: np.ndarray) -> np.ndarray:
        images = self._sample.fed(
            np.broadcast_to(self._sample.pixels, (len(activations), *self._sample.pixels.shape))
        )
        return self._forward.scores({"images": images, "activations": activations}, self._sample.target)


class _Activations(NamedTuple):
    """The path of a layer, what it returns for one picture, and the same in the picture, `(*spatial, C)`."""

    path: str
    values: np.ndarray
    places: np.ndarray


def _activations(request: Request, sample: Sample, token_grid: tuple[int, ...] | None) -> _Activations:
    """Return what the target layer returns for one picture."""
    inputs: Any = sample.fed(sample.pixels[None])
    layer = request.layer
    if layer is None:
        layer = default_layer(request.model, inputs, request.target.output)
    found = cached_cut(request.model, layer).activations(inputs)
    if len(found) > 1:
        raise InputError(f"Layers {', '.join(found)} were asked for; explain takes one.")
    ((path, values),) = found.items()
    layout = Layout.of(request.model, inputs)
    places = np.asarray(in_picture(layout, path, values, values, token_grid, raw=True).activations)
    if places.ndim - 1 != sample.pixels.ndim:
        raise UnsupportedModelError(
            f"Layer {path} returns {values.shape}, without the picture's {sample.pixels.ndim - 1} spatial "
            "axes: ask for an earlier layer."
        )
    return _Activations(path, values[0], places[0])


def _stretched(maps: np.ndarray) -> np.ndarray:
    """Return maps `(B, *spatial)`, each stretched to 0..1."""
    axes = tuple(range(1, maps.ndim))
    low, high = maps.min(axis=axes, keepdims=True), maps.max(axis=axes, keepdims=True)
    return (maps - low) / np.where(high > low, high - low, 1)


def _weighted(activations: np.ndarray, weights: np.ndarray, relu: bool) -> np.ndarray:
    total = activations.astype(np.float64) @ weights
    return np.maximum(total, 0) if relu else total

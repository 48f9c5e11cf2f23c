"""SmoothGrad: the mean of an explanation over noisy copies of the picture."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from kerasviz.errors import InputError
from kerasviz.explanation.gradients.batches import Samples, attribute
from kerasviz.explanation.gradients.integrated import accumulate
from kerasviz.explanation.gradients.plain import gradient_of, input_times_gradient
from kerasviz.explanation.request import Request
from kerasviz.probe import ReluRule, input_gradients


def smooth_grad(
    request: Request,
    of: str,
    samples: int,
    noise: float,
    seed: int,
    channels: str | None,
    options: Mapping[str, Any] | None,
) -> np.ndarray:
    """Return the mean of another method's attributions over noisy copies of the picture.

    Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017, section 3:

        a = 1/n sum_i A(x + e_i)        e_i ~ Normal(0, s^2)        s = noise (max(x) - min(x))

    A is the method `of` (saliency, input_x_gradient, integrated_gradients or guided_backpropagation) before
    its channels are reduced, n the number of `samples`. `channels` is that of the method unless given,
    `options` are its other ones. The noise of a picture depends on `seed` and the picture's place among all,
    not on the batch size.
    """
    base = _base(of, dict(options or {}))
    method = functools.partial(_smooth, base=base.method, count=samples, noise=noise, seed=seed)
    return attribute(request, input_gradients(request.model, base.rule), method, channels or base.channels)


class _Base(NamedTuple):
    """A method that can be smoothed: before its channels are reduced, its rule for ReLUs, its reduction."""

    method: Callable[..., np.ndarray]
    rule: ReluRule
    channels: str


def _integrated(samples: Samples, baseline: Any = 0.0, steps: int = 64) -> np.ndarray:
    return accumulate(samples, baseline, steps).attributions


SMOOTHED = {
    "saliency": _Base(gradient_of, ReluRule.PLAIN, "max_abs"),
    "input_x_gradient": _Base(input_times_gradient, ReluRule.PLAIN, "sum"),
    "integrated_gradients": _Base(_integrated, ReluRule.PLAIN, "sum"),
    "guided_backpropagation": _Base(gradient_of, ReluRule.GUIDED, "max_abs"),
}


def _base(name: str, options: dict[str, Any]) -> _Base:
    base = SMOOTHED[name]
    known = [option for option in inspect.signature(base.method).parameters if option != "samples"]
    for option in options:
        if option not in known:
            raise InputError(
                f"Smoothed {name} has no option {option!r}; it has: {', '.join(known) or 'none'}."
            )
    return base._replace(method=functools.partial(base.method, **options))


def _smooth(
    samples: Samples, base: Callable[[Samples], np.ndarray], count: int, noise: float, seed: int
) -> np.ndarray:
    """Return the mean over `count` noisy copies of each picture, of which `samples.limit` exist at a time."""
    samples = samples.with_fixed_classes()
    pictures = samples.pictures
    axes = tuple(range(1, pictures.ndim))
    deviations = noise * (pictures.max(axis=axes) - pictures.min(axis=axes))
    totals = np.zeros_like(pictures)
    for pairs in samples.pairs(count):
        rows = [row for row, _ in pairs]
        copies = np.stack(
            [
                pictures[row]
                + deviations[row] * _noise((seed, samples.first + row, copy), pictures.shape[1:])
                for row, copy in pairs
            ]
        )
        for row, values in zip(rows, base(samples.moved(rows, copies)), strict=True):
            totals[row] += values
    return totals / count


def _noise(key: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(key).standard_normal(shape, np.float32)

"""`smooth`: noise around any method."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import keras
import numpy as np

from kerasviz.explanation.entry import BATCH_SIZE
from kerasviz.explanation.method import Method
from kerasviz.explanation.request import Request
from kerasviz.explanation.result import Explanation, kept_images, kept_originals
from kerasviz.explanation.smoothing import KIND, NOISE, SAMPLES, SEED, Smoothing
from kerasviz.probe import LayerRequest, Target, as_target, model_ready

# A function like `kv.explain`.
Explain = TypeVar("Explain", bound=Callable[..., Explanation])


def smooth(
    explain: Explain,
    *,
    samples: int = SAMPLES.default,
    noise: float = NOISE.default,
    kind: str = KIND.default,
    seed: int = SEED.default,
) -> Explain:
    """Return a function like `explain` whose maps are those of noisy copies, averaged: any method in noise.

    Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017, section 3, and, of `kind="variance"`,
    VarGrad: Adebayo et al., "Local Explanation Methods for Deep Neural Networks Lack Sensitivity to
    Parameter Values", ICLR workshop 2018, section 2:

        M = 1/n sum_i A(x + e_i)          V = 1/n sum_i (A(x + e_i) - M)^2
        e_i ~ Normal(0, s^2)              s = noise (max(x) - min(x))

    A is what `explain` returns, its channels already reduced: pass `channels="all"` to average before that,
    as the method `smooth_grad` does. The class explained is that of the picture without noise, and so are the
    scores and outputs of the explanation. The noise of a picture depends on `seed` and its place among all;
    memory does not grow with `samples`.

    Args:
        explain: `kv.explain`, or what has its signature and returns an `Explanation`.
        samples: noisy copies of each picture, n; two or more of `kind="variance"`.
        noise: the standard deviation as a share of the range of the picture's values.
        kind: `"mean"` or `"variance"`, which is 0 and above, in units of the map squared.
        seed: of the noise.

    Raises:
        InputError: an option out of its range.

    >>> from kerasviz.explanation.entry import explain
    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3, name="c"),
    ...                           keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    >>> calm = smooth(explain, samples=4)
    >>> calm(model, np.ones((3, 4, 4, 1)), "grad_cam", target=1).title
    'SmoothGrad of Grad-CAM at c'
    """
    given = {"samples": samples, "noise": noise, "kind": kind, "seed": seed}
    smoothing = Smoothing.checked("smooth", given)

    def smoothed(
        model: keras.Model,
        images: Any,
        method: str | Method = "grad_cam",
        *,
        layer: LayerRequest | None = None,
        target: Target | int | str | Callable | None = None,
        raw: bool = False,
        batch_size: int = BATCH_SIZE,
        input_range: Sequence[float] | None = None,
        preprocessed: bool = False,
        **options: Any,
    ) -> Explanation:
        last: list[Explanation] = []
        given = {} if getattr(model, "preprocessor", None) is None else {"preprocessed": True}
        ready = model_ready(model, images, preprocessed or input_range is not None)

        def run(copies: Request) -> np.ndarray:
            asked = {"layer": layer, "raw": raw, "batch_size": batch_size, "input_range": input_range}
            last[:] = [
                explain(model, copies.images, method, target=copies.target, **asked, **given, **options)
            ]
            return last[0].maps

        request = Request(model, ready, layer, as_target(target), raw, batch_size)
        found = smoothing.apply(request, run)
        return dataclasses.replace(
            last[0],
            maps=found.maps,
            classes=found.classes,
            scores=found.scores,
            outputs=found.outputs,
            error=None,
            error_kind=None,
            images=kept_images(model, ready),
            originals=kept_originals(images, ready),
            smoothing=smoothing,
        )

    return cast(Explain, smoothed)

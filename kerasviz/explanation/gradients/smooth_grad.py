"""SmoothGrad of pixel attributions: smoothed before their channels become one number."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasviz.explanation.found import Found
from kerasviz.explanation.gradients.batches import reduced
from kerasviz.explanation.method import Method
from kerasviz.explanation.request import Request
from kerasviz.explanation.smoothing import Smoothing


def smooth_grad(
    request: Request,
    of: str,
    samples: int,
    noise: float,
    seed: int,
    channels: str | None,
    options: Mapping[str, Any] | None,
    *,
    smoothed: Sequence[Method],
) -> Found:
    """Return the mean of another method's attributions over noisy copies of the picture.

    Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017, section 3:

        a = 1/n sum_i A(x + e_i)        e_i ~ Normal(0, s^2)        s = noise (max(x) - min(x))

    A is the method `of`, one of `smoothed`, before its channels are reduced, n the number of `samples`.
    `channels` is that of the method unless given, `options` are its other ones. The noise of a picture
    depends on `seed` and the picture's place among all, not on the batch size.
    """
    (base,) = (method for method in smoothed if method.name == of)
    resolved = base.resolved(options or {})

    def run(copies: Request) -> np.ndarray:
        return base.run(copies, **resolved | {"channels": "all"}).maps

    found = Smoothing(samples, noise, "mean", seed).apply(request, run)
    return dataclasses.replace(found, maps=reduced(found.maps, channels or resolved["channels"]))

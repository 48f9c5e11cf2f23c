"""Occlusion sensitivity: what changes when a part of the picture is hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kerasviz.explanation.found import Found
from kerasviz.explanation.perturbation.masking import few_windows, filled, windows
from kerasviz.explanation.perturbation.rescoring import Experiment, Sample, rescore
from kerasviz.explanation.request import Request
from kerasviz.explanation.submodel import UpToLayer
from kerasviz.probe import default_layer, frozen_forward, resolve

# Pixels (B, *spatial, C) -> how much each copy differs from the whole picture, (B,).
Change = Callable[[np.ndarray], np.ndarray]

# Windows that a picture takes by default: a volume of 64 a side took 3,375.
_MOST_WINDOWS = 1000


def occlusion(
    request: Request,
    patch: int | None,
    stride: int | None,
    fill: str,
    of: str,
    precision: str,
    progress: bool,
) -> Found:
    """Hide a square, slide it over the picture, and see how much each place matters.

    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2:

        D(u) = Y(x) - Y(x with window u hidden)           M_i = mean of D(u) over the windows u that cover i

    Y is the explained score, a logit where the model shows one; x the picture, i a pixel. The paper draws Y
    itself at the window's place; the fall of Y is drawn here, so that what speaks for the class is positive.
    With `of="activations"` it is, as in the paper's feature maps, what a layer sees that changes,

        D(u) = ||A(x) - A(x with window u hidden)|| / ||A(x)||

    with A all activations of `layer`, by default the last spatial one; `target` has no part in that.

    Args:
        request: from `explain`; `layer` goes with `of="activations"` alone, and `raw=True` returns one value
            for each window, `(N, rows, columns)`.
        patch: the side of the square in pixels; None for an eighth of the shorter side, or more, so that
            there are at most 1,000 windows; an axis shorter than that cuts it off.
        stride: pixels from one window to the next, at most `patch`; None for half of it, or more where the
            patch is given and takes more than 1,000 windows. A last window is flush with the edge, so that
            every pixel is hidden at least once. What was chosen stands in the explanation's `options`.
        fill: what the square holds: `"zero"`, `"mean"` or `"blur"` (see `masking.filled`).
        of: `"score"` or `"activations"`.
        precision: `"float32"`, or `"bfloat16"` for speed on CPUs that compute in it.
        progress: show a bar.

    Returns:
        float32 `(N, h, w)`, signed; of activations 0 and above.

    Raises:
        InputError: a patch larger than the picture, or a stride larger than the patch.
        Interrupted: on Ctrl-C, with what is done so far; NaN where no window has been.

    Passes: one for each window; with the defaults at most 1,000, 225 for a 224 x 224 picture.
    """
    submodels: dict[str, UpToLayer] = {}

    def begin(sample: Sample) -> _Occlusion:
        sides, steps = few_windows(sample.pixels.shape[:-1], patch, stride, _MOST_WINDOWS)
        if of == "score":
            change: Change = lambda pixels: sample.said.scores - sample.score(pixels)  # noqa: E731
            path = None
        else:
            path, change = _activation_change(request, sample, precision, submodels)
        return _Occlusion(sample.pixels, sides, steps, filled(sample.pixels, fill), change, request.raw, path)

    return rescore(request, begin, precision, progress, "occlusion")


class _Occlusion(Experiment):
    def __init__(
        self,
        pixels: np.ndarray,
        patch: Sequence[int],
        stride: Sequence[int],
        hidden: np.ndarray,
        change: Change,
        raw: bool,
        layer: str | None,
    ) -> None:
        self._windows, self._rows = windows(pixels.shape[:-1], patch, stride)
        # An axis shorter than the square cuts it off.
        self.chosen = {"patch": max(patch), "stride": max(stride)}
        self._pixels, self._hidden, self._change, self._raw = pixels, hidden, change, raw
        self._values = np.full(len(self._windows), np.nan)
        self.count, self.layer = len(self._windows), layer

    def run(self, part: range) -> None:
        copies = np.repeat(self._pixels[None], len(part), axis=0)
        for copy, number in zip(copies, part, strict=True):
            copy[self._windows[number]] = self._hidden[self._windows[number]]
        self._values[part.start : part.stop] = self._change(copies)

    def map(self) -> np.ndarray:
        if self._raw:
            return self._values.reshape(self._rows)
        sums, counts = np.zeros(self._pixels.shape[:-1]), np.zeros(self._pixels.shape[:-1])
        for window, value in zip(self._windows, self._values, strict=True):
            if not np.isnan(value):
                sums[window] += value
                counts[window] += 1
        return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def _activation_change(
    request: Request, sample: Sample, precision: str, submodels: dict[str, UpToLayer]
) -> tuple[str, Change]:
    """Return a layer's path and the change of its activations; `submodels` keeps the model made for it."""
    if "layer" not in submodels:
        layer = request.layer
        if layer is None:
            layer = default_layer(request.model, sample.fed(sample.pixels[None]), request.target.output)
        submodels["layer"] = UpToLayer(request.model, resolve(request.model, layer)[0])
    forward = frozen_forward(submodels["layer"], precision)
    whole = forward(sample.fed(sample.pixels[None]))
    length = float(np.linalg.norm(whole)) or 1.0

    def change(pixels: np.ndarray) -> np.ndarray:
        difference = forward(sample.fed(pixels)) - whole
        return np.linalg.norm(difference.reshape(len(pixels), -1), axis=1) / length

    return submodels["layer"].path, change

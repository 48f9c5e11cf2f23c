"""RISE: the mean score of the random masks that show a pixel."""

from __future__ import annotations

import numpy as np

from kerasviz.explanation.found import Found
from kerasviz.explanation.perturbation.masking import filled, random_masks
from kerasviz.explanation.perturbation.rescoring import Experiment, Sample, rescore
from kerasviz.explanation.request import Request


def rise(
    request: Request,
    masks: int,
    cells: int,
    keep: float,
    fill: str,
    seed: int,
    precision: str,
    progress: bool,
) -> Found:
    """Show random parts of the picture and average the scores of those that show a pixel.

    Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018,
    equation 1, the score expected when a pixel is shown:

        S_i = E[ Y(x * M) | M_i ]    estimated by    sum_n Y(x * M_n) M_ni / sum_n M_ni

    M_n is the n-th of N smooth random masks (`masking.random_masks`), i a pixel, x * M the picture where the
    mask shows it and the fill where not, Y the explained score, a logit where the model shows one; the paper
    takes the probability, `class_score(label, probability=True)`. The paper (equation 6) divides by the
    expected N p in place of sum_n M_ni: the same in the limit, but noisier for few masks, because there a
    score that is the same for all masks does not give a constant map.

    Args:
        request: from `explain`; there is no `layer`, and `raw=True` changes nothing, for the map has the
            picture's size by itself.
        masks: how many, N; the paper takes 4000 for VGG16 and 8000 for ResNet50.
        cells: cells along each side of the coarse grid.
        keep: the probability that a cell is shown, p, above 0 and below 1.
        fill: what hidden places hold: `"zero"`, `"mean"` or `"blur"` (see `masking.filled`).
        seed: of the masks; all pictures get the same ones.
        precision: `"float32"`, or `"bfloat16"` for speed on CPUs that compute in it.
        progress: show a bar.

    Returns:
        float32 `(N, h, w)` in units of the score; NaN at a pixel that no mask shows, with very few masks.

    Raises:
        Interrupted: on Ctrl-C, with the estimate from the masks so far.

    Passes: one for each mask.

    The error that comes with each map is the standard error of the estimate, the mean of it over the pixels
    that a mask shows, in units of the score. At a pixel, of a ratio of two sums (the delta method):

        e_i = sqrt(sum_n M_ni^2 (Y_n - S_i)^2) / sum_n M_ni
    """

    def begin(sample: Sample) -> _Rise:
        return _Rise(sample, filled(sample.pixels, fill), masks, cells, keep, seed)

    return rescore(request, begin, precision, progress, "rise")


class _Rise(Experiment):
    def __init__(
        self, sample: Sample, hidden: np.ndarray, masks: int, cells: int, keep: float, seed: int
    ) -> None:
        size = sample.pixels.shape[:-1]
        self._sample, self._hidden = sample, hidden
        self._kind = (cells, keep, seed)
        self._sums, self._shown = np.zeros(size), np.zeros(size)
        # Sums of M^2, M^2 Y' and M^2 Y'^2, with Y' = Y less the whole picture's score: small numbers.
        self._squares = np.zeros((3, *size))
        self._middle = sample.said.scores[0]
        self.count = masks

    def run(self, part: range) -> None:
        masks = random_masks(self._sums.shape, part, *self._kind)
        pixels = self._hidden + masks[..., None] * (self._sample.pixels - self._hidden)
        scores = self._sample.score(pixels)
        self._sums += np.tensordot(scores, masks, 1)
        self._shown += masks.sum(axis=0, dtype=np.float64)
        centred = (scores - self._middle).astype(np.float64)
        powers = np.stack([np.ones_like(centred), centred, centred**2])
        self._squares += np.tensordot(powers, masks**2, 1)

    def map(self) -> np.ndarray:
        unknown = np.full_like(self._sums, np.nan)
        return np.divide(self._sums, self._shown, out=unknown, where=self._shown > 0)

    def error(self) -> float:
        shown, (weights, first, second) = self._shown, self._squares
        centred = self.map() - self._middle
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = (second - 2 * centred * first + centred**2 * weights) / shown**2
        return float(np.nanmean(np.sqrt(np.maximum(variance, 0)))) if shown.any() else float("nan")

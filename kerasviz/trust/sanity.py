"""The sanity check of explanations: does a map change when the network forgets what it learned?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import keras
import numpy as np

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation import Method, explain
from kerasviz.pictures.figures import Figure, curves_figure
from kerasviz.probe import LayerRequest, Place, model_ready, resolve, walk

# Of the index of structural similarity, Wang et al. 2004.
_SIGMA, _K1, _K2 = 1.5, 0.01, 0.03


@dataclass(frozen=True)
class SanityStage:
    """One stage of the cascade.

    Attributes:
        layer: the path of the layer that was randomised last; "" for the trained network.
        randomized: how many layers are random by now.
        maps: float32 `(N, h, w)`.
        rank_correlation: of each picture's map with the trained network's, `(N,)`, -1.0 to 1.0.
        similarity: the index of structural similarity of the two, `(N,)`, at most 1.0.
    """

    layer: str
    randomized: int
    maps: np.ndarray
    rank_correlation: np.ndarray
    similarity: np.ndarray


@dataclass(frozen=True)
class SanityCheck:
    """What `sanity_check` found; the first stage is the trained network itself."""

    method: str
    stages: tuple[SanityStage, ...]

    @property
    def final_rank_correlation(self) -> float:
        """The mean rank correlation in the last stage: near 0 for a map that comes from the weights."""
        return float(self.stages[-1].rank_correlation.mean())

    def figure(self) -> Figure:
        """Return the curves of rank correlation and structural similarity over the layers randomised."""
        parts = {
            "rank correlation": [(s.randomized, float(s.rank_correlation.mean())) for s in self.stages],
            "structural similarity": [(s.randomized, float(s.similarity.mean())) for s in self.stages],
        }
        return curves_figure(
            {self.method: parts},
            "agreement with the trained network's map",
            f"Sanity check of {self.method}",
            "layers randomised, from the top",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the means as plain numbers."""
        return {
            "method": self.method,
            "stages": [
                {
                    "layer": stage.layer,
                    "randomized": stage.randomized,
                    "rank_correlation": float(stage.rank_correlation.mean()),
                    "similarity": float(stage.similarity.mean()),
                }
                for stage in self.stages
            ],
        }


def sanity_check(
    model: keras.Model,
    images: Any,
    method: str | Method = "grad_cam",
    *,
    layer: LayerRequest | None = None,
    stages: int | None = 8,
    seed: int = 0,
    preprocessed: bool = False,
    **options: Any,
) -> SanityCheck:
    """Make the network forget, layer by layer from the top, and see whether the maps notice.

    Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, the cascading randomisation. A map that
    stays what it was although the weights are random shows the picture, not what the network learned. Of each
    layer the values of every weight are shuffled: it knows nothing any more, while the spread of its weights,
    and with it the strength of its output, stays what training made it (the paper draws new weights).

    Args:
        model: a Functional or Sequential model; a copy of it is randomised.
        images: `(N, h, w, C)`, as `model.predict` takes them: a preprocessor that the model carries
            (`keras_hub`) is applied to them.
        method: for `explain`. The class explained is that of the trained network throughout.
        layer: for `explain`.
        stages: look at this many points, spread evenly over the layers with weights; None for every layer.
        seed: of the shuffling.
        preprocessed: whether the pictures have been through the model's preprocessor already.
        **options: the method's own.

    Returns:
        a `SanityCheck`; its `figure()` draws it.

    Raises:
        UnsupportedModelError: the model cannot be copied.
        InputError: `stages` is below 1, or the method knows no such option.

    The rank correlation is Spearman's (signed maps; values that are equal share their mean rank). A map that
    is constant has no order: its rank correlation counts as 0.
    """
    if stages is not None and stages < 1:
        raise InputError(f"stages is {stages}; expected 1 or more, or None for every layer.")
    images = model_ready(model, images, preprocessed)
    options = {**options, "preprocessed": True}
    path = None if layer is None else resolve(model, layer)[0].path
    copy = _copy(model)
    cascade = [place for place in reversed(list(walk(copy))) if _own_weights(place)]
    if not cascade:
        raise InputError(f"Model {model.name} has no weights to randomise.")
    count = len(cascade) if stages is None else min(stages, len(cascade))
    stops = set(np.linspace(1, len(cascade), count).round().astype(int))
    trained = explain(model, images, method, layer=path, **options)
    maps, classes = trained.maps, trained.classes.tolist()
    found = [_stage("", 0, maps, maps)]
    rng = np.random.default_rng(seed)
    for number, place in enumerate(cascade, start=1):
        for variable in _own_weights(place):
            values = np.asarray(variable.value)
            variable.assign(rng.permutation(values.ravel()).reshape(values.shape))
        if number in stops:
            changed = explain(copy, images, method, layer=path, target=classes, **options)
            found.append(_stage(place.path, number, changed.maps, maps))
    return SanityCheck(trained.method, tuple(found))


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Spearman's rank correlation of two arrays: Pearson's of their ranks; 0.0 where one is constant.

    >>> rank_correlation(np.array([1, 2, 3]), np.array([10, 30, 20]))
    0.5
    """
    ranks = [_ranks(np.asarray(values).ravel()) for values in (one, other)]
    centred = [values - values.mean() for values in ranks]
    length = np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum())
    return float(centred[0] @ centred[1] / length) if length > 0 else 0.0


def structural_similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean index of structural similarity of two maps `(h, w)`, each stretched to 0..1.

    Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", IEEE TIP 2004,
    equation 13, with its Gaussian window of 11 x 11 pixels and deviation 1.5:

        SSIM = (2 m_a m_b + C_1) (2 s_ab + C_2) / ((m_a^2 + m_b^2 + C_1) (s_a^2 + s_b^2 + C_2))

    m are the local means, s^2 the local variances, s_ab the covariance, C_1 = 0.01^2, C_2 = 0.03^2.

    >>> structural_similarity(np.eye(12), np.eye(12))
    1.0
    """
    a, b = (_stretched(np.asarray(values, np.float64)) for values in (one, other))
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    variance_a = _local_mean(a * a) - mean_a**2
    variance_b = _local_mean(b * b) - mean_b**2
    covariance = _local_mean(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + _K1**2) * (2 * covariance + _K2**2)
    bottom = (mean_a**2 + mean_b**2 + _K1**2) * (variance_a + variance_b + _K2**2)
    return float((top / bottom).mean())


def _stage(layer: str, number: int, maps: np.ndarray, trained: np.ndarray) -> SanityStage:
    pairs: Sequence[tuple[np.ndarray, np.ndarray]] = list(zip(maps, trained, strict=True))
    correlations = np.array([rank_correlation(a, b) for a, b in pairs])
    similarities = np.array([structural_similarity(a, b) for a, b in pairs])
    return SanityStage(layer, number, maps, correlations, similarities)


def _own_weights(place: Place) -> list[Any]:
    """Return a layer's own variables of numbers, without those of the layers in it."""
    layer = place.layer
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    return [variable for variable in own if keras.backend.is_float_dtype(variable.dtype)]


def _copy(model: keras.Model) -> keras.Model:
    try:
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
    except Exception as error:
        raise UnsupportedModelError(
            f"Model {model.name} cannot be copied ({error}): pass a Functional or Sequential model, whose "
            "layers have a get_config."
        ) from error
    return copy


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def _stretched(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def _local_mean(values: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(values, (11, 11), _SIGMA, borderType=cv2.BORDER_REFLECT)

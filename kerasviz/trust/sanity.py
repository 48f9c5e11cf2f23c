"""The sanity check of explanations: does a map change when the network forgets what it learned?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation import Method, explain
from kerasviz.pictures.figures import Figure, curves_figure
from kerasviz.probe import LayerRequest, Place, model_ready, resolve, walk
from kerasviz.trust.likeness import rank_correlation, structural_similarity

Verdict = Literal["passed", "failed", "undefined"]

# Measured on EfficientNet-Lite0 and two small networks (docs/evaluate.md): saliency stays below (0.27, 0.44
# and 0.42), guided backpropagation (0.65, 0.67, 0.65) and an edge detector (1.00) are above.
MOST_CORRELATED = 0.5


@dataclass(frozen=True)
class SanityStage:
    """One stage of the cascade.

    Attributes:
        layer: the path of the layer that was randomised last; "" for the trained network.
        randomized: how many layers are random by now.
        maps: float32 `(N, h, w)`.
        rank_correlation: of each picture's map with the trained network's, `(N,)`, -1.0 to 1.0; NaN where one
            of the two is constant.
        similarity: the index of structural similarity of the two, `(N,)`, at most 1.0; NaN in the same place.
    """

    layer: str
    randomized: int
    maps: np.ndarray
    rank_correlation: np.ndarray
    similarity: np.ndarray

    @property
    def undefined(self) -> int:
        """Of how many pictures there is nothing to compare, because a map is constant."""
        return int(np.isnan(self.rank_correlation).sum())

    def __repr__(self) -> str:
        return f"SanityStage({self.layer}: rank correlation {_mean(self.rank_correlation):.3f})"


@dataclass(frozen=True)
class SanityCheck:
    """What `sanity_check` found; the first stage is the trained network itself. `str()` is the verdict."""

    method: str
    stages: tuple[SanityStage, ...]

    def __repr__(self) -> str:
        mean = self.mean_rank_correlation
        return f"SanityCheck({self.method}: {len(self.stages)} stages, mean rank correlation {mean:.3f})"

    @property
    def mean_rank_correlation(self) -> float:
        """The mean of the randomised stages' mean rank correlations; NaN where all are undefined."""
        return _mean([_mean(stage.rank_correlation) for stage in self.stages[1:]])

    @property
    def verdict(self) -> Verdict:
        """Whether the maps noticed that the network forgets.

        "failed" where `mean_rank_correlation` is above 0.5, else "passed"; "undefined" where more than half
        of the maps could not be compared, because they or the trained network's are constant.

        The 0.5 is measured (docs/evaluate.md), where saliency passes and guided backpropagation fails. On
        networks of few layers, or that have learned little, the two lie nearer: see what saliency gets there.
        """
        compared = self.stages[1:]
        if 2 * sum(stage.undefined for stage in compared) > sum(len(stage.maps) for stage in compared):
            return "undefined"
        return "failed" if self.mean_rank_correlation > MOST_CORRELATED else "passed"

    def __str__(self) -> str:
        compared = self.stages[1:]
        mean = f"the mean rank correlation over {len(compared)} stages is {self.mean_rank_correlation:.2f}"
        if self.verdict == "undefined":
            undefined, pairs = sum(s.undefined for s in compared), sum(len(s.maps) for s in compared)
            return (
                f"{self.method}: undefined: in {undefined} of {pairs} pairs of maps one is constant, and "
                "cannot be compared"
            )
        side = "above" if self.verdict == "failed" else "not above"
        return f"{self.method}: {self.verdict}: {mean}, {side} {MOST_CORRELATED}"

    def figure(self) -> Figure:
        """Return the curves of rank correlation and structural similarity over the layers randomised."""
        parts = {
            "rank correlation": [(s.randomized, _mean(s.rank_correlation)) for s in self.stages],
            "structural similarity": [(s.randomized, _mean(s.similarity)) for s in self.stages],
        }
        return curves_figure(
            {self.method: parts},
            "agreement with the trained network's map",
            f"Sanity check of {self}",
            "layers randomised, from the top",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict and the means as plain numbers, None where they are undefined."""
        return {
            "method": self.method,
            "verdict": self.verdict,
            "rule": f"failed above a mean rank correlation of {MOST_CORRELATED} over the randomised stages; "
            "undefined where in more than half of the pairs of maps one is constant",
            "mean_rank_correlation": _number(self.mean_rank_correlation),
            "stages": [
                {
                    "layer": stage.layer,
                    "randomized": stage.randomized,
                    "rank_correlation": _number(_mean(stage.rank_correlation)),
                    "similarity": _number(_mean(stage.similarity)),
                    "undefined": stage.undefined,
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
    is constant has no order: its rank correlation is undefined, NaN, and left out of the means.
    """
    check_numbers(seed=seed)
    if stages is not None:
        check_numbers(stages=stages)
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
            values = keras.ops.convert_to_numpy(variable)
            variable.assign(rng.permutation(values.ravel()).reshape(values.shape))
        if number in stops:
            changed = explain(copy, images, method, layer=path, target=classes, **options)
            found.append(_stage(place.path, number, changed.maps, maps))
    return SanityCheck(trained.method, tuple(found))


def _stage(layer: str, number: int, maps: np.ndarray, trained: np.ndarray) -> SanityStage:
    pairs: Sequence[tuple[np.ndarray, np.ndarray]] = list(zip(maps, trained, strict=True))
    correlations = np.array([rank_correlation(a, b) for a, b in pairs])
    similarities = np.array([structural_similarity(a, b) for a, b in pairs])
    return SanityStage(layer, number, maps, correlations, similarities)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    """Return the mean of the values that are defined; NaN where none is."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if known.size else float("nan")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


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

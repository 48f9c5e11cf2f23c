"""What is explained: the score of a class, of a region, or of any function of a model's outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.bounds import Bounds, short
from kerasviz.errors import TargetError
from kerasviz.probe.class_scores import (
    BY_RANK,
    Classes,
    at_class,
    check_classes,
    indices,
    seed_of,
    shown,
    two_sided,
)
from kerasviz.probe.dense import is_dense, most_common, over_region, places, predicted_places
from kerasviz.probe.region_target import RegionScore
from kerasviz.probe.target import Said, Scored, Target
from kerasviz.probe.weakly import called_weakly, weakly


@dataclass(frozen=True)
class _ClassScore(Target):
    """The score of one class per picture: see `class_score` and `top_class`.

    `classes` None is the class with the `rank`-th highest score, 1 for the predicted one. Of a dense output
    it is the mean score over the places where the class is predicted; by rank, of the `rank`-th most common
    class other than 0.
    """

    classes: Classes | None = None
    rank: int = 1
    output: int | str | None = None
    probability: bool = False
    class_names: Sequence[str] | None = None

    def key(self) -> tuple:
        return ("class", self.rank, self.output, self.probability)

    def specs(self) -> list[tuple[list[int | None], str]]:
        return [([None], "int32")]

    def parameters(self, model: keras.Model, count: int) -> list[np.ndarray]:
        return [indices(self.classes, model, self.class_names, count)]

    def settled(
        self, model: keras.Model, parameters: Sequence[np.ndarray], said: Said
    ) -> tuple[Target, list[np.ndarray]]:
        found = predicted_places(model, said, self)
        if found is None:
            return self, [said.classes]
        axes = found.classes.ndim - 1
        mask = (found.classes == said.classes.reshape(-1, *[1] * axes)).astype(np.float32)
        region = RegionScore(mask, None, self.output, self.probability, axes=axes)
        return region, [said.classes, mask]

    def lasting(self) -> Target:
        return dataclasses.replace(self, classes=None, class_names=None)

    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        check_classes(parameters[0], shape, self.class_names)

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        if is_dense(explained.shape):
            return self._over_predicted(explained, kind, parameters[0])
        if len(explained.shape) != 2:
            raise TargetError(
                f"The explained output has shape {shown(explained.shape)}; expected (N, classes) or "
                "(N, h, w, classes): pass a callable that makes a score of it."
            )
        both = two_sided(explained, kind)
        if self.rank > both.shape[1]:
            raise TargetError(f"The output has {both.shape[1]} classes; there is none of rank {self.rank}.")
        # Not argmax: Keras's handles cases that TensorFlow does not have, in six operations.
        ranked = ops.top_k(both, k=self.rank)[1][:, -1]
        classes = ops.where(parameters[0] == BY_RANK, ops.cast(ranked, "int32"), parameters[0])
        return Scored(at_class(both, classes), classes, seed_of(explained, classes))

    def _over_predicted(self, explained: Any, kind: str, given: Any) -> Scored:
        found = places(explained, kind)
        count = two_sided(explained, kind).shape[-1]
        common = most_common(found, ops.ones_like(found), count, self.rank)
        classes = ops.where(given == BY_RANK, common, given)
        everywhere = ops.reshape(classes, (-1, *[1] * (len(found.shape) - 1)))
        return over_region(explained, kind, classes, ops.cast(found == everywhere, "float32"))


@dataclass(frozen=True)
class _PredictedRegion(_ClassScore):
    """The same of a dense output alone: see `region_score`."""

    def key(self) -> tuple:
        return ("predicted region", *super().key())

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        if not is_dense(explained.shape):
            shape = shown(explained.shape)
            raise TargetError(f"The explained output has shape {shape}; a region needs (N, h, w, classes).")
        return super().score(explained, kind, *parameters)


@dataclass(frozen=True)
class _CallableTarget(Target):
    """Any function from the model's outputs, just as the model returns them, to scores (N,)."""

    function: Callable[[Any], Any]
    whole: bool = True

    def key(self) -> tuple:
        return ("callable", weakly(self.function))

    def lasting(self) -> Target:
        return _CallableTarget(called_weakly(self.function))

    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        pass  # The function itself has seen the outputs.

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        scores = self.function(explained)
        return Scored(scores, ops.full_like(ops.cast(scores, "int32"), -1))


def class_score(
    label: Classes,
    *,
    output: int | str | None = None,
    probability: bool = False,
    class_names: Sequence[str] | None = None,
) -> Target:
    """Explain the score of a class; of a segmentation map, its mean where the class is predicted.

    Args:
        label: a class index, a label, or a list of one for each picture. A head of one unit has the classes
            0 and 1: class 1 is explained by its logit z, class 0 by -z.
        output: which output of several, by name or position.
        probability: explain the probability after the final softmax or sigmoid instead of the logit before
            it. Gradients of a saturated probability are nearly 0; logits have no such trouble.
        class_names: the classes' names in order; where absent, those that `kv.class_names` finds in the
            model.

    Raises:
        TargetError: (when used) no such class, label or output.

    >>> class_score(3).key() == class_score(5).key()       # one compiled function serves every class
    True
    """
    return _ClassScore(label, 1, output, probability, class_names)


def top_class(rank: int = 1, *, output: int | str | None = None, probability: bool = False) -> Target:
    """Explain the class with the `rank`-th highest score of each picture; 1 is the predicted class.

    Of a segmentation map: the `rank`-th most common class other than class 0 (see `region_score`).

    >>> top_three = [top_class(rank) for rank in (1, 2, 3)]
    """
    if Bounds(int, 1).found(rank) is None:
        raise TargetError(f"Got rank {short(rank)}; expected 1 for the predicted class, 2 for the next, ...")
    return _ClassScore(None, rank, output, probability)


def region_score(
    mask: np.ndarray | None = None,
    label: int | str | None = None,
    *,
    output: int | str | None = None,
    probability: bool = False,
    class_names: Sequence[str] | None = None,
) -> Target:
    """Explain the mean score of a class over a region of a segmentation map: Seg-Grad-CAM.

    Vinogradova, Dibrov and Myers, "Towards Interpretable Semantic Segmentation via Gradient-weighted Class
    Activation Mapping", AAAI 2020, equation 2, divided by the number of pixels of the region M, so that
    regions of different sizes compare (a map changes by that factor alone):

        y^c = 1 / |M| sum_(i,j in M) y^c_ij

    Methods that change the picture hold class and region as they are for the whole picture.

    Args:
        mask: where it is not 0, `(h, w)` of the output's size, or `(N, h, w)`, or `(w,)` of an output
            `(N, w, classes)`; fractional values weigh the pixels. None is where the model predicts the class
            (of one channel, p > 0.5).
        label: class index or label; of a map of one channel, 1 is what it marks and 0 the rest. None is the
            most common class predicted there, other than class 0, which is taken for the background.
        output: which output of several, by name or position.
        probability: explain probabilities instead of logits.
        class_names: the classes' names in order; where absent, those stored with the model.

    Where a class is predicted nowhere, its score is 0 and there is no evidence; where nothing but class 0 is,
    the explained class is -1 (of one channel 1).

    Raises:
        TargetError: (when used) the mask is empty or not of the output's size, or no such class.

    >>> model = keras.Sequential([keras.Input((1, 3, 1)), keras.layers.AveragePooling2D(1, name="seen"),
    ...     keras.layers.Conv2D(1, 1, activation="sigmoid", kernel_initializer="ones")])
    >>> from kerasviz.probe.probe import Probe
    >>> Probe(model, "seen").trace(np.array([[[[-5.0], [2.0], [4.0]]]]), region_score()).scores.tolist()
    [3.0]
    """
    if mask is None:
        return _PredictedRegion(label, 1, output, probability, class_names)
    axes = 1 if np.ndim(mask) == 1 else 2
    return RegionScore(mask, label, output, probability, class_names, axes)


def as_target(target: Target | Classes | Callable[[Any], Any] | None) -> Target:
    """Return a target for whatever names one: None is the predicted class, an index or label its score.

    Of a segmentation map None is the region of its most common class other than class 0; so it is of a
    segmented line, `(N, w, classes)`, where the input has one axis too.
    """
    if target is None:
        return _ClassScore()
    if isinstance(target, Target):
        return target
    if callable(target):
        return _CallableTarget(target)
    return _ClassScore(target)

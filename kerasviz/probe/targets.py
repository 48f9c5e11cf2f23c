"""What is explained: the score of a class, of a region, or of any function of a model's outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.errors import TargetError
from kerasviz.probe.class_scores import Classes, at_class, indices, seed_of, shown, two_sided
from kerasviz.probe.target import Scored, Target
from kerasviz.probe.weakly import weakly

# Stands for the class of a score's rank where a run is given class indices: each picture may have either.
_BY_RANK = -1


@dataclass(frozen=True)
class _ClassScore(Target):
    """The score of one class per picture: see `class_score` and `top_class`.

    `classes` None is the class with the `rank`-th highest score, 1 for the predicted one.
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
        if self.classes is None:
            return [np.full(count, _BY_RANK, np.int32)]
        return [indices(self.classes, model, self.class_names, count)]

    def settled(self, parameters: Sequence[np.ndarray], classes: np.ndarray) -> list[np.ndarray]:
        return [classes]

    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        count = max(shape[1] or 1, 2)
        if parameters[0].max() >= count:
            raise TargetError(
                f"The output has {count} classes, 0..{count - 1}; got class {parameters[0].max()}."
            )

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        if len(explained.shape) != 2:
            raise TargetError(
                f"The explained output has shape {shown(explained.shape)}, not (N, classes): explain a part "
                "of it with region_score, or pass a callable."
            )
        both = two_sided(explained, kind)
        if self.rank > both.shape[1]:
            raise TargetError(f"The output has {both.shape[1]} classes; there is none of rank {self.rank}.")
        # Not argmax: Keras's handles cases that TensorFlow does not have, in six operations.
        ranked = ops.top_k(both, k=self.rank)[1][:, -1]
        classes = ops.where(parameters[0] == _BY_RANK, ops.cast(ranked, "int32"), parameters[0])
        return Scored(at_class(both, classes), classes, seed_of(explained, classes))


@dataclass(frozen=True)
class _RegionScore(Target):
    """The mean score of one class over a region of a map of scores: see `region_score`."""

    mask: np.ndarray
    label: int | str = 1
    output: int | str | None = None
    probability: bool = False
    class_names: Sequence[str] | None = None

    def key(self) -> tuple:
        return ("region", self.output, self.probability)

    def specs(self) -> list[tuple[list[int | None], str]]:
        return [([None], "int32"), ([None, None, None], "float32")]

    def parameters(self, model: keras.Model, count: int) -> list[np.ndarray]:
        mask = np.asarray(self.mask, np.float32)
        if mask.ndim not in (2, 3) or (mask.ndim == 3 and len(mask) != count):
            raise TargetError(f"Got a mask of shape {mask.shape}; expected (h, w), or ({count}, h, w).")
        mask = np.array(np.broadcast_to(mask, (count, *mask.shape[-2:])))
        if not mask.any(axis=(1, 2)).all():
            raise TargetError("The region is empty: the mask needs at least one pixel that is not 0.")
        return [indices(self.label, model, self.class_names, count), mask]

    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        size = parameters[1].shape[1:]
        if any(a is not None and a != b for a, b in zip(shape[1:3], size, strict=True)):
            raise TargetError(
                f"The mask is {size[0]}x{size[1]}; the explained output is {shape[1]}x{shape[2]}."
            )
        count = max(shape[3] or 1, 2)
        if parameters[0].max() >= count:
            raise TargetError(
                f"The output has {count} classes, 0..{count - 1}; got class {parameters[0].max()}."
            )

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        if len(explained.shape) != 4:
            shape = shown(explained.shape)
            raise TargetError(f"The explained output has shape {shape}; a region needs (N, h, w, classes).")
        classes, mask = parameters
        everywhere = classes[:, None, None]
        share = mask / ops.sum(mask, axis=(1, 2), keepdims=True)
        scores = ops.sum(at_class(two_sided(explained, kind), everywhere) * share, axis=(1, 2))
        return Scored(scores, classes, seed_of(explained, everywhere) * share[..., None])


@dataclass(frozen=True)
class _CallableTarget(Target):
    """Any function from the model's outputs, just as the model returns them, to scores (N,)."""

    function: Callable[[Any], Any]
    whole: bool = True

    def key(self) -> tuple:
        return ("callable", weakly(self.function))

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
    """Explain the score of a class.

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

    >>> top_three = [top_class(rank) for rank in (1, 2, 3)]
    """
    if rank < 1:
        raise TargetError(f"Got rank {rank}; expected 1 for the predicted class, 2 for the next, ...")
    return _ClassScore(None, rank, output, probability)


def region_score(
    mask: np.ndarray,
    label: int | str = 1,
    *,
    output: int | str | None = None,
    probability: bool = False,
    class_names: Sequence[str] | None = None,
) -> Target:
    """Explain the mean score of a class over the region of a segmentation map where `mask` is not 0.

    Args:
        mask: `(h, w)` of the output's size, or `(N, h, w)`; fractional values weigh the pixels.
        label: class index or label; of a map of one channel, 1 is what it marks and 0 the rest.
        output: which output of several, by name or position.
        probability: explain probabilities instead of logits.
        class_names: the classes' names in order; where absent, those stored with the model.

    Raises:
        TargetError: (when used) the mask is empty or not of the output's size, or no such class.
    """
    return _RegionScore(mask, label, output, probability, class_names)


def as_target(target: Target | Classes | Callable[[Any], Any] | None) -> Target:
    """Return a target for whatever names one: None is the predicted class, an index or label its score."""
    if target is None:
        return _ClassScore()
    if isinstance(target, Target):
        return target
    if callable(target):
        return _CallableTarget(target)
    return _ClassScore(target)

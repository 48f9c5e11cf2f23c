"""Scores of dense outputs (N, ..., classes): which class each place has, and the score over a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from kerasviz.errors import TargetError
from kerasviz.probe.class_scores import at_class, seed_of, shown, two_sided
from kerasviz.probe.layers import uses_channels_first
from kerasviz.probe.outputs import pick
from kerasviz.probe.target import Said, Scored, Target


def is_dense(shape: tuple[int | None, ...]) -> bool:
    """Return whether an output of that shape has a score of each class at each place of a picture or line.

    >>> is_dense((None, 8, 8, 3)), is_dense((None, 7, 3)), is_dense((None, 3))
    (True, True, False)
    """
    return len(shape) > 2


def refuse_rows(shape: tuple[int | None, ...], inputs: Sequence[tuple[int | None, ...]]) -> None:
    """Raise TargetError where an output (N, rows, numbers) lies over no input, such as a row for each box."""
    if len(shape) == 3 and all(len(one) != 3 for one in inputs):
        raise TargetError(
            f"The explained output has shape {shown(shape)}, rows that lie over no axis of the inputs: pass "
            "a callable that makes a score of it."
        )


def places(explained: Any, kind: str) -> Any:
    """Return the class with the highest score at each place, int32 (N, ...).

    Of one channel: class 1 where p > 0.5, that is where the logit is above 0; else class 0.
    """
    if explained.shape[-1] == 1:
        return ops.cast(explained[..., 0] > (0.5 if kind == "probability" else 0.0), "int32")
    # Of equal ones the first; Keras's argmax takes 0.0 for more than -0.0.
    return ops.cast(ops.top_k(explained, k=1)[1][..., 0], "int32")


class Places(NamedTuple):
    """Which class is predicted at each place, int32 (N, ...), and its probability there, float32.

    `probabilities` is None where the output is no probability.
    """

    classes: np.ndarray
    probabilities: np.ndarray | None


def predicted_places(model: keras.Model, said: Said, target: Target) -> Places | None:
    """Return what is predicted at each place of a dense output that was explained; None of any other."""
    values = None if target.whole else pick(model, said.outputs, target.output)
    if values is None or not is_dense(values.shape):
        return None
    if uses_channels_first(model):
        values = np.moveaxis(values, 1, -1)
    # The outputs lie behind the activation where the scores lie before it.
    kind = "output" if said.score_kind == "output" else "probability"
    classes = ops.convert_to_numpy(places(values, kind))
    probabilities = None if kind == "output" else ops.convert_to_numpy(two_sided(values, kind)).max(axis=-1)
    return Places(classes, probabilities)


def most_common(found: Any, within: Any, count: int, rank: int = 1) -> Any:
    """Return the class other than 0 that most places have, int32 (N,), of those whose weight is not 0.

    Args:
        found: the class of each place, int32 (N, ...).
        within: weights of the places, (N, ...).
        count: how many classes there are.
        rank: 1 for the most common one, 2 for the next.

    Where no place has such a class it is -1; of two classes always 1.
    """
    if rank > count - 1:
        raise TargetError(f"The output has {count - 1} classes beside class 0; there is none of rank {rank}.")
    # One class at a time: a map for each class together would take the memory of the output again.
    axes = tuple(range(1, len(found.shape)))
    inside = within != 0
    sizes = [
        ops.sum(ops.cast(ops.logical_and(found == index, inside), "int32"), axis=axes)
        for index in range(1, count)
    ]
    largest, ranked = ops.top_k(ops.stack(sizes, axis=-1), k=rank)
    classes = ops.cast(ranked[:, -1], "int32") + 1
    return classes if count == 2 else ops.where(largest[:, -1] > 0, classes, -1)


def over_region(explained: Any, kind: str, classes: Any, mask: Any) -> Scored:
    """Return the mean score of each picture's class where its mask (N, ...) is not 0; 0 of an empty one.

    Vinogradova, Dibrov and Myers, "Towards Interpretable Semantic Segmentation via Gradient-weighted Class
    Activation Mapping", AAAI 2020, equation 2, divided by the number of pixels of M:

        y^c = 1 / |M| sum_(i,j in M) y^c_ij
    """
    axes = tuple(range(1, len(mask.shape)))
    everywhere = ops.reshape(classes, (-1, *[1] * len(axes)))
    size = ops.sum(mask, axis=axes, keepdims=True)
    share = mask / ops.where(size == 0, 1.0, size)
    scores = ops.sum(at_class(two_sided(explained, kind), everywhere) * share, axis=axes)
    return Scored(scores, classes, seed_of(explained, everywhere) * share[..., None])

"""Scores of classes among a model's outputs: which index a label has, and what stands at an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.errors import TargetError
from kerasviz.models import check_class_names, find_class
from kerasviz.models import class_names as names_in

Classes = int | str | Sequence[int | str]
# Stands for the class of a score's rank where a run is given class indices: each picture may have either.
BY_RANK = -1


def indices(
    classes: Classes | None, model: keras.Model, class_names: Sequence[str] | None, count: int
) -> np.ndarray:
    """Return the class index of each of `count` pictures, int32, from one index or label or one for each.

    None is `BY_RANK` of all.
    """
    if classes is None:
        return np.full(count, BY_RANK, np.int32)
    try:
        single = np.ndim(classes) == 0  # type: ignore[arg-type]
    except ValueError:  # lists of different lengths
        raise TargetError(f"Got {classes!r} as classes; expected one, or one for each picture.") from None
    labels: Sequence[Any] = [classes] if single else list(np.asarray(classes).ravel())  # type: ignore[list-item]
    if not single and len(labels) != count:
        raise TargetError(f"Got {len(labels)} classes for {count} pictures; expected one, or one for each.")
    found = [_index(label, model, class_names) for label in labels]
    return np.full(count, found[0], np.int32) if single else np.asarray(found, np.int32)


def _index(label: Any, model: keras.Model, class_names: Sequence[str] | None) -> int:
    if isinstance(label, (int, np.integer)) and not isinstance(label, bool):
        if label < 0:
            raise TargetError(f"Got class {label}; expected 0 or above, or None for the predicted class.")
        if label > np.iinfo(np.int32).max:
            raise TargetError(f"Got class {label}; no output has so many classes.")
        return int(label)
    if not isinstance(label, str):
        raise TargetError(f"Got {label!r} as a class; expected an index or a label.")
    if class_names is not None:
        return find_class(label, list(class_names))
    names = names_in(model)
    if names is None:
        raise TargetError(f"The model stores no class names, so {label!r} means nothing: pass class_names.")
    check_class_names(names, model)
    return find_class(label, names)


def check_classes(
    classes: np.ndarray, shape: tuple[int | None, ...], class_names: Sequence[str] | None
) -> None:
    """Raise TargetError where an output of that shape has no such class, or more or fewer than names."""
    count = max(shape[-1] or 1, 2)
    if class_names is not None and shape[-1] is not None and len(class_names) != count:
        raise TargetError(
            f"There are {len(class_names)} class_names, but the output has {count} classes: give one name a "
            "class, in the order of the output."
        )
    if classes.max() >= count:
        raise TargetError(f"The output has {count} classes, 0..{count - 1}; got class {classes.max()}.")


def two_sided(explained: Any, kind: str) -> Any:
    """Return scores of two classes or more: one unit z is class 1, and class 0 is -z, or 1 - p."""
    if explained.shape[-1] != 1:
        return explained
    other = 1 - explained if kind == "probability" else -explained
    return ops.concatenate([other, explained], axis=-1)


def at_class(scores: Any, classes: Any) -> Any:
    """Return the score at the class index along the last axis, whatever the others are."""
    chosen = ops.expand_dims(classes, -1) == ops.arange(scores.shape[-1], dtype="int32")
    return ops.sum(ops.where(chosen, scores, 0.0), axis=-1)


def seed_of(explained: Any, classes: Any) -> Any:
    """Return the derivative of `at_class(two_sided(explained), classes)` by `explained`."""
    if explained.shape[-1] == 1:
        return ops.cast(2 * classes[..., None] - 1, "float32")
    return ops.one_hot(classes, explained.shape[-1], dtype="float32")


def shown(shape: tuple[int | None, ...]) -> str:
    """Return a shape for a message: `(N, 5)`."""
    return f"({', '.join('N' if at == 0 else str(size) for at, size in enumerate(shape))})"

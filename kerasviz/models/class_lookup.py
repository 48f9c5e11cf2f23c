"""The one look-up of class names: those that a model keeps, and the class that a name means."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import keras

from kerasviz.errors import TargetError, did_you_mean

# What `model.class_set` says of a network whose 1000 classes are ImageNet's, in Keras's order.
IMAGENET = "imagenet"


def class_names(model: keras.Model) -> list[str] | None:
    """Return the class names kept in `model`, or None when it keeps none.

    In this order: the attribute `model.class_names`; that of `model.preprocessor`; ImageNet's, for a network
    that `kerasviz.load_model` opened by its name; the layers from the last to the first that have
    `class_names`, as many as the model tells classes apart, as `NamedDense` has, inside nested models too.

    >>> from kerasviz.models import NamedDense
    >>> inputs = keras.Input((4,))
    >>> outputs = NamedDense(["cat", "dog"])(inputs)
    >>> class_names(keras.Model(inputs, outputs))
    ['cat', 'dog']
    """
    for holder in (model, getattr(model, "preprocessor", None)):
        names = getattr(holder, "class_names", None)
        if names is not None:
            return [str(name) for name in names]
    if getattr(model, "class_set", None) == IMAGENET:
        return imagenet_names()
    for layer in reversed(getattr(model, "layers", ())):
        nested = isinstance(layer, keras.Model)
        names = class_names(layer) if nested else getattr(layer, "class_names", None)
        # Names of a head that another one has replaced are not those of the model's classes.
        if names is not None and class_count(model) in (None, len(names)):
            return [str(name) for name in names]
    return None


def class_count(model: keras.Model) -> int | None:
    """Return how many classes a model with one output `(N, K)` tells apart; None where that is not known.

    One unit speaks for the second of two classes.
    """
    shape = getattr(model, "output_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or not isinstance(shape[1], int):
        return None
    return max(shape[1], 2)


def find_class(name: str, names: Sequence[str]) -> int:
    """Return the index of the class called `name`.

    That is the class of this very name; else the one that has it among several names separated by commas (as
    ImageNet's "tabby, tabby cat"); else the same with capitals, hyphens and underscores disregarded.

    Raises:
        TargetError: there is no such class, or several share the name.

    >>> names = ["tench, Tinca tinca", "goldfish", "tabby, tabby cat"]
    >>> find_class("tabby", names), find_class("Gold_fish", ["gold fish"])
    (2, 0)
    """
    for same in _SAMENESS:
        found = [index for index, other in enumerate(names) if same(name, other)]
        if len(found) == 1:
            return found[0]
        if found:
            raise TargetError(f"Classes {', '.join(map(str, found))} are all named {name!r}: pass the index.")
    raise TargetError(f"There is no class {name!r}. {did_you_mean(name, names)}")


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def _parts(name: str) -> list[str]:
    return [part.strip() for part in name.split(",")]


_SAMENESS: tuple[Callable[[str, str], bool], ...] = (
    lambda name, other: name == other,
    lambda name, other: name in _parts(other),
    lambda name, other: _plain(name) == _plain(other),
    lambda name, other: _plain(name) in map(_plain, _parts(other)),
)


@functools.cache
def imagenet_names() -> list[str] | None:
    """Return the names of ImageNet's 1000 classes, None where Keras has them not and cannot download them."""
    import numpy as np

    decode = keras.applications.imagenet_utils.decode_predictions
    try:
        return [best[0][1] for best in decode(np.eye(1000), top=1)]
    except Exception:  # Keras downloads the names when it has not yet; without a network it raises anything.
        return None

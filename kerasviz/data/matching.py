"""The labels of a data set as the numbers that a model has for the same classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from kerasviz.data.split import Dataset, Split
from kerasviz.errors import InputError, TargetError

# Names in a message.
_LISTED = 5


def match_classes(dataset: Dataset, class_names: Sequence[str] | None, outputs: int | None = None) -> Dataset:
    """Return the data set with the model's numbers for its classes, found by their names.

    Pictures without labels stay so.

    Args:
        dataset: its classes may be some of the model's, in any order.
        class_names: the model's, in the order of its outputs; None where it keeps none: then the data set's
            classes are taken for the model's if there are as many.
        outputs: how many classes the model tells apart, if that is known.

    Raises:
        InputError: a class is none of the model's; or the model keeps no names and has not as many outputs.

    >>> split = Split(np.zeros((2, 4, 4, 3), np.uint8), [0, 1])
    >>> pets = Dataset("pets", ("dog", "cat"), split, split)
    >>> match_classes(pets, ["cat", "cow", "dog"]).train.labels.tolist()
    [2, 0]
    """
    of_data = dataset.class_names
    if not of_data:
        return dataset
    if class_names is None:
        if outputs is not None and outputs != len(of_data):
            raise InputError(
                f"The model keeps no class names and tells {outputs} classes apart, but the pictures have "
                f"{len(of_data)} ({_listed(of_data)}): pass class_names, the model's in order."
            )
        return dataset
    numbers = [_number(name, class_names) for name in of_data]
    unknown = [name for name, number in zip(of_data, numbers, strict=True) if number is None]
    if unknown:
        raise InputError(
            f"The pictures' classes {_listed(unknown)} are none of the model's {len(class_names)} classes "
            f"({_listed(class_names)}): give both the same names."
        )
    lookup = np.array(numbers, np.int32)

    def renumbered(split: Split) -> Split:
        return dataclasses.replace(split, labels=lookup[split.labels])

    train, validation = renumbered(dataset.train), renumbered(dataset.validation)
    return dataclasses.replace(dataset, class_names=tuple(class_names), train=train, validation=validation)


def _number(name: str, class_names: Sequence[str]) -> int | None:
    # The room of models loads Keras, which takes seconds: only who has a model's names waits for it.
    from kerasviz.models import find_class

    try:
        return find_class(name, class_names)
    except TargetError:
        return None


def _listed(names: Sequence[str]) -> str:
    # Of several names of one class the first.
    return ", ".join(name.split(",")[0] for name in names[:_LISTED]) + (
        ", ..." if len(names) > _LISTED else ""
    )

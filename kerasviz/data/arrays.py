"""Data sets of arrays, and of a `tf.data.Dataset`, read whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasviz.data.split import Dataset, Split
from kerasviz.errors import InputError
from kerasviz.images import as_numbers

# Each gets a name. The whole ImageNet has 21,841.
_MOST_CLASSES = 1_000_000


def from_arrays(
    images: Any,
    labels: Any = None,
    *,
    class_names: Sequence[str] | None = None,
    value_range: Sequence[float] | None = None,
) -> Dataset:
    """Return pictures in memory as a data set that is not divided: all are its `validation` pictures.

    Args:
        images: uint8 `(N, h, w, C)`, or floats in `value_range`; `(N, h, w)` are grey.
        labels: `(N,)` or `(N, 1)` whole numbers, or one-hot `(N, K)`; None where there are none.
        class_names: the classes in the order of their numbers; by default the numbers.
        value_range: what floats hold for black and white.

    Raises:
        InputError: the arrays have another shape or type, or floats come without their range.

    >>> from_arrays(np.zeros((2, 4, 4, 3), np.uint8), [0, 1], class_names=["cat", "dog"])
    Dataset(pictures: 2 pictures, 2 classes)
    """
    pixels = np.asarray(images)
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    numbers = np.full(len(pixels), -1, np.int32) if labels is None else _numbers(labels)
    split = Split(pixels, numbers, value_range=value_range)
    if not split.labelled:
        return Dataset("pictures", (), split.take([]), split)
    return Dataset("pictures", names_for(numbers, class_names), split.take([]), split)


def from_stream(
    stream: Any, *, class_names: Sequence[str] | None = None, value_range: Sequence[float] | None = None
) -> Dataset:
    """Return a `tf.data.Dataset` of pictures, or of `(pictures, labels)`, read whole into memory.

    Single pictures and batches of them both are taken; all must have one size. The names are `class_names`,
    or those that Keras puts on the data sets that it makes of folders.

    Raises:
        InputError: it is endless or empty, its elements are no pictures, or floats come without their range.
    """
    if int(stream.cardinality()) == -1:
        raise InputError("The data set never ends: leave out repeat(), or take(N) batches of it.")
    images, labels = [], []
    for element in stream.as_numpy_iterator():
        parts = element if isinstance(element, tuple) else (element,)
        image = np.asarray(parts[0])
        if image.ndim not in (3, 4):
            raise InputError(
                f"The data set's elements have the shape {image.shape}; expected pictures (h, w, C) or "
                "batches (N, h, w, C), alone or with labels."
            )
        single = image.ndim == 3
        images.append(image[None] if single else image)
        if len(parts) > 1:
            labels.append(np.asarray(parts[1])[None] if single else np.asarray(parts[1]))
    if not images:
        raise InputError("The data set is empty; expected at least one picture.")
    if len({image.shape[1:] for image in images}) > 1:
        raise InputError("The data set's pictures have different sizes: resize them to one size first.")
    return from_arrays(
        np.concatenate(images),
        np.concatenate(labels) if labels else None,
        class_names=class_names if class_names is not None else getattr(stream, "class_names", None),
        value_range=value_range,
    )


def names_for(labels: np.ndarray, class_names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the classes' names, by default their numbers.

    Raises:
        InputError: a label has none.
    """
    count = int(labels.max()) + 1
    names = tuple(class_names) if class_names is not None else tuple(map(str, range(count)))
    if count > len(names):
        raise InputError(f"The largest label is {count - 1}, but {len(names)} class names were given.")
    return names


def _numbers(labels: Any) -> np.ndarray:
    if hasattr(labels, "__len__") and not len(labels):
        return np.zeros(0, np.int32)
    values = as_numbers(labels, "labels")
    if values.ndim == 2:
        values = values[:, 0] if values.shape[1] == 1 else values.argmax(axis=1)
    if values.ndim != 1 or not np.array_equal(values, np.floor(values)):
        raise InputError(
            f"labels are {values.dtype} of shape {values.shape}; pass whole numbers (N,) or one-hot (N, K)."
        )
    if values.min() < -1 or values.max() >= _MOST_CLASSES:
        raise InputError(
            f"labels are from {values.min():g} to {values.max():g}; expected numbers of classes, 0 to "
            f"{_MOST_CLASSES - 1:,}, or -1 where none is known."
        )
    return values.astype(np.int32)

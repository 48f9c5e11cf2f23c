"""Raw pictures made what a network takes, by the preprocessor that its model carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np

from kerasviz.probe.inputs import is_stream


def model_ready(model: keras.Model, images: Any, preprocessed: bool) -> Any:
    """Return pictures as the network takes them: those that `model.predict` would run the network on.

    A `keras_hub` task carries a preprocessor: its `predict`, `fit` and `evaluate` take raw pictures and apply
    it to all of them, whatever their type and size; calling the model does not. A model without one takes
    pictures as they are.

    Args:
        model: may have an attribute `preprocessor`.
        images: arrays or a stream, as for `Probe.activations`.
        preprocessed: whether the pictures have been through the preprocessor already.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.preprocessor = lambda pictures: pictures / 255
    >>> model_ready(model, np.array([[0, 255]]), preprocessed=False).tolist()
    [[0.0, 1.0]]
    """
    preprocessor = getattr(model, "preprocessor", None)
    if preprocessor is None or preprocessed:
        return images
    if is_stream(images):
        return _of_elements(preprocessor, images)
    return _applied(preprocessor, images if isinstance(images, dict) else np.asarray(images))


def _of_elements(preprocessor: Any, elements: Iterable[Any]) -> Iterator[Any]:
    for element in elements:
        yield _applied(preprocessor, element[0] if isinstance(element, tuple) else element)


def _applied(preprocessor: Any, images: Any) -> Any:
    # As floats: `predict` does not round the pixels of bytes when it resizes them, while a call does.
    made = preprocessor(keras.tree.map_structure(_as_floats, images))
    return keras.tree.map_structure(lambda one: keras.ops.convert_to_numpy(one).astype(np.float32), made)


def _as_floats(images: Any) -> Any:
    array = np.asarray(images)
    return array.astype(np.float32) if array.ndim > 2 and array.dtype.kind in "iu" else array

"""Every output of a model with several, explained."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras

from kerasviz.errors import InputError, TargetError
from kerasviz.explanation.entry import BATCH_SIZE, explain
from kerasviz.explanation.method import Method
from kerasviz.explanation.result import Explanation
from kerasviz.probe import Target, as_target, batches, frozen_forward, model_ready, output_names


def explain_outputs(
    model: keras.Model,
    images: Any,
    method: str | Method = "grad_cam",
    *,
    target: Target | int | str | None = None,
    preprocessed: bool = False,
    **arguments: Any,
) -> dict[str, Explanation]:
    """Return `{output name: Explanation}`, for every output of a model what `explain` returns for it alone.

    Each output costs a run of its own: it has a score, and by default a layer, of its own. Outputs without a
    name are called "0", "1", ...

    Args:
        model: as for `explain`, as are the following.
        images: an array, inputs of a model of several, or a `tf.data.Dataset` of batches.
        method: one of `methods()`, or a `Method` of your own.
        target: what is explained of each output: None for the predicted class, or a class, score or region
            that names no output itself.
        preprocessed: whether the pictures have been through the model's preprocessor already.
        **arguments: all others of `explain`, and the method's options.

    Raises:
        InputError: the pictures are an iterator, which gives its batches once; or as `explain` raises it.
        TargetError: the target is a function, or names an output; or it does not fit one of them.

    >>> import numpy as np
    >>> image = keras.Input((4, 4, 1))
    >>> pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3, name="c")(image))
    >>> heads = [keras.layers.Dense(2, name="kind")(pooled), keras.layers.Dense(3, name="age")(pooled)]
    >>> found = explain_outputs(keras.Model(image, heads), np.ones((3, 4, 4, 1)))
    >>> {name: found[name].maps.shape for name in found}
    {'kind': (3, 4, 4), 'age': (3, 4, 4)}
    """
    asked: Any = as_target(target)
    if not dataclasses.is_dataclass(type(asked)) or asked.whole or asked.output is not None:
        raise TargetError(
            "Got a target that says itself what it reads of the outputs: pass a class, a score or a region "
            "that names none, or use explain."
        )
    if hasattr(images, "__next__"):
        raise InputError(
            "Got an iterator, which gives its batches once, and each output takes a run of its own: pass an "
            "array or a data set."
        )
    ready = model_ready(model, images, preprocessed or arguments.get("input_range") is not None)
    found = {}
    for name, output in named_outputs(model, ready).items():
        one = dataclasses.replace(asked, output=output)
        try:
            found[name] = explain(model, images, method, target=one, preprocessed=preprocessed, **arguments)
        except TargetError as error:
            raise TargetError(f"Output {name}: {error}") from None
    return found


def named_outputs(model: keras.Model, images: Any) -> dict[str, str | int]:
    """Return how the outputs of a model are called, and what a target calls them, by a run on one picture.

    Args:
        model: any Keras model.
        images: as the network takes them.
    """
    first = keras.tree.map_structure(lambda leaf: leaf[:1], next(iter(batches(model, images, BATCH_SIZE))))
    made = frozen_forward(model)(first)
    if isinstance(made, dict):
        return {name: name for name in made}
    names = output_names(model)
    count = len(keras.tree.flatten(made))
    return {name: name for name in names} if len(names) == count else {str(at): at for at in range(count)}

"""What only TensorFlow can do for a watcher: tracing the forward function."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasviz.errors import UnsupportedModelError


def forward_graph_def(model: keras.Model) -> Any:
    """Return the GraphDef of `model(inputs, training=True)`; nothing is run, no state changes.

    Raises:
        UnsupportedModelError: the shape of the model's input is unknown.
    """
    inputs = getattr(model, "inputs", None)
    if not inputs:
        raise UnsupportedModelError(
            f"The input shape of {model.name!r} is unknown, so that its graph cannot be traced; "
            "make it a Functional or Sequential model with a keras.Input."
        )
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in inputs]
    function = tf.function(lambda inputs: model(inputs, training=True), autograph=False)
    return function.get_concrete_function(specs[0] if len(specs) == 1 else specs).graph.as_graph_def()

"""What only TensorFlow can do for training: tracing the forward function, and the memory of a GPU."""

from __future__ import annotations

import contextlib
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


def grow_gpu_memory() -> list[str]:
    """Let TensorFlow take GPU memory as it needs it, instead of all at once; return the GPUs' names.

    Changes nothing once TensorFlow has started to use a GPU.
    """
    gpus = tf.config.list_physical_devices("GPU")
    with contextlib.suppress(RuntimeError):  # already in use
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    return [gpu.name for gpu in gpus]

"""Which of a model's outputs is explained, and the logits behind it, found in TensorFlow's graph."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from kerasviz.errors import TargetError
from kerasviz.probe.targets import Target

_FINAL_ACTIVATIONS = ("Softmax", "Sigmoid", "LogSoftmax")


def _explained(model: keras.Model, outputs: Any, target: Target) -> tuple[Any, str]:
    """Return what the target scores, and what it is: logit, probability or output."""
    if target.whole:
        return outputs, "output"
    tensor = pick(model, outputs, target.output)
    final = through_identity(tensor.op)
    if final.type not in _FINAL_ACTIVATIONS:
        return tf.cast(tensor, tf.float32), "output"
    if target.probability:
        return tf.cast(tensor, tf.float32), "probability"
    return tf.cast(final.inputs[0], tf.float32), "logit"


def pick(model: keras.Model, outputs: Any, output: int | str | None) -> Any:
    """Return one of a model's outputs, by name or position: a tensor or an array, as `outputs` holds.

    Raises:
        TargetError: there is no such output, or several and `output` is None.
    """
    if isinstance(outputs, dict):
        names, tensors = list(outputs), list(outputs.values())
    else:
        tensors = keras.tree.flatten(outputs)
        names = list(getattr(model, "output_names", None) or [])
    if output is None:
        if len(tensors) > 1:
            listed = f": {', '.join(names)}" if names else ""
            raise TargetError(
                f"The model has {len(tensors)} outputs{listed}; say which to explain, output=..."
            )
        return tensors[0]
    if isinstance(output, str):
        if output not in names:
            raise TargetError(
                f"The model has no output {output!r}; it has {', '.join(names) or 'unnamed ones'}."
            )
        return tensors[names.index(output)]
    if not -len(tensors) <= output < len(tensors):
        raise TargetError(f"The model has {len(tensors)} outputs: output {output} does not exist.")
    return tensors[output]


def through_identity(op: tf.Operation) -> tf.Operation:
    """Return the first operation behind identities and casts."""
    while op.type in ("Identity", "Cast"):
        op = op.inputs[0].op
    return op

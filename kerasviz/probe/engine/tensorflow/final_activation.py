"""The logits behind a softmax or sigmoid, found in TensorFlow's graph."""

from __future__ import annotations

import tensorflow as tf

_FINAL_ACTIVATIONS = ("Softmax", "Sigmoid", "LogSoftmax")


def before_activation(output: tf.Tensor) -> tf.Tensor | None:
    """Return what went into the softmax or sigmoid that an output is; None where it is none."""
    final = through_identity(output.op)
    return final.inputs[0] if final.type in _FINAL_ACTIVATIONS else None


def through_identity(op: tf.Operation) -> tf.Operation:
    """Return the first operation behind identities and casts."""
    while op.type in ("Identity", "Cast"):
        op = op.inputs[0].op
    return op

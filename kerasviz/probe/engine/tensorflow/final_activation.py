"""The logits behind a softmax or sigmoid, found in TensorFlow's graph."""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

# What hands on its first input, at other places: as upsampling does, which repeats rows in several steps.
_OF_PLACES = (
    *("ExpandDims", "Reshape", "Squeeze", "Tile", "Transpose"),
    *("ResizeArea", "ResizeBicubic", "ResizeBilinear", "ResizeNearestNeighbor", "ScaleAndTranslate"),
)
_FINAL_ACTIVATIONS = ("Softmax", "Sigmoid", "LogSoftmax")


def before_activation(output: tf.Tensor) -> tf.Tensor | None:
    """Return what went into the softmax or sigmoid that an output is; None where it is none."""
    final = through_identity(output.op)
    return final.inputs[0] if final.type in _FINAL_ACTIVATIONS else None


def ending_in(output: tf.Tensor) -> Iterator[tf.Operation]:
    """Yield the operation that returns an output, and those before it that are the output too.

    They are where nothing but a final activation is made of them, or of places also another size or order of
    axes: such as the scores of a segmentation network before they are enlarged.
    """
    op, rank = output.op, output.shape.rank
    of_places = _OF_PLACES if rank is not None and rank > 2 else ()
    handing_on = {*_FINAL_ACTIVATIONS, "Cast", "Identity", *of_places}
    yield op
    while op.type in handing_on:
        op = op.inputs[0].op
        yield op


def through_identity(op: tf.Operation) -> tf.Operation:
    """Return the first operation behind identities and casts."""
    while op.type in ("Identity", "Cast"):
        op = op.inputs[0].op
    return op

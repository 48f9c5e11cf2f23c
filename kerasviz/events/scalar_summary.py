"""Numbers as summary values: the form TensorBoard's scalar plugin reads, and that of TensorFlow 1."""

from __future__ import annotations

from tensorboard.compat.proto import summary_pb2, types_pb2
from tensorboard.util import tensor_util


def decode_scalar(value: summary_pb2.Summary.Value) -> float | None:
    """Return the number of a scalar value; None where it is not one real number.

    A tensor of a few bytes can claim any shape, so its shape is looked at before it is made.
    """
    if value.HasField("simple_value"):
        return value.simple_value
    tensor = value.tensor
    if any(axis.size != 1 for axis in tensor.tensor_shape.dim):
        return None
    # As nearly every writer has it, and read in a tenth of the time.
    if tensor.dtype == types_pb2.DT_FLOAT and len(tensor.float_val) == 1 and not tensor.tensor_content:
        return tensor.float_val[0]
    try:
        number = tensor_util.make_ndarray(tensor)
    except (KeyError, TypeError, ValueError):  # of no type that NumPy has, or not of its shape
        return None
    return float(number.item()) if number.size == 1 and number.dtype.kind in "biuf" else None

"""What decides whether batches run the same compiled function: structure, types, shapes but the length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.errors import ImageError
from kerasviz.probe.inputs import Batch, leaves
from kerasviz.probe.layers import uses_channels_first


@dataclass(frozen=True)
class Spec:
    """Shape, None where it is free, and type of one tensor."""

    shape: tuple[int | None, ...]
    dtype: str


def signature(batch: Batch) -> tuple:
    """Return what decides whether two batches run the same compiled function; not their length."""
    if isinstance(batch, np.ndarray):
        return (batch.dtype.char, batch.shape[1:])
    names = tuple(batch) if isinstance(batch, dict) else type(batch)
    return (names, *((str(leaf.dtype), tuple(leaf.shape[1:])) for leaf in leaves(batch)))


def specs_of(batch: Batch) -> Any:
    """Return the batch's structure with a `Spec` of free length in place of each array."""
    return (
        _of_free_length(batch)
        if hasattr(batch, "shape")
        else keras.tree.map_structure(_of_free_length, batch)
    )


def specs_of_inputs(model: keras.Model) -> Any:
    """Return the same for the symbolic inputs of a model, or None where it has none."""
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return None
    found = [_of_free_length(tensor) for tensor in inputs]
    structure = getattr(model, "_inputs_struct", None)
    if len(found) == 1 and not isinstance(structure, dict):
        return found[0]
    return keras.tree.pack_sequence_as(structure, found)


def input_shapes(model: keras.Model, batch: Batch) -> tuple[tuple[int, ...], ...]:
    """Return the shape of each input without the batch axis, channels last."""
    shapes = [tuple(leaf.shape[1:]) for leaf in leaves(batch)]
    if uses_channels_first(model):
        shapes = [(*shape[1:], shape[0]) if len(shape) > 1 else shape for shape in shapes]
    return tuple(shapes)


def ensure_built(model: keras.Model, batch: Batch) -> None:
    """Build a model that has no weights yet, as its first call would.

    Raises:
        ImageError: Keras refuses the batch, such as one picture without the batch axis.
    """
    if model.built:
        return
    first = keras.tree.map_structure(lambda leaf: keras.ops.convert_to_tensor(leaf[:1]), batch)
    try:
        model(as_numbers(first), training=False)
    except ValueError as error:
        shapes = ", ".join(str(tuple(leaf.shape)) for leaf in leaves(batch))
        raise ImageError(
            f"The model {model.name!r} has no weights yet, and cannot be built for pictures of shape "
            f"{shapes}: the first axis is that of the pictures, which images[None] adds to one. Keras says: "
            f"{error}"
        ) from error


def as_numbers(inputs: Any) -> Any:
    """Return inputs as a network computes with them: pictures come as bytes, networks compute in floats."""

    def convert(tensor: Any) -> Any:
        whole = keras.backend.standardize_dtype(tensor.dtype) in ("uint8", "bool")
        return keras.ops.cast(tensor, "float32") if whole else tensor

    return keras.tree.map_structure(convert, inputs)


def _of_free_length(leaf: Any) -> Spec:
    return Spec((None, *leaf.shape[1:]), keras.backend.standardize_dtype(leaf.dtype))

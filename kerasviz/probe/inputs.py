"""What a model is fed: arrays, structures of arrays or data sets, checked and cut into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import ImageError, InputError

# An array (N, ...), or a list, tuple or dict of them for a model of several inputs.
Batch = Any


def batches(model: keras.Model, images: Any, batch_size: int) -> Iterator[Batch]:
    """Yield checked batches of `images`: an array, a structure of arrays, or an iterable of batches.

    Arrays are cut into batches of at most `batch_size`, without a copy. A `tf.data.Dataset` or an iterator
    keeps its own batches; of `(images, labels)` elements the images are used.

    Raises:
        InputError: nothing to run on, or a batch size below 1.
        ImageError: a wrong rank or shape, NaN or infinity, or something that is no array of numbers.
    """
    if is_stream(images):
        yield from _of_elements(model, images)
        return
    yield from sliced(checked(model, images), batch_size)


def sliced(arrays: Any, batch_size: int) -> Iterator[Any]:
    """Yield a structure of arrays in parts of at most `batch_size` samples, without a copy."""
    check_numbers(batch_size=batch_size)
    count = len(leaves(arrays)[0])
    if count <= batch_size:
        yield arrays
        return
    for start in range(0, count, batch_size):
        yield keras.tree.map_structure(lambda leaf, at=start: leaf[at : at + batch_size], arrays)


def concatenated(parts: Sequence[Any]) -> Any:
    """Return structures of arrays, one after the other, as one."""
    return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *parts)


def is_stream(images: Any) -> bool:
    """Return whether `images` is a data set or an iterator, whose length is not known."""
    return hasattr(images, "element_spec") or hasattr(images, "__next__")


def _of_elements(model: keras.Model, elements: Iterable[Any]) -> Iterator[Batch]:
    empty = True
    for element in elements:
        empty = False
        yield checked(model, element[0] if isinstance(element, tuple) else element)
    if empty:
        raise InputError("The data set has no batches: expected at least one picture.")


def leaves(batch: Batch) -> list[Any]:
    """Return the arrays of a batch."""
    return [batch] if hasattr(batch, "shape") else keras.tree.flatten(batch)


def checked(model: keras.Model, images: Any) -> Batch:
    """Return `images` as float32, integer or backend arrays of one length, in the model's own structure."""
    expected = getattr(model, "inputs", None) or []
    structured = isinstance(images, dict) or (isinstance(images, (list, tuple)) and len(expected) != 1)
    batch = _arranged(model, images, len(expected)) if structured else _array(images)
    arrays = leaves(batch)
    _refuse_raw(model, arrays)
    counts = {len(array) for array in arrays}
    if len(counts) != 1:
        raise ImageError(f"The inputs have {sorted(counts)} samples; expected the same number in each.")
    if counts == {0}:
        raise InputError("Got no pictures: expected at least one.")
    if len(expected) == len(arrays):
        for array, tensor in zip(arrays, expected, strict=True):
            _check_shape(tuple(array.shape), tuple(tensor.shape))
    return batch


def _refuse_raw(model: keras.Model, arrays: Sequence[Any]) -> None:
    if getattr(model, "preprocessor", None) is None:
        return
    if any(isinstance(array, np.ndarray) and array.dtype.kind in "iu" for array in arrays):
        raise ImageError(
            f"Got pictures of whole numbers, but the model {model.name!r} carries a preprocessor, "
            "which makes floats of them: pass model.preprocessor(images)."
        )


def _arranged(model: keras.Model, images: Any, count: int) -> Batch:
    """Return a structure of inputs as the model's own structure: by name from a dict, else by position."""
    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        return keras.tree.map_structure(_array, images)
    if isinstance(structure, dict):
        # In the order in which Keras flattens it: a plain dict is sorted by its keys.
        names = keras.tree.flatten(type(structure)((name, name) for name in structure))
    else:
        names = [tensor.name for tensor in model.inputs]
    if isinstance(images, dict):
        missing = [name for name in names if name not in images]
        if missing:
            raise ImageError(
                f"The model's inputs are {', '.join(names)}; got none named {', '.join(missing)}."
            )
        arrays = [images[name] for name in names]
    else:
        arrays = list(images)
    if len(arrays) != count:
        raise ImageError(f"The model has {count} inputs, {', '.join(names)}; got {len(arrays)}.")
    return keras.tree.pack_sequence_as(structure, [_array(array) for array in arrays])


def _array(images: Any) -> Any:
    try:
        array = images if hasattr(images, "shape") and hasattr(images, "dtype") else np.asarray(images)
        if isinstance(array, np.ndarray) and array.dtype == np.float64:
            array = array.astype(np.float32)
    except ValueError:
        raise ImageError("The pictures have different sizes: resize them to one size first.") from None
    if len(array.shape) < 2:
        raise ImageError(
            f"Got an array of shape {tuple(array.shape)}; expected a batch, such as (N, h, w, C)."
        )
    if not isinstance(array, np.ndarray):
        return array
    if array.dtype.kind not in "fiub" and array.dtype.name != "bfloat16":
        raise ImageError(f"Got an array of {array.dtype}; expected numbers.")
    # The sum is one quick pass; only where it is not finite the values are looked at one by one.
    if array.dtype.kind == "f" and not np.isfinite(array.sum()) and not np.isfinite(array).all():
        raise ImageError("The pictures contain NaN or infinity: replace these values first.")
    return array


def _check_shape(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> None:
    if _fits(shape, expected):
        return
    wanted = f"({', '.join('N' if at == 0 else str(size) for at, size in enumerate(expected))})"
    # Also one picture of another size: that is the next thing to say.
    is_one = len(shape) == len(expected) - 1 and expected[-1] in (None, shape[-1])
    is_one = is_one or _fits((1, *shape), expected)
    hint = ": add the batch axis, images[None]" if is_one else ""
    raise ImageError(f"Got pictures of shape {shape}; the model expects {wanted}{hint}.")


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    """Return whether Keras takes pictures of that shape: it adds or drops a last axis of one.

    Where a model takes any size, (28, 28, 1) is one grey picture, not 28 pictures of a pixel's width.
    """
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        shape = (*shape, 1) if shape[-1] != 1 or expected[-2] == 1 else shape
    elif len(shape) == len(expected) + 1 and shape[-1] == 1:
        shape = shape[:-1]
    return len(shape) == len(expected) and all(
        wanted in (None, size) for size, wanted in zip(shape[1:], expected[1:], strict=True)
    )

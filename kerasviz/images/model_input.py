"""The picture among a model's inputs, and the preprocessor that some models carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kerasviz.errors import UnsupportedModelError

if TYPE_CHECKING:
    import keras

Shape = tuple[int | None, int | None, int | None, int | None]


def picture_input(model: keras.Model) -> tuple[keras.KerasTensor | None, Shape]:
    """Return the model's one input of pictures, None where it is a subclassed model's, and its shape.

    Raises:
        UnsupportedModelError: the model takes no pictures, several, or has not been built.
    """
    tensors = list(getattr(model, "inputs", None) or [])
    shapes: list[Any] = [tuple(tensor.shape) for tensor in tensors] or _built_shapes(model)
    if not shapes:
        raise UnsupportedModelError(
            f"The model {model.name!r} does not say what it takes: build it first by calling it on a batch "
            "of pictures."
        )
    found = [at for at, shape in enumerate(shapes) if len(shape) == 4]
    # Beside a map of features, a picture is what has one or three channels.
    narrow = [at for at in found if {shapes[at][1], shapes[at][-1]} & {1, 3}]
    found = narrow if len(found) > 1 else found
    if len(found) != 1:
        listed = ", ".join(str(shape) for shape in shapes)
        raise UnsupportedModelError(
            f"The model {model.name!r} takes {listed}; expected one input of pictures, (N, h, w, channels), "
            f"but found {len(found)}."
        )
    (at,) = found
    return (tensors[at] if tensors else None), shapes[at]


def _built_shapes(model: keras.Model) -> list[tuple]:
    """Return the shape that a subclassed model was first called with, if it was."""
    config = model.get_build_config() or {}
    shape = config.get("input_shape")
    return [(None, *shape[1:])] if isinstance(shape, (tuple, list)) and shape[1:] else []


def preprocessed(preprocessor: Any, pixels: np.ndarray) -> np.ndarray:
    """Return raw pictures in 0..255 as `preprocessor` makes them, float32.

    Raises:
        UnsupportedModelError: it makes something else than one array.
    """
    import keras

    made = preprocessor(pixels)
    if not hasattr(made, "shape"):
        raise UnsupportedModelError(
            f"The model's preprocessor returns {type(made).__name__}; expected one array of pictures: pass "
            "input_range and arrays as the model takes them."
        )
    return keras.ops.convert_to_numpy(made).astype(np.float32)


def size_made_by(preprocessor: Any) -> tuple[int, int] | None:
    """Return the height and width that `preprocessor` resizes pictures to, None where it says none."""
    for holder in (preprocessor, getattr(preprocessor, "image_converter", None)):
        size = getattr(holder, "image_size", None)
        if isinstance(size, (tuple, list)) and len(size) == 2 and None not in size:
            return int(size[0]), int(size[1])
    return None

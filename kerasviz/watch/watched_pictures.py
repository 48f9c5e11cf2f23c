"""The pictures that sources run through a model and draw on: files, and arrays as the model takes them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeAlias

import keras
import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import PictureForm, as_rgb
from kerasviz.probe import checked, model_ready

Picture: TypeAlias = str | os.PathLike[str] | np.ndarray
Range: TypeAlias = Sequence[float]


def as_pictures(images: Picture | Sequence[Picture]) -> tuple[Picture, ...]:
    """Return one picture or several as a tuple of pictures; an array `(N, h, w, c)` is N of them.

    Raises:
        InputError: there is none.
    """
    if isinstance(images, str | os.PathLike) or (isinstance(images, np.ndarray) and images.ndim == 3):
        return (images,)
    pictures = tuple(images)
    if not pictures:
        raise InputError("There are no pictures to watch: pass at least one file or array.")
    return pictures


def batch_of(pictures: Sequence[Picture], model: keras.Model, input_range: Range | None) -> np.ndarray:
    """Return the pictures as one float32 batch as `model` takes it.

    Args:
        pictures: files, resized to the model's input, or arrays `(h, w, c)` as `model.predict` takes them: a
            preprocessor that the model carries (`keras_hub`) is applied to them.
        model: what they are for.
        input_range: what it takes for black and white, where it does not say so itself.

    Raises:
        ImageError: a file cannot be read, or an array has not the model's shape.
        InputError: there is a file and nothing says the model's range.
    """
    form: PictureForm | None = None
    values = []
    for picture in pictures:
        if isinstance(picture, str | os.PathLike):
            form = form or PictureForm.of(model, input_range=input_range)
            values.append(form.batch([form.read(picture)])[0])
        else:
            ready = model_ready(model, picture[None], input_range is not None)
            values.append(checked(model, np.asarray(ready, "float32"))[0])
    shapes = {value.shape for value in values}
    if len(shapes) > 1:
        raise InputError(f"The pictures have the shapes {sorted(shapes)}; those of one source must have one.")
    return np.stack(values)


def shown(
    pictures: Sequence[Picture], batch: np.ndarray, model: keras.Model, input_range: Range | None
) -> np.ndarray:
    """Return what the pictures of `batch_of` look like, to draw on: uint8 RGB `(N, h, w, 3)`.

    Raises:
        ImageError: an array's values lie far outside of what the model takes.
        InputError: there is an array of floats or a file, and nothing says the model's range.
    """
    form = PictureForm.of(model, input_range=input_range)
    looks = []
    for picture, values in zip(pictures, batch, strict=True):
        if isinstance(picture, str | os.PathLike):
            looks.append(as_rgb(form.read(picture).pixels))
        else:
            as_it_is = np.asarray(picture).dtype == np.uint8 and form.preprocessor is None
            looks.append(form.shown((picture if as_it_is else values)[None])[0])
    return np.stack(looks)

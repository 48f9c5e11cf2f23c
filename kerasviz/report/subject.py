"""What a report is about: a classifier, the pictures it is tested on, and what it said about each."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from kerasviz.classification import Evaluation, evaluate
from kerasviz.data import Dataset, Split
from kerasviz.errors import InputError
from kerasviz.images import as_gray, as_rgb, resize_image, upscale
from kerasviz.models import class_names as names_in

# The longer side of a picture on the page.
LARGEST = 160


@dataclass(frozen=True)
class Subject:
    """A model and its evaluation on a split.

    Attributes:
        model: the classifier.
        split: the pictures, with the channels that the model takes and its numbers for the classes.
        data: what the pictures are called.
        converted: how their channels were changed, or an empty text.
        evaluation: the model's answer to every picture.
        image_size: height and width of the model's input.
        log_dir: where its training was logged, if that is known.
    """

    model: keras.Model
    split: Split
    data: str
    converted: str
    evaluation: Evaluation
    image_size: tuple[int, int]
    log_dir: str | os.PathLike[str] | None

    def right(self) -> np.ndarray:
        """Return the indices of the pictures whose class was found."""
        return np.flatnonzero(self.evaluation.predictions == self.evaluation.labels)

    def example(self) -> int:
        """Return the index of the picture to look into the network with: the first that it gets right."""
        right = self.right()
        return int(right[0]) if len(right) else 0

    def name(self, label: int) -> str:
        """Return the name of a class."""
        return self.evaluation.class_names[label]

    def shown(self, index: int) -> np.ndarray:
        """Return a picture for the page, uint8 `(h, w, C)`: its own size, or reduced to 160 pixels."""
        image = self.split.image(index)
        longest = max(image.shape[:2])
        if longest <= LARGEST:
            return image
        height, width = (max(1, round(side * LARGEST / longest)) for side in image.shape[:2])
        return resize_image(image, (height, width))

    def enlarged(self, index: int) -> np.ndarray:
        """Return `shown(index)`; a small picture's pixels become squares, so that a heatmap fits on it."""
        image = self.shown(index)
        return upscale(image, max(1, LARGEST // max(image.shape[:2])))

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return pictures as the model takes them: float32 `(N, h, w, C)` in 0..255."""
        return np.stack([self.split.image(int(at), self.image_size) for at in indices]).astype(np.float32)


def open_subject(
    model: keras.Model,
    data: Dataset | Split,
    class_names: Sequence[str] | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    image_size: int | tuple[int, int] | None = None,
) -> Subject:
    """Run the model over the data and return both; the arguments are those of `write_report`."""
    split = data.validation if isinstance(data, Dataset) else data
    names = class_names or names_in(model)
    if isinstance(data, Dataset):
        split = _relabelled(split, data.class_names, names) if names else split
        names = names or data.class_names
    split, converted = _with_channels(split, _channels(model))
    evaluation = evaluate(model, split, names, image_size=image_size)
    size = image_size or model.input_shape[1:3]
    return Subject(
        model,
        split,
        data.name if isinstance(data, Dataset) else "pictures",
        converted,
        evaluation,
        (size, size) if isinstance(size, int) else (int(size[0]), int(size[1])),
        log_dir,
    )


def _relabelled(split: Split, of_data: Sequence[str], of_model: Sequence[str]) -> Split:
    """Return the split with the model's numbers for its classes."""
    unknown = [name for name in of_data if name not in of_model]
    if unknown:
        raise InputError(
            f"The pictures' classes {', '.join(unknown[:5])} are none of the model's {len(of_model)} classes "
            f"({', '.join(list(of_model)[:5])}{', ...' if len(of_model) > 5 else ''}): give both the same "
            "names."
        )
    numbers = np.array([list(of_model).index(name) for name in of_data], np.int32)
    return dataclasses.replace(split, labels=numbers[split.labels])


def _channels(model: keras.Model) -> int | None:
    shape = getattr(model, "input_shape", None)
    return shape[-1] if isinstance(shape, tuple) and len(shape) == 4 else None


def _with_channels(split: Split, channels: int | None) -> tuple[Split, str]:
    """Return the split with pictures of that many channels, and what was done to them in words."""
    if channels not in (1, 3) or channels == split.channels:
        return split, ""
    if isinstance(split.images, np.ndarray):
        convert = as_rgb if channels == 3 else as_gray
        images = np.stack([convert(image).reshape(*image.shape[:2], channels) for image in split.images])
        split = dataclasses.replace(split, images=images)
    else:
        split = dataclasses.replace(split, channels=channels)
    return split, ", grey made RGB" if channels == 3 else ", made grey"

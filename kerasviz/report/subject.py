"""What a report is about: a classifier, the pictures it is tested on, and what it said about each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from kerasviz.classification import Evaluation, evaluate
from kerasviz.data import Data, Split, open_labelled
from kerasviz.images import WHOLE, Box, Picture, PictureForm, resize_image, upscale
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
        left_out: how many files beside them could not be read.
        converted: how their channels were changed, or an empty text.
        evaluation: the model's answer to every picture.
        form: how the model takes pictures.
        log_dir: where its training was logged, if that is known.
    """

    model: keras.Model
    split: Split
    data: str
    left_out: int
    converted: str
    evaluation: Evaluation
    form: PictureForm
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
        """Return pictures as the model takes them, float32."""
        if self.form.preprocessor is not None:
            return self.form.batch([self._fitted(at) for at in indices])
        return self.form.values(np.stack([self.split.pixels(int(at), self.form.size) for at in indices]))

    def box(self, index: int) -> Box:
        """Return which part of a picture the model sees."""
        return WHOLE if self.form.preprocessor is None else self._fitted(index).box

    def _fitted(self, index: int) -> Picture:
        return self.form.fit(self.split.image(int(index)))


def open_subject(
    model: keras.Model,
    data: Data,
    class_names: Sequence[str] | None = None,
    log_dir: str | os.PathLike[str] | None = None,
    image_size: int | tuple[int, int] | None = None,
    input_range: Sequence[float] | None = None,
) -> Subject:
    """Run the model over the data and return both; the arguments are those of `write_report`."""
    form = PictureForm.of(model, input_range=input_range, image_size=image_size)
    dataset = open_labelled(model, data, class_names, form.input_range)
    names = class_names or names_in(model) or (None if isinstance(data, Split) else dataset.class_names)
    split, converted = _with_channels(dataset.validation, form.channels)
    evaluation = evaluate(model, split, class_names=names, image_size=image_size, input_range=input_range)
    return Subject(model, split, dataset.name, len(dataset.skipped), converted, evaluation, form, log_dir)


def _with_channels(split: Split, channels: int | None) -> tuple[Split, str]:
    """Return the split with pictures of that many channels, and what was done to them in words."""
    if channels not in (1, 3) or channels == split.channels:
        return split, ""
    return split.with_channels(channels), ", grey made RGB" if channels == 3 else ", made grey"

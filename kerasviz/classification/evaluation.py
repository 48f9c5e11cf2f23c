"""How good a classifier is on pictures it has not learned from: every prediction, and the sums over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.data import Data, Dataset, Split, batches, open_labelled
from kerasviz.errors import ImageError, InputError, UnsupportedModelError
from kerasviz.images import PictureForm, in_threads
from kerasviz.models import class_names as names_in

# Probabilities below this count as this, as in Keras: log(0) would make one picture's loss infinite.
LEAST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class ClassRow:
    """One class of an evaluation: its name, its numbers, and what it is mistaken for most often.

    `accuracy` and `loss` are None for a class without a picture, `mistaken_for` where nothing was mistaken.
    """

    name: str
    pictures: int
    right: int
    accuracy: float | None
    loss: float | None
    mistaken_for: str | None
    times: int


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What a classifier said about each of N pictures.

    Attributes:
        class_names: the K classes.
        labels: int32 `(N,)`, what the pictures show.
        probabilities: float32 `(N, K)`, 0..1, of each class; the largest is the prediction.

    >>> said = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
    >>> three = Evaluation(("a", "b"), np.array([0, 1, 1]), said)
    >>> round(three.accuracy, 3), round(three.loss, 3), three.confusion().tolist()
    (0.667, 0.742, [[1, 0], [1, 1]])
    """

    class_names: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray

    def __repr__(self) -> str:
        """Return the sums in a line."""
        return (
            f"Evaluation({len(self.labels)} pictures, {len(self.class_names)} classes, accuracy "
            f"{self.accuracy:.3f}, loss {self.loss:.3f})"
        )

    @property
    def predictions(self) -> np.ndarray:
        """The class with the largest probability for each picture, `(N,)`."""
        return self.probabilities.argmax(axis=1)

    @property
    def losses(self) -> np.ndarray:
        """The cross-entropy of each picture, float64 `(N,)`: -log of its class's probability, in nats."""
        true = np.take_along_axis(self.probabilities, self.labels[:, None], axis=1)[:, 0]
        return -np.log(np.maximum(true, LEAST_PROBABILITY, dtype=np.float64))

    @property
    def accuracy(self) -> float:
        """The share of pictures whose class was found, 0..1."""
        return float(np.mean(self.labels == self.predictions))

    @property
    def loss(self) -> float:
        """The mean loss over all pictures, in nats."""
        return float(self.losses.mean())

    def confusion(self) -> np.ndarray:
        """Return int64 `(K, K)`: how many pictures of class i (row) were taken for class j (column)."""
        count = len(self.class_names)
        pairs = np.bincount(self.labels * count + self.predictions, minlength=count * count)
        return pairs.reshape(count, count)

    def rows(self) -> list[ClassRow]:
        """Return one row a class, in the classes' order."""
        return [self._row(index, counts) for index, counts in enumerate(self.confusion())]

    def _row(self, index: int, counts: np.ndarray) -> ClassRow:
        pictures, right = int(counts.sum()), int(counts[index])
        if pictures == 0:
            return ClassRow(self.class_names[index], 0, 0, None, None, None, 0)
        others = counts.copy()
        others[index] = 0
        other, times = int(others.argmax()), int(others.max())
        return ClassRow(
            name=self.class_names[index],
            pictures=pictures,
            right=right,
            accuracy=right / pictures,
            loss=float(self.losses[self.labels == index].mean()),
            mistaken_for=self.class_names[other] if times else None,
            times=times,
        )


def evaluate(
    model: keras.Model,
    data: Data,
    *,
    class_names: Sequence[str] | None = None,
    batch_size: int = 100,
    image_size: int | tuple[int, int] | None = None,
    input_range: Sequence[float] | None = None,
) -> Evaluation:
    """Run a classifier over all validation pictures, batch by batch, and return what it said.

    The pictures of a split of files are read when they are needed; the model is left as it was.

    Args:
        model: takes pictures `(N, h, w, c)` and returns `(N, K)` probabilities, or logits, which go
            through a softmax here (told apart by their values: probabilities are in 0..1 and sum to 1). One
            unit, `(N, 1)`, speaks for the second of two classes, as a probability or as a logit.
        data: a `Split`, whose labels are the model's numbers 0..K-1; or whatever `kerasviz.data.open_data`
            opens, whose classes are found among the model's by their names.
        class_names: K names; by default those kept in the model, else the data's, else the classes' numbers.
        batch_size: pictures in one run of the model.
        image_size: side or `(height, width)`, for a model that takes any.
        input_range: what the model takes for black and white, where it does not say it itself (see
            `kv.PictureForm`). Float arrays and streams are taken to be in it already.

    Raises:
        UnsupportedModelError: the output is not `(N, K)`, or is not finite; the model takes no pictures.
        ImageError: the pictures' channels are not those that the model takes.
        InputError: the number of names is not K, or a label is not below K; the pictures have no labels, or
            classes that the model has not; the size or the range is not known.
        DatasetError: the split is empty.

    >>> from kerasviz.data import Split
    >>> split = Split(np.array([[[[0]]], [[[255]]]], np.uint8), [0, 1])
    >>> model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(),
    ...                           keras.layers.Dense(2, kernel_initializer="ones", activation="softmax")])
    >>> found = evaluate(model, split, class_names=["dark", "light"], input_range=(0, 255))
    >>> found.confusion().tolist()  # both outputs are always equal
    [[1, 0], [1, 0]]
    """
    form = PictureForm.of(model, input_range=input_range, image_size=image_size)
    dataset = open_labelled(model, data, class_names, form.input_range)
    split = dataset.validation
    if form.channels not in (None, split.channels):
        raise ImageError(
            f"The pictures have {split.channels} channels, but the model {model.name!r} takes "
            f"{form.channels}: read them with channels={form.channels}."
        )
    check_numbers(batch_size=batch_size)
    answers = [_checked(answer) for answer in _answers(model, form, split, batch_size)]
    probabilities = _probabilities(np.concatenate(answers))
    names = class_names or names_in(model) or _names(dataset, probabilities.shape[1])
    if len(names) != probabilities.shape[1] or split.labels.max() >= len(names):
        raise InputError(
            f"The model has {probabilities.shape[1]} classes, but {len(names)} class names were given and "
            f"the largest label is {split.labels.max()}."
        )
    return Evaluation(tuple(names), split.labels, probabilities)


def _answers(model: keras.Model, form: PictureForm, split: Split, batch_size: int) -> Iterator[Any]:
    """Yield the outputs of the model for all pictures, batch by batch."""
    if form.preprocessor is None:
        for images, _ in batches(split, form.size, batch_size, cache=None):
            yield model.predict_on_batch(form.values(np.asarray(images)))
        return
    # A preprocessor crops and pads pictures of any size itself, as in `model.evaluate`.
    for start in range(0, len(split), batch_size):
        part = range(start, min(start + batch_size, len(split)))
        pictures = in_threads(lambda at: form.fit(split.image(at)), part)
        # The method of a keras_hub task would apply the preprocessor again.
        yield keras.Model.predict_on_batch(model, form.batch(pictures))


def _names(dataset: Dataset, count: int) -> Sequence[str]:
    known = dataset.class_names
    return known if len(known) == count else [str(index) for index in range(count)]


def _checked(outputs: Any) -> np.ndarray:
    """Return the outputs of a classifier as float32 `(N, K)`."""
    shape = getattr(outputs, "shape", None)
    if shape is None or len(shape) != 2:
        raise UnsupportedModelError(
            f"The model returns {type(outputs).__name__ if shape is None else f'the shape {tuple(shape)}'}; "
            "a classifier's (N, K) is expected."
        )
    values = np.asarray(outputs, dtype=np.float32)
    if not np.isfinite(values).all():
        raise UnsupportedModelError(
            "The model returns values that are not finite: its training ran away; train it again with a "
            "smaller learning rate."
        )
    return values


def _probabilities(values: np.ndarray) -> np.ndarray:
    """Return probabilities `(N, K)` for probabilities or logits: told apart by all pictures together."""
    if values.shape[1] == 1:
        second = values
        if values.min() < 0 or values.max() > 1:
            second = np.exp(-np.logaddexp(np.float32(0), -values))
        return np.concatenate([1 - second, second], axis=1)
    if values.min() >= 0 and np.allclose(values.sum(axis=1), 1, atol=1e-2):
        return values
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)

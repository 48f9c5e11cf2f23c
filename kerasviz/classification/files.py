"""An evaluation as files: numbers as JSON and CSV, and the figures that show where a classifier errs."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.classification.evaluation import ClassRow, Evaluation
from kerasviz.data import Split
from kerasviz.pictures.figures import (
    Figure,
    accuracy_figure,
    confusion_figure,
    mistakes_figure,
    prediction_figure,
    sample_figure,
    save_figure,
)

NUMBERS, TABLE = "evaluation.json", "evaluation.csv"
FIGURES = tuple(
    f"evaluation-{name}.png" for name in ("accuracy", "confusion", "samples", "predictions", "mistakes")
)
# Pictures in a figure; at most this many classes have a row of samples each.
_SHOWN, _SAMPLED_CLASSES, _SAMPLES = 32, 20, 6


def write_evaluation(evaluation: Evaluation, split: Split, directory: str | os.PathLike[str]) -> list[Path]:
    """Write an evaluation of `split` into `directory` and return the files.

    - `evaluation.json`: loss, accuracy, the rows of the classes, and the confusion matrix;
    - `evaluation.csv`: the rows of the classes, empty where a class has no picture;
    - `evaluation-accuracy.png` and `evaluation-confusion.png`: bars, and the confusion matrix;
    - `evaluation-samples.png`: the first six pictures of each class (of 20 classes at most, which the title
      says);
    - `evaluation-predictions.png`: 32 pictures from all over the split, the wrongly classified ones marked;
    - `evaluation-mistakes.png`: the 16 most confident of the wrong ones.

    Raises:
        ImageError: a picture of the split cannot be read any more.
    """
    folder = Path(directory)
    with atomic_path(folder / NUMBERS) as temporary:
        temporary.write_text(json.dumps(as_json(evaluation), indent=2) + "\n")
    with atomic_path(folder / TABLE) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(ClassRow)])
        writer.writeheader()
        writer.writerows(dataclasses.asdict(row) for row in evaluation.rows())
    for name, figure in zip(FIGURES, _figures(evaluation, split), strict=True):
        save_figure(figure, folder / name)
    return [folder / name for name in (NUMBERS, TABLE, *FIGURES)]


def as_json(evaluation: Evaluation) -> dict:
    """Return an evaluation as JSON values: `loss`, `accuracy`, `pictures`, `classes` and `confusion`.

    `confusion[i][j]` counts the pictures of class i that were taken for class j.
    """
    return {
        "loss": evaluation.loss,
        "accuracy": evaluation.accuracy,
        "pictures": len(evaluation.labels),
        "classes": [dataclasses.asdict(row) for row in evaluation.rows()],
        "confusion": evaluation.confusion().tolist(),
    }


def _figures(evaluation: Evaluation, split: Split) -> Iterator[Figure]:
    """Yield the figures one by one, in the order of their names: a figure that is written is let go."""
    names, overall = evaluation.class_names, evaluation.accuracy
    accuracies = [np.nan if row.accuracy is None else row.accuracy for row in evaluation.rows()]
    yield accuracy_figure(accuracies, names, overall, "Accuracy of each class")
    yield confusion_figure(evaluation.confusion(), names, f"{len(split)} pictures, accuracy {overall:.3f}")
    yield _samples(evaluation, split)
    spread = np.unique(np.linspace(0, len(split) - 1, min(_SHOWN, len(split))).astype(int))
    labels, probabilities = evaluation.labels, evaluation.probabilities
    some, every = _Pictures(split, spread), _Pictures(split, np.arange(len(split)))
    yield prediction_figure(some, labels[spread].tolist(), probabilities[spread], names, columns=8)
    yield mistakes_figure(every, labels.tolist(), probabilities, names)


def _samples(evaluation: Evaluation, split: Split) -> Figure:
    present = np.unique(evaluation.labels)
    shown = present[:_SAMPLED_CLASSES]
    chosen = np.concatenate([np.flatnonzero(evaluation.labels == label)[:_SAMPLES] for label in shown])
    title = f"The first pictures of {'each' if len(shown) == len(present) else f'the first {len(shown)}'} of "
    return sample_figure(
        _Pictures(split, chosen),
        evaluation.labels[chosen],
        evaluation.class_names,
        columns=2 * _SAMPLES,
        title=f"{title}{len(present)} classes",
    )


class _Pictures(Sequence):
    """Some pictures of a split, read when they are drawn."""

    def __init__(self, split: Split, indices: np.ndarray) -> None:
        self._split = split
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> np.ndarray:  # type: ignore[override]
        return self._split.image(int(self._indices[index]))

"""Figures of an evaluation: the confusion matrix and the accuracy of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_numbers
from kerasviz.pictures.colors import color_table
from kerasviz.pictures.figures.base import Figure, color_bar, new_figure
from kerasviz.pictures.scale import Scale

# From white to dark blue: counts start at nothing, and numbers are written into the cells.
COUNTS = "Blues"
MOST_WRITTEN = 25
# Characters: a longer name ends in dots.
LONGEST_NAME = 36


def confusion_figure(
    matrix: Any, class_names: Sequence[str] | None = None, title: str | None = None
) -> Figure:
    """Return a figure of a confusion matrix: true classes as rows, predicted ones as columns.

    The colour is the share of the row's pictures (a class without pictures stays white); the number in the
    cell, up to 25 classes, is the count.

    Args:
        matrix: counts `(classes, classes)`, `matrix[true, predicted]`.
        class_names: the names of the classes; without them, numbers are shown.
        title: the figure's.

    Raises:
        InputError: the matrix is not square, holds negative numbers or NaN, or the names are not as many.
    """
    matrix = as_numbers(matrix, "The confusion matrix").astype(np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not (matrix >= 0).all():
        raise InputError(
            f"A confusion matrix holds counts (classes, classes), none negative or NaN; received the "
            f"shape {matrix.shape}."
        )
    count = len(matrix)
    names = _names(count, class_names)
    totals = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)
    side = min(max(0.5 * count, 2.5), 12.0)
    fontsize = min(9.0, 72 * side / count * 0.6)
    margin = _inches(names, fontsize)
    figure = new_figure(side + margin + 1.3, side + margin + 0.7, title)
    axes = figure.add_subplot()
    axes.imshow(color_table(COUNTS)[(shares * 255 + 0.5).astype(np.uint8)], interpolation="nearest")
    axes.set_xticks(range(count), names, rotation=90, fontsize=fontsize, parse_math=False)
    axes.set_yticks(range(count), names, fontsize=fontsize, parse_math=False)
    axes.set(xlabel="predicted class", ylabel="true class")
    if count <= MOST_WRITTEN:
        for (row, column), value in np.ndenumerate(matrix):
            color = "white" if shares[row, column] > 0.55 else "black"
            axes.text(column, row, f"{value:g}", ha="center", va="center", fontsize=7, color=color)
    color_bar(figure, axes, Scale(0.0, 1.0), COUNTS, "share of the true class")
    return figure


def accuracy_figure(
    accuracies: Any,
    class_names: Sequence[str] | None = None,
    overall: float | None = None,
    title: str | None = None,
) -> Figure:
    """Return a bar chart of the accuracy of each class, in the order given.

    Args:
        accuracies: one for each class, 0.0 to 1.0; NaN for a class without pictures, which is said.
        class_names: the names of the classes; without them, numbers are shown.
        overall: the accuracy over all pictures, drawn as a line.
        title: the figure's.

    Raises:
        InputError: an accuracy is outside 0..1, or the names are not as many.
    """
    accuracies = as_numbers(accuracies, "accuracies").astype(np.float64).ravel()
    wrong = accuracies[(accuracies < 0) | (accuracies > 1)]
    if wrong.size:
        raise InputError(
            f"An accuracy is {wrong[0]:g}; expected 0.0 to 1.0, or NaN for a class without pictures."
        )
    names = _names(len(accuracies), class_names)
    figure = new_figure(5.5 + _inches(names, 9), 0.26 * len(names) + 1.2, title)
    axes = figure.add_subplot()
    places = range(len(names))
    axes.barh(places, np.nan_to_num(accuracies), color="#0072B2", height=0.7)
    for place, accuracy in enumerate(accuracies.tolist()):
        text = "no pictures" if np.isnan(accuracy) else f"{accuracy:.3f}"
        # In a column beside the bars, where no bar and no line crosses the digits.
        axes.text(1.02, place, text, va="center", fontsize=8)
    if overall is not None:
        axes.axvline(overall, color="#D55E00", linestyle="--", linewidth=1.5)
        axes.text(overall, -0.75, f"overall {overall:.3f}", ha="center", va="bottom", fontsize=8)
    axes.set_yticks(places, names, fontsize=9, parse_math=False)
    axes.set(xlim=(0.0, 1.0), ylim=(len(names) - 0.4, -0.6), xlabel="accuracy")
    return figure


def _names(count: int, class_names: Sequence[str] | None) -> list[str]:
    if class_names is None:
        return [str(index) for index in range(count)]
    if len(class_names) != count:
        raise InputError(f"There are {len(class_names)} class names for {count} classes: pass one for each.")
    names = [str(name) for name in class_names]
    return [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..." for name in names]


def _inches(names: Sequence[str], fontsize: float) -> float:
    """Return about how long the longest name is, in inches."""
    return max(len(name) for name in names) * fontsize / 72 * 0.6

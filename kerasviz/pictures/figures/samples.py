"""Figures of pictures with labels: a data set's samples, a model's predictions, its confident mistakes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError
from kerasviz.images import as_numbers, as_uint8
from kerasviz.pictures.figures.base import Figure, axes_grid, name_of, new_figure, show_image, wrap
from kerasviz.pictures.tile_sheet import tidy_columns

WRONG = "#D55E00"
CELL = 1.5


def sample_figure(
    images: Sequence[Any],
    labels: Sequence[int] | None = None,
    class_names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> Figure:
    """Return a figure of pictures, each under the name of its class.

    Args:
        images: `(n, h, w)`, `(n, h, w, C)`, or single pictures of any sizes; uint8 or floats in 0..1.
        labels: the class of each, by number.
        class_names: the names of the classes; without them, numbers are shown.
        columns: pictures in a row; without it, nearly square.
        title: the figure's.

    Raises:
        ImageError: a picture has the wrong shape or range.
        InputError: there is no picture, or not one label for each, or a label without a name.
    """
    names = [""] * len(images) if labels is None else [name_of(label, class_names) for label in labels]
    figure, grid = _picture_grid(images, len(names), columns, title)
    for axes, image, name in zip(grid, images, names, strict=True):
        show_image(axes, as_uint8(image), wrap(name, CELL, 8), fontsize=8)
    return figure


def prediction_figure(
    images: Sequence[Any],
    labels: Sequence[int],
    probabilities: Any,
    class_names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
) -> Figure:
    """Return a figure of pictures under what was predicted for them; the wrong ones are marked.

    A right prediction shows its class and probability. A wrong one is framed, crossed (`✗`) and names the
    true class below.

    Args:
        images: as for `sample_figure`.
        labels: the true class of each, by number.
        probabilities: `(n, classes)`; the largest is the prediction.
        class_names: the names of the classes; without them, numbers are shown.
        columns: pictures in a row; without it, nearly square.
        title: the figure's; without it, how many of the predictions are right.

    Raises:
        ImageError: a picture has the wrong shape or range.
        InputError: the numbers of pictures, labels and probabilities differ, or a label has no name.
    """
    probabilities = _as_table(probabilities, labels)
    predicted = probabilities.argmax(axis=1)
    right = int((predicted == np.asarray(labels)).sum())
    title = title or f"{right} of {len(predicted)} predictions right"
    figure, grid = _picture_grid(images, len(predicted), columns, title, lines=2)
    for index, axes in enumerate(grid):
        guess, truth = int(predicted[index]), int(labels[index])
        said = f"{name_of(guess, class_names)} {probabilities[index, guess]:.0%}"
        if guess == truth:
            show_image(axes, as_uint8(images[index]), wrap(said, CELL, 8), fontsize=8)
            continue
        actual = f"is {name_of(truth, class_names)}"
        text = f"{wrap(f'✗ {said}', CELL, 8)}\n{wrap(actual, CELL, 8)}"
        show_image(axes, as_uint8(images[index]), text, fontsize=8)
        _frame(axes)
    return figure


def confident_mistakes(labels: Sequence[int], probabilities: Any, count: int = 16) -> np.ndarray:
    """Return the indices of up to `count` wrong predictions, the most confident first.

    >>> confident_mistakes([0, 1, 1], [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]]).tolist()
    [2, 1]

    Raises:
        InputError: `count` is below 1, or labels and probabilities do not fit.
    """
    check_numbers(count=count)
    probabilities = _as_table(probabilities, labels)
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != np.asarray(labels))
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][:count]


def mistakes_figure(
    images: Sequence[Any],
    labels: Sequence[int],
    probabilities: Any,
    class_names: Sequence[str] | None = None,
    count: int = 16,
    columns: int | None = None,
) -> Figure:
    """Return a figure of the most confident wrong predictions, at most `count`; see `prediction_figure`.

    Raises:
        ImageError: a picture has the wrong shape or range.
        InputError: as `prediction_figure`, or `count` is below 1.
    """
    probabilities = _as_table(probabilities, labels)
    chosen = confident_mistakes(labels, probabilities, count)
    wrong = int((probabilities.argmax(axis=1) != np.asarray(labels)).sum())
    if not wrong:
        return new_figure(5.0, 1.0, f"No mistakes among {len(probabilities)} predictions")
    title = f"The {len(chosen)} most confident of {wrong} mistakes among {len(probabilities)} predictions"
    shown = [images[index] for index in chosen]
    return prediction_figure(
        shown, [int(labels[index]) for index in chosen], probabilities[chosen], class_names, columns, title
    )


def _picture_grid(
    images: Sequence[Any], count: int, columns: int | None, title: str | None, lines: int = 1
) -> tuple[Figure, list[Axes]]:
    if len(images) != count or count == 0:
        raise InputError(
            f"There are {len(images)} pictures and {count} labels; expected at least one, and as many."
        )
    columns = min(columns or tidy_columns(count, math.sqrt(count)), count)
    check_numbers(columns=columns)
    rows = -(-count // columns)
    figure = new_figure(max(CELL * columns, 3.0), (CELL + 0.17 * lines) * rows + 0.4, title)
    return figure, axes_grid(figure, count, columns)


def _as_table(probabilities: Any, labels: Sequence[int]) -> np.ndarray:
    """Return the probabilities as `(n, classes)`, one row for each label."""
    table = as_numbers(probabilities, "probabilities")
    if table.ndim != 2 or len(table) != len(labels) or table.shape[1] < 2:
        raise InputError(
            f"probabilities are {table.shape} for {len(labels)} labels; expected (n, classes) with "
            "one row for each label and at least two classes."
        )
    if not np.isfinite(table).all():
        raise InputError("The probabilities hold NaN or infinite values: there is no largest among them.")
    return table


def _frame(axes: Axes) -> None:
    for spine in axes.spines.values():
        spine.set(visible=True, edgecolor=WRONG, linewidth=3)

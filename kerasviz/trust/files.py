"""What methods of explanation got, as a table of texts, JSON, CSV and figures."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasviz.atomic import atomic_path
from kerasviz.pictures.figures import curves_figure, methods_figure, save_figure
from kerasviz.trust.evaluator import LOWER_IS_BETTER, MEASURES, MethodScores, as_table

# Apart from the files of a classifier's evaluation, so that both may be written into one folder.
NUMBERS, TABLE, FIGURE = "trust.json", "trust.csv", "trust.png"
_GONE = {
    "deletion": "share of the pixels that are gone",
    "insertion": "share of the pixels that are back",
}


def score_table(rows: Sequence[MethodScores]) -> tuple[list[str], list[list[str]]]:
    """Return headings and cells of a table to read: means, standard errors, seconds; baselines in brackets.

    >>> import numpy as np
    >>> score_table([MethodScores("rise", False, {"iou": np.array([0.25, 0.75])}, {}, 1.5)])
    (['method', 'iou', 's/picture'], [['rise', '0.500 ±0.250', '1.5']])
    """
    measures = _measured(rows)
    cells = []
    for row in rows:
        values = [_score(row, name) if name in row.values else "-" for name in measures]
        name = f"({row.method})" if row.baseline else row.method
        cells.append([name, *values, "" if row.baseline else f"{row.seconds:.3g}"])
    return ["method", *measures, "s/picture"], cells


def write_scores(
    rows: Sequence[MethodScores],
    directory: str | os.PathLike[str],
    about: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write what methods got into a folder and return the files.

    - `trust.json`: `about`, and under `methods` the rows of `as_table`;
    - `trust.csv`: these rows;
    - `trust.png`: means and standard errors as bars;
    - `deletion.png` and `insertion.png`: the mean curves, where they were measured, and the areas below them.

    Args:
        rows: of `Evaluator.scores`; at least one.
        directory: the folder; it is made where there is none.
        about: what else the JSON file says, such as the model and the data.
    """
    folder = Path(directory)
    table, measures = as_table(rows), _measured(rows)
    with atomic_path(folder / NUMBERS) as path:
        path.write_text(json.dumps({**(about or {}), "methods": table}, indent=2) + "\n")
    columns = list(dict.fromkeys(name for row in table for name in row))
    with atomic_path(folder / TABLE) as path, path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(table)
    values = {
        name: [(row.mean(name), row.error(name)) if name in row.values else None for row in rows]
        for name in measures
    }
    baselines = [row.method for row in rows if row.baseline]
    title = "mean and standard error; grey: baselines, dashed: the best of them"
    figure = methods_figure([row.method for row in rows], values, baselines, LOWER_IS_BETTER, title)
    save_figure(figure, folder / FIGURE)
    files = [folder / name for name in (NUMBERS, TABLE, FIGURE)]
    for kind in dict.fromkeys(name for row in rows for name in row.curves):
        curves = {
            f"{row.method} {_score(row, kind)}": {"": _points(row, kind)}
            for row in rows
            if kind in row.curves
        }
        files.append(folder / f"{kind}.png")
        title = f"{kind}: area and standard error"
        save_figure(curves_figure(curves, "probability of the class", title, _GONE[kind]), files[-1])
    return files


def _measured(rows: Sequence[MethodScores]) -> list[str]:
    return [name for name in MEASURES if any(name in row.values for row in rows)]


def _score(row: MethodScores, measure: str) -> str:
    """Return a mean with its standard error, which one picture does not tell."""
    error = row.error(measure)
    return f"{row.mean(measure):.3f} ±{'?' if math.isnan(error) else f'{error:.3f}'}"


def _points(row: MethodScores, kind: str) -> list[tuple[float, float]]:
    curves = row.curves[kind]
    return list(zip(curves.shares.tolist(), curves.scores.mean(axis=0).tolist(), strict=True))

"""The scores of methods as a table in the terminal, JSON, CSV and figures."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.tables import print_table

if TYPE_CHECKING:
    from kerasviz.trust import MethodScores


def print_scores(rows: Sequence[MethodScores], measures: Sequence[str]) -> None:
    """Print a row for each method: the mean of each measure, its standard error, and the seconds it took."""
    shown = _measured(rows, measures)
    headings = ("method", *shown, "s/picture")
    cells = []
    for row in rows:
        values = [
            f"{row.mean(name):.3f} ±{row.error(name):.3f}" if name in row.values else "-" for name in shown
        ]
        name = f"({row.method})" if row.baseline else row.method
        cells.append((name, *values, "" if row.baseline else f"{row.seconds:.3g}"))
    print_table(headings, cells, headings[1:])
    print("in brackets: baselines, which know nothing of the network; deletion: lower is better")


def write_scores(
    rows: Sequence[MethodScores], measures: Sequence[str], about: dict[str, Any], folder: Path
) -> list[Path]:
    """Write `evaluation.json`, `.csv` and `.png`, and a figure of the curves where there are any."""
    from kerasviz.atomic import atomic_path
    from kerasviz.pictures.figures import curves_figure, methods_figure, save_figure
    from kerasviz.trust import LOWER_IS_BETTER, as_table

    table, shown = as_table(rows), _measured(rows, measures)
    with atomic_path(folder / "evaluation.json") as path:
        path.write_text(json.dumps(about | {"methods": table}, indent=2) + "\n")
    columns = list(dict.fromkeys(name for row in table for name in row))
    with atomic_path(folder / "evaluation.csv") as path, path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(table)
    values = {
        name: [(row.mean(name), row.error(name)) if name in row.values else None for row in rows]
        for name in shown
    }
    baselines = [row.method for row in rows if row.baseline]
    title = "mean and standard error; grey: baselines, dashed: the best of them"
    figure = methods_figure([row.method for row in rows], values, baselines, LOWER_IS_BETTER, title)
    save_figure(figure, folder / "evaluation.png")
    files = [folder / f"evaluation.{ending}" for ending in ("json", "csv", "png")]
    for kind in dict.fromkeys(name for row in rows for name in row.curves):
        curves = {row.method: {"": _points(row, kind)} for row in rows if kind in row.curves}
        files.append(folder / f"{kind}.png")
        share = (
            "share of the pixels that are gone" if kind == "deletion" else "share of the pixels that are back"
        )
        save_figure(curves_figure(curves, "probability of the class", kind, share), files[-1])
    return files


def _measured(rows: Sequence[MethodScores], measures: Sequence[str]) -> list[str]:
    return [name for name in measures if any(name in row.values for row in rows)]


def _points(row: MethodScores, kind: str) -> list[tuple[float, float]]:
    curves = row.curves[kind]
    return list(zip(curves.shares.tolist(), curves.scores.mean(axis=0).tolist(), strict=True))

"""The sections of numbers: facts, architecture, training curves, accuracy, confusion."""

from __future__ import annotations

import collections
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kerasviz.classification import ClassRow
from kerasviz.errors import InputError
from kerasviz.events import open_log
from kerasviz.probe import layers
from kerasviz.report.charts import line_chart, share_bar
from kerasviz.report.markup import Html, join, table, tag
from kerasviz.report.subject import Subject

# Rows of a table: more would fill the page's five megabytes.
MOST_ROWS = 1000
# Classes of a confusion matrix; of more, the most frequent mistakes are listed.
MOST_IN_MATRIX, MOST_MISTAKES = 25, 30
_MOST_CHARTS = 4
_RUNS = ("train", "validation")


def facts(subject: Subject) -> dict[str, str]:
    """Return what stands at the top of the page: the model, the data, the accuracy, the date."""
    model, evaluation = subject.model, subject.evaluation
    height, width = subject.form.size
    return {
        "Test accuracy": f"{evaluation.accuracy:.4f}",
        "Test loss": f"{evaluation.loss:.4f}",
        "Model": model.name,
        "Parameters": f"{model.count_params():,}",
        "Input": f"{height} x {width} {'grey' if subject.split.channels == 1 else 'RGB'}",
        "Data set": f"{subject.data}{subject.converted}",
        "Test pictures": f"{len(subject.split):,}",
        **({"Files left out": f"{subject.left_out:,}"} if subject.left_out else {}),
        "Classes": f"{len(evaluation.class_names):,}",
        "Date": time.strftime("%Y-%m-%d %H:%M"),
    }


def architecture(subject: Subject) -> Html:
    """Return the table of the model's layers."""
    found = layers(subject.model, subject.batch([0]))
    rows = [
        (
            info.path,
            info.kind,
            "?" if info.output_shape is None else " x ".join(map(str, info.output_shape[1:])),
            f"{info.parameters:,}",
            "yes" if info.is_target else "",
        )
        for info in found[:MOST_ROWS]
    ]
    headings = ("layer", "kind", "output", "parameters", "CAM possible")
    caption = f"{_first(len(rows), len(found))} layers"
    return table(headings, rows, numbers=("parameters",), caption=caption)


def curves(subject: Subject) -> Html:
    """Return charts of the scalars that were logged while the model learned."""
    if subject.log_dir is None:
        raise InputError("no log of the training was given; log_dir names its folder.")
    found: dict[str, dict[str, list[tuple[int, float]]]] = collections.defaultdict(dict)
    damage = []
    for run, folder in _runs(Path(subject.log_dir)):
        log = open_log(folder)
        for info in log.tags():
            if info.kind == "scalar":
                name = run if info.run == "." else f"{run}/{info.run}".strip("/")
                found[info.tag][name or "values"] = log.scalars(info.tag, info.run)
        damage += [str(log.damage)] if log.damage else []
    if not found:
        raise InputError(f"the log {subject.log_dir} holds no scalars, such as the loss of each epoch.")
    ordered = sorted(found, key=_importance)
    charts = [
        line_chart(
            name,
            found[name],
            "epoch" if name.startswith("epoch_") else "step",
            # Single batches with a loss of almost nothing would stretch the axis over many powers of ten.
            logarithmic=name == "epoch_loss",
        )
        for name in ordered[:_MOST_CHARTS]
    ]
    notes = [f"Also logged: {', '.join(ordered[_MOST_CHARTS:])}."] if ordered[_MOST_CHARTS:] else []
    notes += [f"The log is damaged: {text}." for text in damage]
    return join(
        [tag("div", *charts, class_="charts"), tag("p", " ".join(notes), class_="note") if notes else ""]
    )


def accuracy(subject: Subject) -> Html:
    """Return the table of the classes: pictures, accuracy with a bar, loss, what they are taken for."""
    rows = subject.evaluation.rows()
    present = [row for row in rows if row.pictures]
    absent = len(rows) - len(present)
    cells = [_class_cells(row) for row in present[:MOST_ROWS]]
    evaluation = subject.evaluation
    loss = f"{evaluation.loss:.3f}"
    right = int((evaluation.predictions == evaluation.labels).sum())
    cells.append(
        ("all", f"{len(evaluation.labels):,}", f"{right:,}", share_bar(evaluation.accuracy), loss, "")
    )
    headings = ("class", "pictures", "right", "accuracy", "loss", "most often taken for")
    caption = f"{_first(len(cells) - 1, len(present))} classes"
    if absent:
        caption += f" with pictures; {absent:,} of the model's have none"
    return table(headings, cells, numbers=("pictures", "right", "loss"), caption=caption)


def confusion(subject: Subject) -> Html:
    """Return the confusion matrix, or of many classes the most frequent mistakes."""
    matrix = subject.evaluation.confusion()
    names = subject.evaluation.class_names
    if len(names) > MOST_IN_MATRIX:
        return _mistakes(matrix, names)
    headings = tag(
        "tr", tag("th", "true / predicted", class_="corner"), *(tag("th", n, scope="col") for n in names)
    )
    body = []
    for name, counts in zip(names, matrix, strict=True):
        total = max(int(counts.sum()), 1)
        cells = [_count(int(count), int(count) / total) for count in counts]
        body.append(tag("tr", tag("th", name, scope="row"), *cells))
    whole = tag("table", tag("thead", headings), tag("tbody", *body), class_="confusion")
    box = tag("div", whole, class_="scroll fit", tabindex="0", role="region", aria_label="Confusion matrix")
    return join([tag("p", "Rows: true class. Columns: predicted class. Colour: share of the row."), box])


def _first(shown: int, count: int) -> str:
    return f"{count:,}" if shown == count else f"The first {shown:,} of {count:,}"


def _class_cells(row: ClassRow) -> tuple[str | Html, ...]:
    return (
        row.name,
        f"{row.pictures:,}",
        f"{row.right:,}",
        share_bar(row.accuracy or 0.0),
        f"{row.loss:.3f}",
        f"{row.mistaken_for} ({row.times:,})" if row.mistaken_for else "",
    )


def _count(count: int, share: float) -> Html:
    kind = "high" if share > 0.55 else None if count else "none"
    return tag("td", f"{count:,}", class_=kind, style=f"--s:{math.ceil(share * 100) / 100:g}")


def _mistakes(matrix: np.ndarray, names: tuple[str, ...]) -> Html:
    wrong = matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_MISTAKES]
    pairs = [divmod(int(at), len(names)) for at in order if wrong.flat[at]]
    rows = [
        (names[true], names[said], f"{wrong[true, said]:,}", f"{wrong[true, said] / matrix[true].sum():.1%}")
        for true, said in pairs
    ]
    caption = (
        f"The {len(rows)} most frequent of {np.count_nonzero(wrong):,} kinds of mistakes: the matrix of "
        f"{len(names):,} classes is too large to read."
    )
    headings = ("true class", "predicted class", "pictures", "share of the class")
    return table(headings, rows, numbers=("pictures", "share of the class"), caption=caption)


def _runs(log_dir: Path) -> Iterator[tuple[str, Path]]:
    """Yield the names and folders of the runs to draw: `train` and `validation` where there are any."""
    parts = [name for name in _RUNS if (log_dir / name).is_dir()]
    yield from ((name, log_dir / name) for name in parts)
    if not parts:
        yield "", log_dir


def _importance(name: str) -> tuple[bool, int, str]:
    """Return what sorts epochs before steps, loss and accuracy before other measures."""
    kind, _, measure = name.partition("_")
    measures = ("loss", "accuracy")
    return kind != "epoch", measures.index(measure) if measure in measures else len(measures), name

"""What the commands that train end with: how good the network is, as a table and as files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from kerasviz.classification import Evaluation
    from kerasviz.data import Dataset


def report_accuracy(model: keras.Model, dataset: Dataset, log_dir: str | os.PathLike[str]) -> None:
    """Evaluate `model`, as it is after the last epoch, on the validation pictures; print and write it."""
    from kerasviz.classification import evaluate, write_evaluation

    evaluation = evaluate(model, dataset.validation, class_names=dataset.class_names)
    print_accuracy(evaluation)
    files = write_evaluation(evaluation, dataset.validation, log_dir)
    print(f"evaluation of the last epoch's network in {log_dir}: {', '.join(path.name for path in files)}")


def print_accuracy(evaluation: Evaluation) -> None:
    """Print a row for every class, and the sums over them as the last."""
    from kerasviz.cli.parts.tables import print_table

    rows = [
        (
            row.name,
            str(row.pictures),
            "-" if row.accuracy is None else f"{row.accuracy:.3f}",
            "-" if row.loss is None else f"{row.loss:.3f}",
            f"{row.mistaken_for} ({row.times})" if row.mistaken_for else "-",
        )
        for row in evaluation.rows()
    ]
    total = (str(len(evaluation.labels)), f"{evaluation.accuracy:.3f}", f"{evaluation.loss:.3f}")
    print_table(
        ("class", "pictures", "accuracy", "loss", "most often taken for"),
        [*rows, ("all", *total, "")],
        numbers=("pictures", "accuracy", "loss"),
    )

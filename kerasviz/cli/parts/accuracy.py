"""How good a network is, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasviz.classification import Evaluation


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

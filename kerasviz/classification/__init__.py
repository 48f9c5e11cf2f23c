"""How good a classifier is: accuracy of each class, confusion, mistakes."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.classification.evaluation import ClassRow, Evaluation, evaluate
from kerasviz.classification.files import FIGURES, NUMBERS, TABLE, write_evaluation

__all__ = [
    "FIGURES",
    "NUMBERS",
    "TABLE",
    "ClassRow",
    "Evaluation",
    "evaluate",
    "write_evaluation",
]

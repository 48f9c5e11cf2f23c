"""Whole data sets: every picture explained in one pass, and what only many pictures can show."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.dataset_jobs.entry import explain_dataset
from kerasviz.dataset_jobs.explanations import Explanations, Row, open_explanations
from kerasviz.dataset_jobs.plan import Plan
from kerasviz.dataset_jobs.receptive import Receptive, receptive_area
from kerasviz.dataset_jobs.shard import explain_shard
from kerasviz.dataset_jobs.sums import TOP, Sums

__all__ = [
    "TOP",
    "Explanations",
    "Plan",
    "Receptive",
    "Row",
    "Sums",
    "explain_dataset",
    "explain_shard",
    "open_explanations",
    "receptive_area",
]

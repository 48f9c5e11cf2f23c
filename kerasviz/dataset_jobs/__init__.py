"""Whole data sets: what only many pictures can show."""

from __future__ import annotations

from kerasviz.dataset_jobs.receptive import Receptive, receptive_area
from kerasviz.dataset_jobs.sums import TOP, Sums

__all__ = [
    "TOP",
    "Receptive",
    "Sums",
    "receptive_area",
]

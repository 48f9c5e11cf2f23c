"""The report: one self-contained HTML file about a trained classifier and a data set."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.report.write import Report, write_report

__all__ = [
    "Report",
    "write_report",
]

"""What is watched while a network trains: callbacks for any `fit`, and the sources of their frames."""

from __future__ import annotations

from kerasviz.watch.cam_frames import cams
from kerasviz.watch.evolution import Evolution
from kerasviz.watch.measures import dead_filters, drift
from kerasviz.watch.scales import ScaleChoice
from kerasviz.watch.schedule import every, geometric
from kerasviz.watch.source import Output, Run, Source, Watch, log_sheet
from kerasviz.watch.sources import Picture, kernels, responses
from kerasviz.watch.training_log import TrainingLog

__all__ = [
    "Evolution",
    "Output",
    "Picture",
    "Run",
    "ScaleChoice",
    "Source",
    "TrainingLog",
    "Watch",
    "cams",
    "dead_filters",
    "drift",
    "every",
    "geometric",
    "kernels",
    "log_sheet",
    "responses",
]

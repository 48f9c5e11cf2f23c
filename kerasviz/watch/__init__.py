"""What is watched while a network trains: callbacks for any `fit`, and the sources of their frames."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.watch.cam_frames import cams
from kerasviz.watch.evolution import Evolution
from kerasviz.watch.kernel_drift import drift
from kerasviz.watch.kernel_frames import kernels
from kerasviz.watch.response_frames import responses
from kerasviz.watch.scales import ScaleChoice
from kerasviz.watch.schedule import every, geometric
from kerasviz.watch.silent_filters import dead_filters
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.training_log import TrainingLog
from kerasviz.watch.watched_pictures import Picture

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
    "responses",
]

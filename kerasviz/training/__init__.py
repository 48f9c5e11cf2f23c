"""Training, and what is watched while it goes on: callbacks for any `fit`, and whole training jobs."""

from __future__ import annotations

from kerasviz.training.attention import cams
from kerasviz.training.checkpoints import Checkpoints
from kerasviz.training.evaluation import Evaluation, evaluate
from kerasviz.training.evaluation_files import write_evaluation
from kerasviz.training.evolution import Evolution
from kerasviz.training.fashion import train_fashion_cnn
from kerasviz.training.jobs import Place, train, train_pets_cnn
from kerasviz.training.measures import dead_filters, drift
from kerasviz.training.phases import Phase
from kerasviz.training.scalars import TrainingLog
from kerasviz.training.schedule import every, geometric
from kerasviz.training.settings import Settings
from kerasviz.training.source import Output, Run, Source, Watch, log_sheet
from kerasviz.training.sources import kernels, responses
from kerasviz.training.transfer import Transfer, train_transfer

__all__ = [
    "Checkpoints",
    "Evaluation",
    "Evolution",
    "Output",
    "Phase",
    "Place",
    "Run",
    "Settings",
    "Source",
    "TrainingLog",
    "Transfer",
    "Watch",
    "cams",
    "dead_filters",
    "drift",
    "evaluate",
    "every",
    "geometric",
    "kernels",
    "log_sheet",
    "responses",
    "train",
    "train_fashion_cnn",
    "train_pets_cnn",
    "train_transfer",
    "write_evaluation",
]

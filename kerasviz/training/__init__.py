"""Training jobs: a data set, a network, checkpoints, and the folder of a run that can go on after a kill."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.training.checkpoints import Checkpoints
from kerasviz.training.devices import describe_devices
from kerasviz.training.ending import finish_run
from kerasviz.training.jobs import Place, train
from kerasviz.training.phases import Phase
from kerasviz.training.recipes.fashion import PRESETS, train_fashion_cnn
from kerasviz.training.recipes.pets import train_pets_cnn
from kerasviz.training.recipes.transfer import Transfer, train_transfer
from kerasviz.training.run_folder import log_beside
from kerasviz.training.settings import Settings

__all__ = [
    "PRESETS",
    "Checkpoints",
    "Phase",
    "Place",
    "Settings",
    "Transfer",
    "describe_devices",
    "finish_run",
    "log_beside",
    "train",
    "train_fashion_cnn",
    "train_pets_cnn",
    "train_transfer",
]

"""The callback that keeps the last and the best model, and finds them again."""

from __future__ import annotations

import json
import logging
import math
import os
from pathlib import Path
from typing import Any

import keras

from kerasviz.atomic import atomic_path
from kerasviz.errors import OutputError
from kerasviz.models import copy_record, load_model, save_model

logger = logging.getLogger(__name__)

LAST, BEST, PROGRESS = "last.keras", "best.keras", "progress.json"


class Checkpoints(keras.callbacks.Callback):
    """Saves `last.keras` after every epoch and `best.keras` after every one that is better than all before.

    `last.keras` holds the optimizer's state, so that training can go on from it; `best.keras` is for use and
    does not, unless the model is subclassed. Both are written under a temporary name and renamed: a killed
    run leaves the ones before. Where they cannot be written, on a full disk for instance, a warning says so,
    the ones before stay, and training goes on.

    Args:
        directory: the folder of the run.
        monitor: what "better" goes by: a name in Keras's logs. Names that end in "loss" are better small.
    """

    def __init__(self, directory: str | os.PathLike[str], monitor: str = "val_accuracy") -> None:
        super().__init__()
        self.directory = Path(directory)
        self.monitor = monitor
        self.best = math.nan
        self.best_epoch = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Find what was best so far, when training goes on with an earlier run."""
        file = self.directory / PROGRESS
        if int(self.model.optimizer.iterations) > 0 and file.exists():
            progress = json.loads(file.read_text())
            self.best, self.best_epoch = progress["best"], progress["best_epoch"]

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save the model, and again as the best if it is."""
        try:
            self._save(epoch, (logs or {}).get(self.monitor))
        except OutputError as error:
            logger.warning("After epoch %d: %s Training goes on without a new checkpoint.", epoch + 1, error)

    def _save(self, epoch: int, value: Any) -> None:
        if value is not None and self._is_better(float(value)):
            save_model(_without_optimizer(self.model), self.directory / BEST)
            self.best, self.best_epoch = float(value), epoch + 1
        save_model(self.model, self.directory / LAST)
        progress = {
            "epochs": epoch + 1,
            "monitor": self.monitor,
            "best": self.best,
            "best_epoch": self.best_epoch,
        }
        with atomic_path(self.directory / PROGRESS, durable=True) as temporary:
            temporary.write_text(json.dumps(progress, indent=2) + "\n")

    def _is_better(self, value: float) -> bool:
        if math.isnan(self.best):
            return not math.isnan(value)
        return value < self.best if self.monitor.endswith("loss") else value > self.best


def load_last(directory: str | os.PathLike[str]) -> keras.Model | None:
    """Return the model that a run in `directory` saved last, with its optimizer, or None if it saved none.

    Raises:
        ModelFileError: the file is damaged.
    """
    file = Path(directory) / LAST
    return load_model(file, compile=True) if file.exists() else None


def _without_optimizer(model: keras.Model) -> keras.Model:
    """Return a model of the same layers that is not compiled, so that a third of the size is saved.

    A `Sequential` becomes a functional model of the same layers, names and tensors: a second `Sequential`
    would call its layers anew. A subclassed model is returned as it is.
    """
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        return model
    bare = keras.Model(model.inputs, model.outputs, name=model.name)
    copy_record(model, bare)
    return bare

"""The callback that keeps the last and the best model, and finds them again."""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from kerasviz.atomic import atomic_path, errors_in_sentences
from kerasviz.bounds import Bounds
from kerasviz.errors import ModelFileError, OutputError
from kerasviz.models import copy_record, load_model, save_model
from kerasviz.training.divergence import diverged
from kerasviz.training.state_files import DamagedError, read_state

logger = logging.getLogger(__name__)

LAST, BEST, PROGRESS = "last.keras", "best.keras", "progress.json"


class Checkpoints(keras.callbacks.Callback):
    """Saves `last.keras` after every epoch and `best.keras` after every one that is better than all before.

    `last.keras` holds the optimizer's state, so that training can go on from it; `best.keras` is for use and
    does not, unless the model is subclassed. Both are written under a temporary name and renamed: a killed
    run leaves the ones before. Where they cannot be written, on a full disk for instance, or the loss is no
    number any more, a warning says so, the ones before stay, and training goes on.

    Args:
        directory: the folder of the run.
        monitor: what "better" goes by: a name in Keras's logs. Names that end in "loss" are better small.
        first: called before each checkpoint: what a run that goes on from it would not do again, such as
            `Evolution.settle`.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_accuracy",
        *,
        first: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self.directory = Path(directory)
        self.monitor = monitor
        self._first = first
        self.best = math.nan
        self.best_epoch = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Find what was best so far, when training goes on with an earlier run."""
        step = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        if step == 0:
            return
        try:
            progress = read_state(self.directory / PROGRESS)
            reason = "it does not say how good that is"
        except DamagedError as error:
            progress, reason = {}, str(error)
        best = Bounds(float).found(progress.get("best"))
        epoch = Bounds(int, 1).found(progress.get("best_epoch"))
        if best is not None and epoch is not None and progress.get("monitor") == self.monitor:
            self.best, self.best_epoch = best, epoch
        elif (self.directory / BEST).exists():
            self._set_best_aside(step, reason)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save the model, and again as the best if it is."""
        if diverged(logs):
            said = "After epoch %d the loss is no number: no checkpoint is written, the ones before stay."
            logger.warning(said, epoch + 1)
            return
        if self._first is not None:
            self._first()
        try:
            self._save(epoch, (logs or {}).get(self.monitor))
        except OutputError as error:
            logger.warning("After epoch %d: %s Training goes on without a new checkpoint.", epoch + 1, error)

    def _save(self, epoch: int, value: Any) -> None:
        if value is not None and self._is_better(float(value)):
            save_model(_without_optimizer(self.model), self.directory / BEST)
            self.best, self.best_epoch = float(value), epoch + 1
        progress = {
            "epochs": epoch + 1,
            "monitor": self.monitor,
            "best": None if math.isnan(self.best) else self.best,
            "best_epoch": self.best_epoch,
        }
        # In this order a run that is killed in between sees the epoch again, and never forgets how good the
        # best is.
        with atomic_path(self.directory / PROGRESS, durable=True) as temporary:
            temporary.write_text(json.dumps(progress, indent=2) + "\n")
        save_model(self.model, self.directory / LAST)

    def _set_best_aside(self, step: int, reason: str) -> None:
        aside = self.directory / f"best-before-step-{step}.keras"
        logger.warning(
            "%s cannot be used (%s): %s is kept as %s, and the best is looked for anew.",
            self.directory / PROGRESS,
            reason,
            BEST,
            aside.name,
        )
        try:
            with errors_in_sentences(aside):
                os.replace(self.directory / BEST, aside)
        except OutputError as error:
            logger.warning("%s Training goes on, and a later epoch takes the place of %s.", error, BEST)

    def _is_better(self, value: float) -> bool:
        if not math.isfinite(value):
            return False
        if math.isnan(self.best):
            return True
        return value < self.best if self.monitor.endswith("loss") else value > self.best


def load_last(directory: str | os.PathLike[str]) -> keras.Model | None:
    """Return the model that a run in `directory` saved last, with its optimizer, or None if it saved none.

    Raises:
        ModelFileError: the file is damaged, leads nowhere, or was saved without its optimizer.
    """
    file = Path(directory) / LAST
    mend = (
        f"training cannot go on from it: put a copy of it back, or remove {LAST} and {PROGRESS} to begin "
        "with epoch 1 again."
    )
    if not os.path.lexists(file):
        if (epochs := _epochs_in(file.parent / PROGRESS)) > 1:
            raise ModelFileError(f"{file} is missing after {epochs} epochs; {mend}")
        return None
    try:
        model = load_model(file, compile=True)
    except ModelFileError as error:
        raise ModelFileError(f"{str(error).rstrip('.')}; {mend}") from error
    if getattr(model, "optimizer", None) is None:
        raise ModelFileError(f"{file} was saved without its optimizer; {mend}")
    return model


def _epochs_in(progress: Path) -> int:
    """Return how many epochs the file speaks of; 0 where it says nothing."""
    try:
        epochs = read_state(progress).get("epochs")
    except DamagedError:
        return 0
    return epochs if isinstance(epochs, int) else 0


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

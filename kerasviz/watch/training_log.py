"""The callback that logs scalars, weight histograms, graphs and texts."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz.errors import LogError
from kerasviz.events import EventLog
from kerasviz.watch.graph import log_graphs
from kerasviz.watch.run_texts import log_texts
from kerasviz.watch.schedule import every as every_steps
from kerasviz.watch.steps import first_step, last_batch, note_own_steps, optimizer_step

logger = logging.getLogger(__name__)

# More values than this do not change a histogram of 30 bins, only what it costs.
HISTOGRAM_VALUES = 200_000


class TrainingLog(keras.callbacks.Callback):
    """Logs loss and metrics every few steps and every epoch, weight histograms, the model's graphs, and as
    texts the settings of the training and the model's summary.

    Two TensorBoard runs are written, `LOG_DIR/train` and `LOG_DIR/validation`, with the tags that Keras
    itself uses: `batch_loss`, `batch_accuracy`, ... over optimizer steps, `epoch_loss`, ... over epochs. A
    `batch_` value of `train` is the mean over the steps since the one before; of `validation` it is that of
    one batch, the next of `validation_data` each time.

    Args:
        log_dir: the folder of the run.
        every: the optimizer steps between two `batch_` values.
        validation_data: batches `(images, labels)` of a classifier with one output, gone through again and
            again; None leaves the `batch_` values of `validation` out.
        histograms: whether to log each weight's histogram every epoch. Of a weight with more than 200,000
            values, evenly spaced ones are counted.
        settings: what else is to stand in the text `settings`, beside the model's loss and optimizer.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        *,
        every: int = 5,
        validation_data: Iterable[tuple[Any, Any]] | None = None,
        histograms: bool = True,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.directory = Path(log_dir)
        self._due = every_steps(every)
        self._validation = None if validation_data is None else _endless(validation_data)
        self._histograms = histograms
        self._settings = dict(settings or {})
        self._train: EventLog | None = None
        self._held_out: EventLog | None = None
        self._step = 0
        self._counts_itself: bool | None = None
        self._batch = self._window_start = -1
        self._window_means: dict[str, float] = {}

    def __repr__(self) -> str:
        return f"TrainingLog(step {self._step} in {self.directory})"

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Open the two event files; log the settings, and where training starts afresh graphs and summary."""
        self.close()
        self._step = first_step(self.directory / "train", self.model.optimizer)
        self._counts_itself = None
        # Readers drop what is at the start step or after it, and what is at the last step is still true.
        start = self._step + 1 if self._step else 0
        self._train = EventLog(self.directory / "train", start_step=start)
        self._held_out = EventLog(self.directory / "validation", start_step=start)
        log_texts(self._train, self._step, self.model, self._settings)
        if self._step == 0:
            log_graphs(self.model, self._train)
            if self._histograms:
                self._log_histograms(self._train)
        self._train.flush()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Keras's running means start again."""
        self._batch = self._window_start = -1
        self._window_means = {}

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Log the window that ends here, if one does."""
        batch = last_batch(self, batch)
        previous, self._step = self._step, self._step + batch - self._batch
        self._batch = batch
        if not self._due(previous, self._step) or self._train is None or self._held_out is None:
            return
        with self._training_goes_on():
            if self._counts_itself is None:
                self._note_own_steps()
            for name, value in self._window(logs or {}).items():
                self._train.scalar(f"batch_{name}", self._step, value)
            self._train.flush()
            if self._validation is not None:
                for name, value in evaluate_batch(self.model, *next(self._validation)).items():
                    self._held_out.scalar(f"batch_{name}", self._step, value)
                self._held_out.flush()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Log the epoch's values and the histograms."""
        if self._train is None or self._held_out is None:
            return
        with self._training_goes_on():
            for name, value in (logs or {}).items():
                log = self._held_out if name.startswith("val_") else self._train
                log.scalar(f"epoch_{name.removeprefix('val_')}", epoch, float(value))
            if self._histograms:
                self._log_histograms(self._train)
            self._train.flush()
            self._held_out.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Close the files."""
        with self._training_goes_on():
            if self._batch >= 0:
                self._note_own_steps()
            self.close()

    def _note_own_steps(self) -> None:
        """Say in the log that its steps are counted here, if they are."""
        if self._counts_itself is None:
            # Once in a run: reading the optimizer waits for the device.
            self._counts_itself = optimizer_step(self.model.optimizer) == 0
        if self._counts_itself and self._train is not None:
            note_own_steps(self._train, self._step)

    def _window(self, means: dict[str, Any]) -> dict[str, float]:
        """Return the means over the steps since the last window, from Keras's means over the epoch."""
        seen, before = self._batch + 1, self._window_start + 1
        window = {
            name: (float(mean) * seen - self._window_means.get(name, 0.0) * before) / (seen - before)
            for name, mean in means.items()
        }
        self._window_start = self._batch
        self._window_means = {name: float(mean) for name, mean in means.items()}
        return window

    def _log_histograms(self, log: EventLog) -> None:
        for weight in self.model.weights:
            values = keras.ops.convert_to_numpy(weight).ravel()
            if np.issubdtype(values.dtype, np.integer):
                continue  # the state of a random generator
            values = values[:: -(-values.size // HISTOGRAM_VALUES)].astype("float32")
            if np.isfinite(values).all():
                log.histogram(weight.path.removeprefix(f"{self.model.name}/"), self._step, values)

    @contextlib.contextmanager
    def _training_goes_on(self) -> Iterator[None]:
        """When the log cannot be written, say so, and log no more."""
        try:
            yield
        except LogError as error:
            logger.warning("%s Training goes on, but its log ends at step %d.", error, self._step)
            with contextlib.suppress(LogError):
                self.close()

    def close(self) -> None:
        """Close the files, which a `fit` that ends in an exception leaves to do."""
        logs, self._train, self._held_out = (self._train, self._held_out), None, None
        with contextlib.ExitStack() as stack:
            for log in logs:
                if log is not None:
                    stack.callback(log.close)


def _endless(batches: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    while True:
        yield from batches


def evaluate_batch(model: keras.Model, images: Any, labels: Any) -> dict[str, float]:
    """Return loss and accuracy of a compiled classifier on one batch, its metrics left alone.

    Args:
        model: compiled with a loss over `(labels, predictions)`.
        images: `(N, h, w, c)`.
        labels: `(N,)`, the class indices.
    """
    # Under a MirroredStrategy each device answers the whole batch, one answer after the other.
    predictions = model.predict_on_batch(images)[: len(labels)]
    labels = keras.ops.convert_to_numpy(labels)
    loss = keras.ops.mean(keras.losses.get(model.loss)(labels, predictions))
    accuracy = np.mean(np.argmax(predictions, axis=-1) == labels)
    return {"loss": float(keras.ops.convert_to_numpy(loss)), "accuracy": float(accuracy)}

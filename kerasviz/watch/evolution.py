"""The callback that logs how kernels and responses evolve."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import keras

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.events import EventLog
from kerasviz.probe import has_kernel, resolve
from kerasviz.watch.kernel_drift import drift
from kerasviz.watch.kernel_frames import kernels
from kerasviz.watch.scales import Scales
from kerasviz.watch.schedule import Schedule, as_schedule
from kerasviz.watch.source import Output, Run, Source, Watch
from kerasviz.watch.steps import last_batch
from kerasviz.watch.tags import refuse_shared
from kerasviz.watch.worker import Worker

logger = logging.getLogger(__name__)


class Evolution(keras.callbacks.Callback):
    """Logs sources on a schedule while `fit` runs, to TensorBoard's event log in `LOG_DIR/evolution`.

    A model that is not built when `fit` starts (one without a `keras.Input`) has no weights at step 0; its
    first frame is that of its first batch.

    On a due step the training thread only copies what changes (kernels, the responses to a small batch); a
    worker thread draws, encodes and writes. Step 0 and the last step are always logged. When the worker
    cannot keep up, steps in between are left out and counted in `thinned`.

    Every `fit` writes a file of its own, step numbers are the optimizer's, and scales and initial kernels
    are found again, so that a resumed run reads as one.

    Args:
        log_dir: the folder of the run.
        watch: a source or several: `kv.watch.kernels`, `responses`, `cams`, `drift`, `dead_filters`, or your
            own; by default the kernels of the first four convolutions and the drift of all kernels.
        every: the optimizer steps between two looks, or a schedule such as
            `kv.watch.geometric(1.2)`.

    Raises:
        InputError: `every` is not positive, or `watch` holds something else than sources.
        LayerNotFoundError: at the start of `fit`, when a source names a layer that the model lacks.
        InputError: at the start of `fit`, when two sources would write one tag.

    >>> import keras, numpy as np, tempfile, kerasviz as kv
    >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="conv"),
    ...                           keras.layers.GlobalMaxPooling2D(), keras.layers.Dense(2)])
    >>> model.compile("sgd", "mse")
    >>> log_dir = tempfile.mkdtemp()
    >>> evolution = kv.Evolution(log_dir, watch=kv.watch.kernels("conv"), every=2)
    >>> _ = model.fit(np.ones((6, 8, 8, 1)), np.ones((6, 2)), batch_size=2, verbose=0, callbacks=[evolution])
    >>> [frame.step for frame in kv.open_log(log_dir).frames("kernels/conv")]
    [0, 2, 3]
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str],
        watch: Source | Sequence[Source] | None = None,
        every: int | Schedule = 50,
    ) -> None:
        super().__init__()
        self.directory = Path(log_dir) / "evolution"
        self.thinned = 0
        self._sources = None if watch is None else _as_sources(watch)
        self._due = as_schedule(every)
        self._watches: list[Watch] = []
        self._output: Output | None = None
        self._worker: Worker | None = None
        self._step = self._logged = 0
        self._batch = -1

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start, unless the model gets its weights with the first batch only."""
        self._close()
        if all(layer.built for layer in self.model._flatten_layers()):
            self._start()

    def _start(self) -> None:
        """Bind the sources, open a new event file, and log the state as it is now."""
        sources = default_watch(self.model) if self._sources is None else self._sources
        self._step = self._optimizer_step()
        run = Run(self.model, self.directory, start_step=self._step)
        self._watches = [watch for source in sources for watch in source.bind(run)]
        refuse_shared(tag for watch in self._watches for tag in watch.tags)
        scales = Scales(self.directory if self._step > 0 else None)
        self._output = Output(EventLog(self.directory, start_step=self._step), scales)
        self._worker = Worker()
        self._log(required=True)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Batches are counted from 0 again."""
        self._batch = -1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Log when a step of the schedule has been passed since the last batch."""
        # Counted here rather than read from the optimizer: reading would wait for the device every step.
        batch = last_batch(self, batch)
        previous, self._step = self._step, self._step + batch - self._batch
        self._batch = batch
        if self._worker is None:
            self._start()
        elif self._due(previous, self._step):
            self._log(required=False)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Log the last state and close the file."""
        if self._worker is not None:
            if self._logged != self._step:
                self._log(required=True)
            self._close()

    def _optimizer_step(self) -> int:
        optimizer = getattr(self.model, "optimizer", None)
        return 0 if optimizer is None else int(optimizer.iterations)

    def _log(self, required: bool) -> None:
        output, worker, step = self._output, self._worker, self._step
        if output is None or worker is None:
            return
        collected = [(watch, watch.collect()) for watch in self._watches]

        def write() -> None:
            for watch, value in collected:
                watch.write(value, step, output)
            output.log.flush()

        if required:
            worker.require(write)
            self._logged = step
        elif worker.offer(write):
            self._logged = step

    def _close(self) -> None:
        worker, output = self._worker, self._output
        self._worker = self._output = None
        if worker is None or output is None:
            return
        worker.finish()
        output.log.close()
        self.thinned += worker.thinned
        if worker.error is not None:
            logger.warning(
                "The evolution in %s is incomplete: writing it failed with %r.", self.directory, worker.error
            )
        if worker.thinned:
            logger.warning(
                "%d looks were left out of %s: the disk or the processor could not keep up; raise `every`.",
                worker.thinned,
                self.directory,
            )


def _as_sources(watch: Source | Sequence[Source]) -> list[Source]:
    sources = [watch] if isinstance(watch, Source | str) else list(watch)
    for source in sources:
        if not isinstance(source, Source):
            raise InputError(
                f"`watch` holds {source!r}, which is no source; use kv.watch.kernels(...), "
                "kv.watch.responses(...), kv.watch.cams(...), kv.watch.drift(...), "
                "kv.watch.dead_filters(...), or a subclass of Source."
            )
    return sources


def default_watch(model: keras.Model, convolutions: int = 4) -> list[Source]:
    """Return the sources that suit any model: the first convolutions' kernels, and the drift of all.

    Raises:
        UnsupportedModelError: no layer of the model has a kernel.
    """
    found = [one for one in resolve(model, "*") if has_kernel(one.place.layer)]
    if not found:
        raise UnsupportedModelError(
            f"No layer of the model {model.name!r} has a kernel; pass `watch` with what there is to see."
        )
    convs = [one for one in found if "Conv" in type(one.place.layer).__name__]
    return [*(kernels(one.path) for one in convs[:convolutions]), drift()]

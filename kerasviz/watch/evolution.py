"""The callback that logs how kernels and responses evolve."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import keras

from kerasviz.errors import InputError, LogError, UnsupportedModelError
from kerasviz.probe import has_kernel, resolve
from kerasviz.watch.kernel_drift import drift
from kerasviz.watch.kernel_frames import kernels
from kerasviz.watch.schedule import Schedule, as_schedule
from kerasviz.watch.source import Source
from kerasviz.watch.steps import first_step, last_batch, note_own_steps, optimizer_step
from kerasviz.watch.stretch import Stretch
from kerasviz.watch.trainer_state import up_to_date


class Evolution(keras.callbacks.Callback):
    """Logs sources on a schedule while `fit` runs, to TensorBoard's event log in `LOG_DIR/evolution`.

    A model that is not built when `fit` starts (one without a `keras.Input`) has no weights at step 0; its
    first frame is that of its first batch.

    On a due step the training thread only copies what changes (kernels, the responses to a small batch); a
    worker thread draws, encodes and writes. Step 0 and the last step are always logged. When the worker
    cannot keep up, steps in between are left out and counted in `thinned`.

    Every `fit` writes a file of its own, step numbers are the optimizer's, and scales and initial kernels
    are found again, so that a resumed run reads as one. Where the model's optimizer does not count (a GAN
    with optimizers of its own), batches are counted here, and a later `fit` goes on where the log ends: log
    another network into another folder. `watching` is for training loops without `fit`.

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
        *,
        every: int | Schedule = 50,
    ) -> None:
        super().__init__()
        self.directory = Path(log_dir) / "evolution"
        self.thinned = 0
        self._sources = None if watch is None else _as_sources(watch)
        self._due = as_schedule(every)
        self._stretch: Stretch | None = None
        self._optimizer: Any = None
        self._step = self._start_step = 0
        self._batch = -1
        self._in_loop = False
        self._counted = False

    def __repr__(self) -> str:
        return f"Evolution(step {self._step} in {self.directory})"

    def watching(self, model: keras.Model, *, optimizer: Any = None) -> Evolution:
        """Return this evolution for a training loop of one's own over `model`, to be used with `with`.

        Entering logs step 0, or the step that `optimizer` is at; `step()` belongs at the end of every step;
        leaving logs the last one.

        Args:
            model: what is watched; it need not be compiled.
            optimizer: the one that trains it, for the number of the first step; by default the model's. Where
                there is none that counts, a later run in the same folder goes on where the log ends.

        >>> import keras, tempfile, kerasviz as kv
        >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="conv")])
        >>> log_dir = tempfile.mkdtemp()
        >>> with kv.Evolution(log_dir, kv.watch.kernels("conv"), every=2).watching(model) as evolution:
        ...     for _ in range(5):
        ...         evolution.step()
        >>> [frame.step for frame in kv.open_log(log_dir).frames("kernels/conv")]
        [0, 2, 4, 5]
        """
        self.close()
        self.set_model(model)
        self._optimizer = optimizer
        return self

    def __enter__(self) -> Evolution:
        if self.model is None:
            raise InputError("Nothing is watched yet: with kv.Evolution(...).watching(model) as evolution.")
        self._in_loop = True
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._in_loop = False
        if kind is None:
            self._end()
        self.close()

    def step(self) -> None:
        """Say that a step of one's own loop is done; logs when the schedule is due.

        Raises:
            InputError: outside of `with evolution.watching(model)`.
        """
        if not self._in_loop:
            raise InputError(
                "step() belongs into a loop of one's own, within `with evolution.watching(model)`; `fit` "
                "counts by itself."
            )
        self._advance(1)

    def settle(self) -> None:
        """Wait until every look so far is in the log's file, where it outlives this process."""
        if self._stretch is not None:
            self._stretch.settle()

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Start, unless the model gets its weights with the first batch only."""
        self.close()
        self._optimizer = None
        self._begin()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Batches are counted from 0 again."""
        self._batch = -1

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Log when a step of the schedule has been passed since the last batch."""
        # Counted here rather than read from the optimizer: reading would wait for the device every step.
        batch = last_batch(self, batch)
        steps, self._batch = batch - self._batch, batch
        self._advance(steps)

    def on_train_end(self, logs: dict | None = None) -> None:
        """Log the last state and close the file."""
        self._end()
        self.close()

    def _begin(self) -> None:
        """Note where the steps begin, and start where the model has all its weights."""
        self._step = self._start_step = first_step(self.directory, self._counter)
        self._counted = False
        # A model around others (a GAN) is never built itself: what holds weights counts.
        leaves = [layer for layer in self.model._flatten_layers() if not _parts(layer)]
        if not all(layer.built for layer in leaves):
            return
        try:
            self._start()
        except UnsupportedModelError:
            # What a model that was never called refuses, it may allow after its first batch.
            if self.model.built:
                raise

    def _start(self) -> None:
        """Bind the sources, open a new event file, and log the state as it is now."""
        sources = default_watch(self.model) if self._sources is None else self._sources
        self._stretch = Stretch(self.model, sources, self.directory, self._step)
        self._look(self._stretch, required=True)

    def _advance(self, steps: int) -> None:
        previous, self._step = self._step, self._step + steps
        if self._stretch is None:
            self._start()
        elif self._due(previous, self._step):
            self._look(self._stretch)

    def _look(self, stretch: Stretch, required: bool = False) -> None:
        up_to_date(self)
        stretch.log(self._step, required)
        if self._counted or self._step == self._start_step:
            return
        # Once in a run, and only now that the weights are here: reading the optimizer waits for the device.
        self._counted = True
        if optimizer_step(self._counter) == 0:
            with contextlib.suppress(LogError):  # the worker meets the same, and says so in the end
                note_own_steps(stretch.event_log, self._step)

    def _end(self) -> None:
        if self._stretch is not None:
            self._look(self._stretch, required=True)

    def close(self) -> None:
        """Write what is waiting and close the file, which a `fit` that ends in an exception leaves to do."""
        stretch, self._stretch = self._stretch, None
        if stretch is not None:
            self.thinned += stretch.close()

    @property
    def _counter(self) -> Any:
        """The optimizer whose steps these are; None where there is none."""
        return self._optimizer if self._optimizer is not None else getattr(self.model, "optimizer", None)


def _parts(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    return list(layer._flatten_layers(include_self=False, recursive=False))


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

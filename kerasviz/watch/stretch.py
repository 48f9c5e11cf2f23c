"""One stretch of watched training: sources bound to a model, an event file, and the worker that writes it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import keras

from kerasviz.errors import LogError
from kerasviz.events import EventLog
from kerasviz.watch.curve_layout import CATEGORY, charts_of
from kerasviz.watch.layer_notes import layer_notes, write_notes
from kerasviz.watch.scales import Scales
from kerasviz.watch.source import Output, Run, Source
from kerasviz.watch.tags import refuse_shared
from kerasviz.watch.worker import Worker

logger = logging.getLogger(__name__)


class Stretch:
    """Binds sources to `model` and opens an event file; `log` looks, `close` ends it.

    Args:
        model: the model, built.
        sources: what is watched.
        directory: the folder of the log.
        start_step: the step at the start; above 0, scales and initial kernels of the log go on.

    Raises:
        InputError: two sources would write one tag, or a source refuses the model.
    """

    def __init__(
        self, model: keras.Model, sources: Sequence[Source], directory: Path, start_step: int
    ) -> None:
        run = Run(model, directory, start_step)
        self._watches = [watch for source in sources for watch in source.bind(run)]
        refuse_shared(tag for watch in self._watches for tag in watch.tags)
        scales = Scales(directory if start_step > 0 else None)
        self.event_log = EventLog(directory, start_step=start_step)
        self._output = Output(self.event_log, scales)
        self._worker = Worker()
        self._logged: int | None = None
        notes = layer_notes(model, self._watches)
        charts = charts_of(tag for watch in self._watches for tag in watch.tags)

        def write_once() -> None:
            write_notes(self.event_log, start_step, notes)
            if charts:
                self.event_log.scalar_layout(start_step, CATEGORY, charts)

        self._worker.require(write_once)

    def log(self, step: int, required: bool = False) -> None:
        """Look at everything now; what is written is drawn by the worker.

        A look that is not `required` is left out when the worker cannot keep up, and counted. A step that was
        looked at already is not looked at again.
        """
        if step == self._logged:
            return
        collected = [(watch, watch.collect()) for watch in self._watches]
        output = self._output

        def write() -> None:
            for watch, value in collected:
                watch.write(value, step, output)
            output.log.flush()

        if required:
            self._worker.require(write)
        elif not self._worker.offer(write):
            return
        self._logged = step

    def settle(self) -> None:
        """Wait until every look so far is in the file."""
        self._worker.settle()

    def close(self) -> int:
        """Write what is waiting and close the file; return how many looks were left out."""
        worker, directory = self._worker, self.event_log.directory
        worker.finish()
        try:
            self.event_log.close()
        except LogError as error:  # a full disk must not end a training run
            worker.error = worker.error or error
        if worker.error is not None:
            logger.warning(
                "The evolution in %s is incomplete: writing it failed with %r.", directory, worker.error
            )
        if worker.thinned:
            logger.warning(
                "%d looks were left out of %s: the disk or the processor could not keep up; raise `every`.",
                worker.thinned,
                directory,
            )
        return worker.thinned

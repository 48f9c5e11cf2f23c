"""What an evolution watches: a source, bound to a model, becomes watches."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz.events import EventLog
from kerasviz.watch.scales import Scales


@dataclass(frozen=True)
class Run:
    """One `fit` as a source sees it.

    Attributes:
        model: the model, built.
        directory: the folder of the log, for what a resumed run has to find again.
        start_step: the optimizer's step at the start; above 0, the run goes on with an earlier one.
    """

    model: keras.Model
    directory: Path
    start_step: int


@dataclass(frozen=True)
class Output:
    """Where the watches of one run write to: the event log, and the scales of its frames."""

    log: EventLog
    scales: Scales


class Watch(abc.ABC):
    """One thing watched on one model."""

    @property
    def tags(self) -> Sequence[str]:
        """What it writes. A tag that two watches write is refused before training."""
        return ()

    @property
    def shown_layers(self) -> Mapping[str, str]:
        """Of the tags that are pictures, the path of the layer that each shows: it is noted in the log."""
        return {}

    @property
    def watched(self) -> np.ndarray | None:
        """What the layers see, to be noted with them: pictures uint8 RGB `(N, h, w, 3)`."""
        return None

    @abc.abstractmethod
    def collect(self) -> Any:
        """Copy what is needed now. Runs on the training thread: copy, do not draw."""

    @abc.abstractmethod
    def write(self, collected: Any, step: int, output: Output) -> None:
        """Turn what was collected at `step` into events. Runs on the worker thread."""


class Source(abc.ABC):
    """A description of what to watch, free of any model, so that one can be used for several."""

    @abc.abstractmethod
    def bind(self, run: Run) -> list[Watch]:
        """Return the watches on the run's model.

        Raises:
            LayerNotFoundError: the model has no such layer.
            UnsupportedModelError: the layer is there, but what is asked of it is not.
        """

"""What an evolution watches: a source, bound to a model, becomes watches."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz.events import EventLog
from kerasviz.pictures import Scale, SheetLayout, sheet
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


def log_sheet(
    output: Output, tag: str, step: int, tiles: np.ndarray, scale: Scale | None, **meta: Any
) -> None:
    """Log `tiles` as one sheet at native size, with `meta` and all else that is needed to read it.

    Args:
        output: where to.
        tag: the tag of the frame.
        step: the optimizer step.
        tiles: `(n, h, w)` or `(n, h, w, 3)`: numbers, or uint8 pictures with no scale.
        scale: the scale of the numbers.
        meta: what else to record with the frame, JSON values.
    """
    layout = SheetLayout.for_tiles(tiles)
    if scale is not None:
        meta["scale"] = [scale.low, scale.high]
        meta["clipped"] = round(scale.clipped_share(tiles), 6)
        not_finite = int(tiles.size - np.isfinite(tiles).sum())
        if not_finite:
            meta["not_finite"] = not_finite
    picture = sheet(tiles, scale, columns=layout.columns, gap=layout.gap)
    output.log.image(tag, step, picture, {**meta, "tiles": layout.to_dict()})

"""What the log keeps of watched layers: kind, shape, parameters, and the pictures they see."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.events import EventLog, LayerNote, encode_png
from kerasviz.pictures import sheet
from kerasviz.probe import LayerInfo, layers
from kerasviz.watch.source import Watch

# What is noted of an image tag, and the pictures that its layer sees.
Note = tuple[str, LayerInfo, np.ndarray | None]


def layer_notes(model: keras.Model, watches: Sequence[Watch]) -> list[Note]:
    """Return what is to be noted of the layers that `watches` show."""
    shown = [(watch, tag, path) for watch in watches for tag, path in watch.shown_layers.items()]
    if not shown:
        return []
    table: dict[str, LayerInfo] = {}
    with contextlib.suppress(UnsupportedModelError):  # of a model that cannot be surveyed nothing is noted
        table = {info.path: info for info in layers(model)}
    found = [(tag, _row(table, path), watch.watched) for watch, tag, path in shown]
    return [(tag, info, watched) for tag, info, watched in found if info is not None]


def write_notes(log: EventLog, step: int, notes: Sequence[Note]) -> None:
    """Write them; several pictures become one sheet. Runs on the worker thread."""
    drawn: dict[int, bytes] = {}
    for tag, info, watched in notes:
        if watched is not None and id(watched) not in drawn:
            drawn[id(watched)] = encode_png(sheet(watched))
        picture = b"" if watched is None else drawn[id(watched)]
        note = LayerNote(info.path, info.kind, info.output_shape, info.parameters, picture)
        log.layer_note(tag, step, note)


def _row(table: Mapping[str, LayerInfo], path: str) -> LayerInfo | None:
    """Return a layer's row: that of its first call, and of `LAYER/KERNEL` the layer's."""
    return table.get(path) or table.get(f"{path}:0") or table.get(path.rpartition("/")[0])

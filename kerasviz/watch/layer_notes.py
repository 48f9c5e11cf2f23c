"""What the log keeps of watched layers: kind, shape, parameters, and the pictures they see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import keras
import numpy as np

from kerasviz.events import EventLog, LayerNote, encode_png
from kerasviz.pictures import sheet
from kerasviz.probe import walk
from kerasviz.watch.source import Watch

# What is noted of an image tag, without the picture, and the pictures that its layer sees.
Note = tuple[str, LayerNote, np.ndarray | None]


def layer_notes(model: keras.Model, watches: Sequence[Watch]) -> list[Note]:
    """Return what is to be noted of the layers that `watches` show."""
    places = {place.path: place.layer for place in walk(model)}
    notes: list[Note] = []
    for watch in watches:
        for tag, path in watch.shown_layers.items():
            found = _layer(places, path)
            if found is not None:
                notes.append((tag, _note(*found), watch.watched))
    return notes


def write_notes(log: EventLog, step: int, notes: Sequence[Note]) -> None:
    """Write them; several pictures become one sheet. Runs on the worker thread."""
    drawn: dict[int, bytes] = {}
    for tag, note, watched in notes:
        if watched is not None and id(watched) not in drawn:
            drawn[id(watched)] = encode_png(sheet(watched))
        log.layer_note(tag, step, replace(note, picture=b"" if watched is None else drawn[id(watched)]))


def _layer(places: Mapping[str, keras.Layer], path: str) -> tuple[str, keras.Layer] | None:
    """Return a layer and its path: of `LAYER:1` (its second call) and of `LAYER/KERNEL` too."""
    for known in (path, path.rpartition(":")[0], path.rpartition("/")[0]):
        if known in places:
            return known, places[known]
    return None


def _note(path: str, layer: keras.Layer) -> LayerNote:
    # Not the table of layers: it runs the model symbolically, two seconds for 169 layers.
    try:
        shape = tuple(layer.output.shape)
    except (AttributeError, ValueError):  # of no graph, or of several outputs
        shape = None
    return LayerNote(path, type(layer).__name__, shape, layer.count_params() if layer.built else 0)

"""Where each tag's records stand: built in one pass over the files, so that frames are decoded on demand."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.graph import metadata as graph_plugin

from kerasviz.events.frame import Damage
from kerasviz.events.image_summary import stated_sizes
from kerasviz.events.records import read_records

_KINDS = {"images": "image", "scalars": "scalar", "histograms": "histogram"}
_OLD_KINDS = {"simple_value": "scalar", "image": "image", "histo": "histogram"}


@dataclass
class TagIndex:
    """The places of one tag's records in the files of one run.

    Attributes:
        source: The tag as the records spell it.
        sample: Which of a record's pictures is meant (`tf.summary.image` can write several).
        kind: See `TagInfo`.
        size: The `(width, height)` that the latest image states.
    """

    source: str
    sample: int
    kind: str
    size: tuple[int, int] | None = None
    _steps: array[int] = field(default_factory=lambda: array("q"))
    _files: array[int] = field(default_factory=lambda: array("q"))
    _offsets: array[int] = field(default_factory=lambda: array("q"))

    def add(self, step: int, file: int, offset: int, session_start: int | None) -> None:
        """Note one record; the first one of a new session drops what earlier files hold from its start on."""
        if session_start is not None and self._files and self._files[-1] != file:
            kept = np.asarray(self._steps) < session_start
            for name in ("_steps", "_files", "_offsets"):
                setattr(self, name, array("q", np.asarray(getattr(self, name))[kept].tobytes()))
        self._steps.append(step)
        self._files.append(file)
        self._offsets.append(offset)

    def places(self) -> np.ndarray:
        """Return int64 `(n, 3)`: step, file number and offset, by rising step, the last of equal steps."""
        table = np.array([self._steps, self._files, self._offsets], np.int64).T
        table = table[np.argsort(table[:, 0], kind="stable")]
        last = np.append(table[1:, 0] != table[:-1, 0], True) if len(table) else np.zeros(0, bool)
        return table[last]


def index_run(files: list[Path], damage: Damage) -> tuple[list[Path], dict[str, TagIndex]]:
    """Return the files of one run in the order of their starts, and the index of its tags."""
    files = sorted(files, key=lambda path: (_start(path), path.name))
    tags: dict[str, TagIndex] = {}
    for number, path in enumerate(files):
        session_start: int | None = None
        for offset, data in read_records(path, damage):
            event = _parse(data)
            if event is None:
                damage.corrupt += 1
            elif event.HasField("session_log"):
                if event.session_log.status == event_pb2.SessionLog.START:
                    session_start = event.step
            elif event.HasField("graph_def"):
                name = graph_plugin.RUN_GRAPH_NAME
                index = tags.setdefault(name, TagIndex(name, 0, "graph"))
                index.add(event.step, number, offset, session_start)
            else:
                for value in event.summary.value:
                    _add_value(tags, value, (event.step, number, offset, session_start))
    return files, tags


def _add_value(
    tags: dict[str, TagIndex], value: summary_pb2.Summary.Value, place: tuple[int, int, int, int | None]
) -> None:
    """Index one value of a summary; further pictures of an image value become tags `TAG#1`, `TAG#2`, ..."""
    known = tags.get(value.tag)
    kind = _kind(value) or (known.kind if known else "tensor")
    if kind != "image":
        tags.setdefault(value.tag, TagIndex(value.tag, 0, kind)).add(*place)
        return
    width, height, samples = stated_sizes(value)
    for sample in range(samples):
        name = f"{value.tag}#{sample}" if sample else value.tag
        index = tags.setdefault(name, TagIndex(value.tag, sample, kind))
        index.size = (width, height)
        index.add(*place)


def _kind(value: summary_pb2.Summary.Value) -> str | None:
    plugin = value.metadata.plugin_data.plugin_name
    return _KINDS.get(plugin, plugin) or _OLD_KINDS.get(value.WhichOneof("value") or "")


def _parse(data: bytes) -> event_pb2.Event | None:
    try:
        return event_pb2.Event.FromString(data)
    except DecodeError:
        return None


def _start(path: Path) -> float:
    """Return the wall time of a file's first readable record."""
    for _, data in read_records(path, Damage()):
        event = _parse(data)
        if event is not None:
            return event.wall_time
    return float("inf")

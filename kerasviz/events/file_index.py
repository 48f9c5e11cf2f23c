"""Where the records of one event file stand: extended as the file grows, made anew when it is another."""

from __future__ import annotations

import hashlib
import math
import os
from array import array
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.plugins.graph import metadata as graph_plugin

from kerasviz.events.damage import Damage
from kerasviz.events.image_summary import decode_meta, stated_sizes
from kerasviz.events.meta import FrameMeta
from kerasviz.events.records import GrowingRecords
from kerasviz.events.scalar_summary import decode_scalar

_KINDS = {"images": "image", "scalars": "scalar", "histograms": "histogram"}
_OLD_KINDS = {"simple_value": "scalar", "image": "image", "histo": "histogram"}
# The first record says when the file was begun: a file that begins otherwise is another file.
_HEAD = 64
# Pictures of one record that become tags: writers make a handful.
_MOST_SAMPLES = 1024


@dataclass(eq=False)
class TagRecords:
    """The records of one tag in one file.

    Attributes:
        source: The tag as the records spell it.
        sample: Which of a record's pictures is meant (`tf.summary.image` can write several).
        kind: See `TagInfo`.
        session_start: The step from which these records replace those of earlier files; None: they do not.
        meta: What was recorded with the first picture.
        size: The `(width, height)` that the latest picture states.
        steps: The step of each record, in the order of the file.
        offsets: Where each begins.
        values: Of scalars, the number in each.
    """

    source: str
    sample: int
    kind: str
    session_start: int | None
    meta: FrameMeta = field(default_factory=FrameMeta)
    size: tuple[int, int] | None = None
    steps: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def add(self, step: int, offset: int, value: float = math.nan) -> None:
        """Note one record, of a scalar with its number."""
        self.steps.append(step)
        self.offsets.append(offset)
        if self.kind == "scalar":
            self.values.append(value)


@dataclass(frozen=True)
class SourceFile:
    """One event file as it was indexed, so that another one in its place is not taken for it.

    Attributes:
        path: Where it is.
        device: Its number on the disk, together with `inode`.
        inode: See `device`.
        name: A short text that no other file has, and no other content in its place.
    """

    path: Path
    device: int
    inode: int
    name: str

    def is_open_as(self, descriptor: int) -> bool:
        """Whether an open file is this one."""
        found = os.fstat(descriptor)
        return (found.st_dev, found.st_ino) == (self.device, self.inode)


class FileIndex:
    """The tags of one event file. `refresh` reads what was appended since.

    Attributes:
        path: The file.
        tags: Its tags.
        started: The wall time of its first readable record, in seconds; infinity as long as there is none.
        source: The file as it was then.
    """

    source: SourceFile

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state: tuple[int, int, int, int] | None = None
        self._head = b""
        self._forget()

    def _forget(self) -> None:
        self._records = GrowingRecords(self.path)
        self._no_events = 0
        self._odd: Counter[str] = Counter()
        self._crowded: set[str] = set()
        self._session_start: int | None = None
        self.tags: dict[str, TagRecords] = {}
        self.started = math.inf

    @property
    def damage(self) -> Damage:
        """What could not be read until now."""
        own = Damage(corrupt=self._no_events, odd=self._odd, crowded=frozenset(self._crowded))
        return self._records.damage + own

    def refresh(self) -> bool:
        """Index what was appended; all of it where the file is shorter or another. Return whether it changed.

        Raises:
            OSError: the file is gone, or cannot be read.
        """
        found = self.path.stat()
        state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        if state == self._state:
            return False
        with self.path.open("rb") as file:
            head = file.read(_HEAD)
        if self._state is None or not self._goes_on(state, head):
            self._forget()
            self._head = head
        self._state = state
        for offset, data in self._records.read():
            self._add(offset, data)
        return True

    def _goes_on(self, state: tuple[int, int, int, int], head: bytes) -> bool:
        """Whether the file is the one that was read, and as long as it was or longer."""
        assert self._state is not None
        return (
            state[:2] == self._state[:2] and state[2] >= self._records.offset and head.startswith(self._head)
        )

    def _add(self, offset: int, data: bytes) -> None:
        """Index one record."""
        event = parse(data)
        if event is None:
            self._no_events += 1
            return
        if self.started == math.inf:
            self._begin(event.wall_time)
        if event.HasField("session_log"):
            if event.session_log.status == event_pb2.SessionLog.START:
                self._session_start = event.step
        elif event.HasField("graph_def"):
            name = graph_plugin.RUN_GRAPH_NAME
            self._records_of(name, name, "graph").add(event.step, offset)
        else:
            for value in event.summary.value:
                self._add_value(value, event.step, offset)

    def _begin(self, wall_time: float) -> None:
        """Note what the first record says: when the file was begun tells it from others."""
        assert self._state is not None
        device, inode = self._state[:2]
        digest = hashlib.blake2s(f"{self.path.name}/{inode}/{wall_time!r}".encode(), digest_size=4)
        self.started = wall_time
        self.source = SourceFile(self.path, device, inode, digest.hexdigest())

    def _add_value(self, value: summary_pb2.Summary.Value, step: int, offset: int) -> None:
        """Index one value of a summary; further pictures of an image value are tags `TAG#1`, `TAG#2`, ..."""
        known = self.tags.get(value.tag)
        kind = _kind(value) or (known.kind if known else "tensor")
        if kind != "image":
            number = decode_scalar(value) if kind == "scalar" else math.nan
            if number is None:
                self._odd[value.tag] += 1
            else:
                self._records_of(value.tag, value.tag, kind).add(step, offset, number)
            return
        width, height, samples = stated_sizes(value)
        if samples > _MOST_SAMPLES:
            self._crowded.add(value.tag)
        others = (f"{value.tag}#{sample}" for sample in range(1, min(samples, _MOST_SAMPLES)))
        names = [value.tag, *others]
        meta = decode_meta(value) if any(name not in self.tags for name in names) else FrameMeta()
        for sample, name in enumerate(names):
            if name not in self.tags:
                self._records_of(name, value.tag, kind, sample).meta = meta
            self.tags[name].size = (width, height)
            self.tags[name].add(step, offset)

    def _records_of(self, name: str, source: str, kind: str, sample: int = 0) -> TagRecords:
        if name not in self.tags:
            self.tags[name] = TagRecords(source, sample, kind, self._session_start)
        return self.tags[name]


def _kind(value: summary_pb2.Summary.Value) -> str | None:
    plugin = value.metadata.plugin_data.plugin_name
    return _KINDS.get(plugin, plugin) or _OLD_KINDS.get(value.WhichOneof("value") or "")


def parse(data: bytes) -> event_pb2.Event | None:
    """Return the event in the data of a record, None where there is none."""
    try:
        return event_pb2.Event.FromString(data)
    except DecodeError:
        return None

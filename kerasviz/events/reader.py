"""The reader of event logs, ours and those of other writers."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tensorboard.compat.proto import summary_pb2

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError, LogError, did_you_mean
from kerasviz.events.damage import Damage, Place
from kerasviz.events.file_index import SourceFile, parse
from kerasviz.events.folder import LogFiles, files_below
from kerasviz.events.frame import EncodedFrame, Frame, TagInfo
from kerasviz.events.image_summary import decode_image, decode_meta, encoded_image
from kerasviz.events.layer_note import PLUGIN_NAME, LayerNote, note_tag, picture_tag, read_note
from kerasviz.events.meta import FrameMeta
from kerasviz.events.records import read_record_at
from kerasviz.events.run_index import RunIndex, TagIndex
from kerasviz.events.scalar_layout import SCALAR_LAYOUT

# What says how data is to be shown is not listed as data.
_NO_DATA = {PLUGIN_NAME, SCALAR_LAYOUT}


@dataclass(frozen=True)
class _Record:
    """One record: when it was written, and its values by their tags; the last one of equal tags."""

    wall_time: float = 0.0
    values: Mapping[str, summary_pb2.Summary.Value] = field(default_factory=dict)


class LogReader:
    """The runs below one folder, several files of one run read as one. `open_log` makes it.

    Opening notes where the records stand; pictures are decoded one at a time when they are asked for, so that
    memory does not grow with their number. When several records have the same tag and step the last one wins.
    A session that starts at step s replaces, in the tags it writes, what earlier sessions wrote from s on.
    `refresh` reads what was written since. Methods may be called from several threads.

    Attributes:
        path: What was opened.
        revision: Another number after every `refresh` that found a change.
    """

    def __init__(self, path: Path, find_files: Callable[[], LogFiles]) -> None:
        self.path = path
        self.revision = 0
        self._find_files = find_files
        self._lock = threading.RLock()
        self._runs: dict[str, RunIndex] = {}
        self._tags: dict[str, dict[str, TagIndex]] = {}
        self._outside = Damage()
        self._undecodable: set[Place] = set()
        self._gone: set[Place] = set()
        self._shared: tuple[tuple[str, int], _Record] = (("", 0), _Record())
        self.refresh()

    def __repr__(self) -> str:
        return f"LogReader({self.path}: {len(self.tags())} tags in {len(self._runs)} runs)"

    @property
    def runs(self) -> list[str]:
        """The names of the runs, sorted."""
        with self._lock:
            return list(self._runs)

    def refresh(self) -> bool:
        """Read what was written since, and forget what was deleted. Return whether anything changed."""
        with self._lock:
            found = self._find_files()
            outside = Damage(unreadable=found.unreadable, unsearched=found.unsearched)
            changed = self._runs.keys() != found.runs.keys() or outside != self._outside
            self._outside = outside
            self._runs = {run: self._runs.get(run) or RunIndex() for run in sorted(found.runs)}
            for run, index in self._runs.items():
                changed = index.refresh(found.runs[run]) or changed
            if changed:
                self._tags = {run: index.tags() for run, index in self._runs.items()}
                self.revision += 1
            return changed

    @property
    def damage(self) -> Damage:
        """What could not be read of all runs until now, counted; its `str()` is a sentence."""
        with self._lock:
            asked = Damage(undecodable=frozenset(self._undecodable), gone=frozenset(self._gone))
            return sum((index.damage for index in self._runs.values()), self._outside + asked)

    def damage_of(self, info: TagInfo) -> Damage:
        """What could not be read of a tag: its own values, and what was lost of its run's files."""
        with self._lock:
            own = Damage(
                undecodable=frozenset(place for place in self._undecodable if place[0] == info.run),
                gone=frozenset(place for place in self._gone if place[0] == info.run),
            )
            return (self._runs.get(info.run, RunIndex()).damage + own).of(info.tag)

    def tags(self) -> list[TagInfo]:
        """Return every tag of every run, sorted by run and tag."""
        with self._lock:
            every = [(run, tag, index) for run, tags in self._tags.items() for tag, index in tags.items()]
        return [_info(*one) for one in every if one[2].kind not in _NO_DATA]

    def find(self, tag: str, run: str | None = None, kind: str = "image") -> TagInfo:
        """Return one tag of that kind; `run` is needed only where several runs have it.

        Raises:
            InputError: there is no such tag of that kind, or several runs have it; says what there is.
        """
        run, index = self._find(tag, run, kind)
        return _info(run, tag, index)

    def versions(self, info: TagInfo) -> Mapping[int, str]:
        """Return every step of an image tag with its `EncodedFrame.version`, by rising step.

        Raises:
            InputError: the tag is not there any more.
        """
        _, index = self._find(info.tag, info.run, info.kind)
        return index.versions

    def between(self, info: TagInfo, first: int, last: int) -> TagInfo:
        """Return a tag as if it had only the steps from `first` to `last`, both included.

        Raises:
            InputError: it has none there.
        """
        _, index = self._find(info.tag, info.run, info.kind)
        steps = index.steps[(index.steps >= first) & (index.steps <= last)].tolist()
        if not steps:
            raise InputError(
                f"the tag {info.tag!r} has no step between {first} and {last}: its steps are "
                f"{info.first_step} to {info.last_step}."
            )
        return replace(info, count=len(steps), first_step=steps[0], last_step=steps[-1])

    def frames(
        self,
        tag: str,
        run: str | None = None,
        every: int = 1,
        *,
        between: tuple[int, int] | None = None,
    ) -> Iterator[Frame]:
        """Yield the frames of an image tag by rising step, each decoded when it is asked for.

        Args:
            tag: The tag's name, as `tags()` gives it.
            run: The run's name; needed only where several runs have the tag.
            every: Yield every k-th frame, beginning with the first; the last one always comes too.
            between: Only those from a first to a last step, both included.

        Raises:
            InputError: there is no such image tag, several runs have it, or `every` is below 1.
        """
        check_numbers(every=every)
        run, index = self._find(tag, run, "image")
        first, end = 0, len(index.steps)
        if between is not None:
            first, end = np.searchsorted(index.steps, [between[0], between[1] + 1]).tolist()
        wanted = np.unique(np.append(np.arange(first, end, every), end - 1)) if first < end else np.arange(0)
        return self._decoded(run, tag, index, wanted)

    def encoded(self, info: TagInfo, steps: Sequence[int]) -> Iterator[EncodedFrame]:
        """Yield the pictures of these steps as they lie in the log, in the order of `steps`.

        A picture whose record was lost or replaced since the last `refresh` is left out.

        Raises:
            InputError: the tag is not there any more, or has no such step.
        """
        _, index = self._find(info.tag, info.run, "image")
        wanted = np.searchsorted(index.steps, np.asarray(steps, np.int64))
        for step, at in zip(steps, wanted.tolist(), strict=True):
            if at == len(index.steps) or index.steps[at] != step:
                raise InputError(
                    f"the tag {info.tag!r} of the run {info.run!r} has no picture of step {step}."
                )
        for at, record in self._records(index, wanted):
            value = record.values.get(index.source)
            picture = b"" if value is None else encoded_image(value, index.sample)
            if value is not None and picture:
                step, meta = int(index.steps[at]), decode_meta(value)
                yield EncodedFrame(step, record.wall_time, picture, meta, index.versions[step])

    def scalars(self, tag: str, run: str | None = None) -> list[tuple[int, float]]:
        """Return the `(step, value)` pairs of a scalar tag by rising step.

        What is not one real number is left out, and counted in `damage`.

        Raises:
            InputError: there is no such scalar tag, or several runs have it.
        """
        _, index = self._find(tag, run, "scalar")
        return list(zip(index.steps.tolist(), index.values.tolist(), strict=True))

    def layer_note(self, info: TagInfo) -> LayerNote | None:
        """Return what was noted of the layer that an image tag shows; None where nothing was."""
        kept = self._last(note_tag(info.tag), info.run, PLUGIN_NAME)
        found = kept and read_note(kept.metadata.plugin_data.content)
        if not found:
            return None
        note, name = found
        picture = self._last(picture_tag(name), info.run, PLUGIN_NAME)
        return replace(note, picture=b"".join(picture.tensor.string_val[:1]) if picture else b"")

    def last_meta(self, tag: str, run: str | None = None) -> FrameMeta | None:
        """Return what was recorded with the last frame of a tag; None if there is no frame or nothing."""
        value = self._last(tag, run, "image")
        return (value and decode_meta(value)) or None

    def _last(self, tag: str, run: str | None, kind: str) -> summary_pb2.Summary.Value | None:
        """Return the value of a tag's last step; None where there is none."""
        try:
            _, index = self._find(tag, run, kind)
        except InputError:
            return None
        (_, record), *_ = self._records(index, np.array([len(index.steps) - 1]))
        return record.values.get(index.source)

    def _find(self, tag: str, run: str | None, kind: str) -> tuple[str, TagIndex]:
        """Return the run and the index of a tag of that kind, or say what there is instead."""
        with self._lock:
            if run is not None and run not in self._tags:
                raise InputError(f"{self.path} has no run {run!r}. {did_you_mean(run, self._tags)}")
            tables = {name: tags for name, tags in self._tags.items() if run in (None, name)}
            having = [name for name, tags in tables.items() if tag in tags and tags[tag].kind == kind]
            if not having:
                known = sorted({name for tags in tables.values() for name in tags if tags[name].kind == kind})
                hint = did_you_mean(tag, known) if known else f"It holds no {kind}s at all."
                raise InputError(f"{self.path} has no {kind} tag {tag!r}. {hint}")
            if len(having) > 1:
                raise InputError(
                    f"the tag {tag!r} is in the runs {', '.join(having)}: say which run you mean."
                )
            return having[0], tables[having[0]][tag]

    def _decoded(self, run: str, tag: str, index: TagIndex, wanted: np.ndarray) -> Iterator[Frame]:
        for at, record in self._records(index, wanted):
            value, step = record.values.get(index.source), int(index.steps[at])
            image = None if value is None else decode_image(value, index.sample)
            if value is None or image is None:
                with self._lock:
                    (self._gone if value is None else self._undecodable).add((run, tag, step))
            else:
                yield Frame(step, tag, image, decode_meta(value))

    def _records(self, index: TagIndex, wanted: np.ndarray) -> Iterator[tuple[int, _Record]]:
        """Yield the numbers of the `wanted` records and what they hold, reading one at a time.

        One that is not there any more is empty.
        """
        with ExitStack() as stack:
            opened: dict[int, BinaryIO | None] = {}
            for at in wanted.tolist():
                number = int(index.numbers[at])
                if number not in opened:
                    opened[number] = _opened(index.files[number], stack)
                yield at, self._record(opened[number], index, at)

    def _record(self, file: BinaryIO | None, index: TagIndex, at: int) -> _Record:
        place = (index.files[index.numbers[at]].name, int(index.offsets[at]))
        known, record = self._shared
        if file is None or known == place:
            return record if file is not None else _Record()
        event = None
        with suppress(OSError):
            event = parse(read_record_at(file, place[1]) or b"")
        if event is None:
            return _Record()
        record = _Record(event.wall_time, {value.tag: value for value in event.summary.value})
        # One of several values is kept for the next: of thousands, each would need the whole again.
        if len(record.values) > 1 or index.sample:
            self._shared = (place, record)
        return record


def open_log(path: str | os.PathLike[str]) -> LogReader:
    """Open an event file, the folder of a run, or a folder with runs below it.

    Reads logs of `EventLog`, of Keras's `TensorBoard` callback, of `tf.summary` and of TensorFlow 1. No more
    than 200,000 files and folders are looked at, those near the folder first; `damage` says what was not.

    Raises:
        LogError: there is no such path, or no event file at or below it.

    >>> import tempfile
    >>> from kerasviz.events.event_log import EventLog
    >>> folder = tempfile.mkdtemp()
    >>> with EventLog(folder) as log:
    ...     for step in (0, 50, 100):
    ...         log.image("responses/conv1", step, np.full((2, 2), step, np.uint8))
    >>> [(frame.step, int(frame.image.max())) for frame in open_log(folder).frames("responses/conv1")]
    [(0, 0), (50, 50), (100, 100)]
    """
    path = Path(path)
    if not os.path.lexists(path):
        raise LogError(f"{path} does not exist: give the folder that was passed as the log directory.")
    if not os.path.isfile(path) and not os.path.isdir(path):
        raise LogError(f"{path} is neither a file nor a folder: give a log's folder, or an event file.")
    reader = LogReader(path, lambda: files_below(path))
    if not reader.runs:
        but = f" But {reader.damage}: name a folder nearer to the log." if reader.damage else ""
        raise LogError(f"{path} and its folders hold no event file (named events.out.tfevents...).{but}")
    if reader.damage.unreadable and not reader.tags():
        raise LogError(f"the event files in {path} cannot be read: look at their permissions.")
    return reader


def _info(run: str, tag: str, index: TagIndex) -> TagInfo:
    first, last = int(index.steps[0]), int(index.steps[-1])
    return TagInfo(run, tag, index.kind, len(index.steps), first, last, index.size, index.meta)


def _opened(source: SourceFile, stack: ExitStack) -> BinaryIO | None:
    """Return the file that was indexed, open; None where it is gone or another is in its place."""
    try:
        file = stack.enter_context(source.path.open("rb"))
    except OSError:
        return None
    return file if source.is_open_as(file.fileno()) else None

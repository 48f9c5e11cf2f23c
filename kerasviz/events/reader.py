"""The reader of event logs, ours and those of other writers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.util import tensor_util

from kerasviz.errors import InputError, LogError, did_you_mean
from kerasviz.events.frame import Damage, Frame, TagInfo
from kerasviz.events.image_summary import decode_image, decode_meta
from kerasviz.events.index import TagIndex, index_run
from kerasviz.events.meta import FrameMeta
from kerasviz.events.records import read_record_at


class LogReader:
    """The runs below one folder, several files of one run read as one. `open_log` makes it.

    Opening notes where the records stand; pictures are decoded one at a time when they are asked for, so that
    memory does not grow with their number. When several records have the same tag and step the last one wins.
    A session that starts at step s replaces, in the tags it writes, what earlier sessions wrote from s on.

    Attributes:
        path: What was opened.
    """

    def __init__(self, path: Path, files_of: dict[str, list[Path]]) -> None:
        self.path = path
        self._damage = {run: Damage() for run in sorted(files_of)}
        self._runs = {run: index_run(files_of[run], damage) for run, damage in self._damage.items()}

    def __repr__(self) -> str:
        return f"LogReader({self.path}: {len(self.tags())} tags in {len(self._runs)} runs)"

    @property
    def damage(self) -> Damage:
        """What could not be read of all runs until now, counted; its `str()` is a sentence."""
        found = self._damage.values()
        undecodable = set().union(*(one.undecodable for one in found))
        return Damage(sum(one.torn for one in found), sum(one.corrupt for one in found), undecodable)

    def damage_of(self, info: TagInfo) -> Damage:
        """What could not be read of a tag: its own pictures, and what was lost of its run's files."""
        found = self._damage[info.run]
        own = {picture for picture in found.undecodable if picture[1] == info.tag}
        return Damage(found.torn, found.corrupt, own)

    def tags(self) -> list[TagInfo]:
        """Return every tag of every run, sorted by run and tag."""
        return [
            _info(run, tag, index)
            for run, (_, tags) in self._runs.items()
            for tag, index in sorted(tags.items())
        ]

    def find(self, tag: str, run: str | None = None, kind: str = "image") -> TagInfo:
        """Return one tag of that kind; `run` is needed only where several runs have it.

        Raises:
            InputError: there is no such tag of that kind, or several runs have it; says what there is.
        """
        run, index = self._find(tag, run, kind)
        return _info(run, tag, index)

    def frames(self, tag: str, run: str | None = None, every: int = 1) -> Iterator[Frame]:
        """Yield the frames of an image tag by rising step, each decoded when it is asked for.

        Args:
            tag: The tag's name, as `tags()` gives it.
            run: The run's name; needed only where several runs have the tag.
            every: Yield every k-th frame, beginning with the first; the last one always comes too.

        Raises:
            InputError: there is no such image tag, several runs have it, or `every` is below 1.
        """
        if every < 1:
            raise InputError(f"every={every} is not a number of frames: it must be 1 or more.")
        run, index = self._find(tag, run, "image")
        places = index.places()
        wanted = places[np.unique(np.append(np.arange(0, len(places), every), len(places) - 1))]
        return self._decoded(run, tag, index, wanted)

    def scalars(self, tag: str, run: str | None = None) -> list[tuple[int, float]]:
        """Return the `(step, value)` pairs of a scalar tag by rising step.

        Raises:
            InputError: there is no such scalar tag, or several runs have it.
        """
        run, index = self._find(tag, run, "scalar")
        return [(step, _number(value)) for step, value in self._values(run, index, index.places())]

    def last_meta(self, tag: str, run: str | None = None) -> FrameMeta | None:
        """Return what was recorded with the last frame of a tag; None if there is no frame or nothing."""
        try:
            run, index = self._find(tag, run, "image")
        except InputError:
            return None
        for _, value in self._values(run, index, index.places()[-1:]):
            return decode_meta(value) or None
        return None

    def _find(self, tag: str, run: str | None, kind: str) -> tuple[str, TagIndex]:
        """Return the run and the index of a tag of that kind, or say what there is instead."""
        if run is not None and run not in self._runs:
            raise InputError(f"{self.path} has no run {run!r}. {did_you_mean(run, self._runs)}")
        tables = {name: tags for name, (_, tags) in self._runs.items() if run in (None, name)}
        having = [name for name, tags in tables.items() if tag in tags and tags[tag].kind == kind]
        if not having:
            known = sorted({name for tags in tables.values() for name in tags if tags[name].kind == kind})
            hint = did_you_mean(tag, known) if known else f"It holds no {kind}s at all."
            raise InputError(f"{self.path} has no {kind} tag {tag!r}. {hint}")
        if len(having) > 1:
            raise InputError(f"the tag {tag!r} is in the runs {', '.join(having)}: say which run you mean.")
        return having[0], tables[having[0]][tag]

    def _decoded(self, run: str, tag: str, index: TagIndex, places: np.ndarray) -> Iterator[Frame]:
        for step, value in self._values(run, index, places):
            image = decode_image(value, index.sample)
            if image is None:
                self._damage[run].undecodable.add((run, tag, step))
            else:
                yield Frame(step, tag, image, decode_meta(value))

    def _values(
        self, run: str, index: TagIndex, places: np.ndarray
    ) -> Iterator[tuple[int, summary_pb2.Summary.Value]]:
        """Yield `(step, value)` of the records at `places`, reading one record at a time."""
        paths = self._runs[run][0]
        with ExitStack() as stack:
            opened: dict[int, BinaryIO] = {}
            for step, number, offset in places.tolist():
                if number not in opened:
                    opened[number] = stack.enter_context(paths[number].open("rb"))
                event = event_pb2.Event.FromString(read_record_at(opened[number], offset))
                value = [value for value in event.summary.value if value.tag == index.source][-1]
                yield step, value


def open_log(path: str | os.PathLike[str]) -> LogReader:
    """Open an event file, the folder of a run, or a folder with runs below it.

    Reads logs of `EventLog`, of Keras's `TensorBoard` callback, of `tf.summary` and of TensorFlow 1.

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
    if not path.exists():
        raise LogError(f"{path} does not exist: give the folder that was passed as the log directory.")
    if path.is_file():
        return LogReader(path, {".": [path]})
    files_of: dict[str, list[Path]] = {}
    for folder, _, names in os.walk(path):
        files = [Path(folder, name) for name in names if "tfevents" in name]
        if files:
            files_of[Path(folder).relative_to(path).as_posix()] = files
    if not files_of:
        raise LogError(f"{path} and its folders hold no event file (named events.out.tfevents...).")
    return LogReader(path, files_of)


def _info(run: str, tag: str, index: TagIndex) -> TagInfo:
    steps = index.places()[:, 0]
    return TagInfo(run, tag, index.kind, len(steps), int(steps[0]), int(steps[-1]), index.size)


def _number(value: summary_pb2.Summary.Value) -> float:
    if value.HasField("simple_value"):
        return value.simple_value
    return float(tensor_util.make_ndarray(value.tensor).item())

"""A log on this machine's disk, read with the index that `kerasviz gif` uses too."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasviz.errors import LogError
from kerasviz.events import EncodedFrame, LayerNote, LogFiles, LogReader, TagInfo, files_below
from kerasviz.tab.index_json import index_json, tag_json


class LocalLog:
    """Reads the event files of the folders that TensorBoard was started on.

    Attributes:
        reader: what reads them.
        tells_scales: what frames say of their scale is known.

    Args:
        places: the folders, with the name that stands before their runs' (`""`: none).
    """

    tells_scales = True

    def __init__(self, places: Mapping[Path, str]) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._told: tuple[int, str, bytes] = (-1, "", b"")
        self._tags: dict[tuple[str, str], tuple[Mapping[int, str], str]] = {}
        self.reader = LogReader(next(iter(places)), self._find_files)

    def seen_by(self, environ: Mapping[str, Any]) -> LocalLog:
        """Return the log itself: it is the same for every request."""
        return self

    def index(self) -> tuple[str, bytes]:
        """Return the version and the JSON of what there is now; read anew only where files have changed."""
        with self._lock:
            self.reader.refresh()
            revision = self.reader.revision
            if self._told[0] != revision:
                self._told = (revision, *self._read())
            return self._told[1:]

    def frames(self, run: str, tag: str, steps: Sequence[int]) -> list[EncodedFrame]:
        """Return the frames of these steps as they lie in the log."""
        frames = list(self.reader.encoded(self.reader.find(tag, run), steps))
        if len(frames) < len(steps):
            raise LogError(f"pictures of the tag {tag!r} of the run {run!r} are not in the log any more.")
        return frames

    def scalars(self, run: str, tag: str) -> list[tuple[int, float]]:
        """Return steps and values."""
        return self.reader.scalars(tag, run)

    @contextmanager
    def film_source(self, run: str, tag: str) -> Iterator[tuple[LogReader, TagInfo]]:
        """Lend the log itself."""
        yield self.reader, self.reader.find(tag, run)

    def layer_note(self, run: str, tag: str) -> LayerNote | None:
        """Return what the log notes of the layer that a tag shows."""
        return self.reader.layer_note(self.reader.find(tag, run))

    def _read(self) -> tuple[str, bytes]:
        infos = self.reader.tags()
        images = [info for info in infos if info.kind == "image"]
        self._tags = {(info.run, info.tag): self._tag(info) for info in images}
        parts = {key: text for key, (_, text) in self._tags.items()}
        scalars = [(info.run, info.tag) for info in infos if info.kind == "scalar"]
        # While a training writes, its file may end inside a record at any moment.
        damage = replace(self.reader.damage, torn=0)
        return index_json(self.reader.runs, parts, scalars, f"Not whole: {damage}." if damage else None)

    def _tag(self, info: TagInfo) -> tuple[Mapping[int, str], str]:
        """Return a tag's steps with their versions, and their JSON, made anew only where they changed."""
        versions = self.reader.versions(info)
        known = self._tags.get((info.run, info.tag))
        return known if known and known[0] is versions else (versions, tag_json(info, versions))

    def _find_files(self) -> LogFiles:
        """Return the event files of every run, named as TensorBoard names them."""
        found = LogFiles()
        for folder, name in self._places.items():
            below = files_below(folder)
            for run, files in below.runs.items():
                found.runs.setdefault(f"{name}/{run}" if name else run, []).extend(files)
            found.unreadable.update(below.unreadable)
            found.unsearched += below.unsearched
        return found

"""The files of one run read as one: which record holds each step of each tag."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasviz.events.damage import Damage
from kerasviz.events.file_index import FileIndex, SourceFile, TagRecords
from kerasviz.events.meta import FrameMeta


@dataclass(frozen=True, eq=False)
class TagIndex:
    """One tag of one run as it is at one moment; nothing in it changes when the files grow.

    Attributes:
        source: The tag as the records spell it.
        sample: Which of a record's pictures is meant.
        kind: See `TagInfo`.
        meta: What was recorded with the first picture of the latest file.
        size: The `(width, height)` that the latest picture states.
        files: The files that hold the tag.
        steps: int64 `(n,)`, rising: every step once.
        numbers: int64 `(n,)`: which of the files holds the step.
        offsets: int64 `(n,)`: where its record begins.
        values: float64 `(n,)` of scalars; empty of others.
    """

    source: str
    sample: int
    kind: str
    meta: FrameMeta
    size: tuple[int, int] | None
    files: tuple[SourceFile, ...]
    steps: np.ndarray
    numbers: np.ndarray
    offsets: np.ndarray
    values: np.ndarray

    @functools.cached_property
    def versions(self) -> dict[int, str]:
        """Every step with its version: the same object as long as the tag has not changed."""
        places = zip(self.steps.tolist(), self.numbers.tolist(), self.offsets.tolist(), strict=True)
        return {step: f"{self.files[number].name}-{offset:x}" for step, number, offset in places}


class RunIndex:
    """The tags of one run. `refresh` reads what is new in its files."""

    def __init__(self) -> None:
        self._files: list[FileIndex] = []
        self._unreadable: dict[str, str] = {}
        self._joined: dict[str, tuple[tuple[tuple[str, int], ...], TagIndex]] = {}

    @property
    def damage(self) -> Damage:
        """What could not be read of the files until now."""
        return sum((file.damage for file in self._files), Damage(unreadable=self._unreadable))

    def refresh(self, paths: Iterable[Path]) -> bool:
        """Read what is new in these files, which are the run's now. Return whether anything changed."""
        before = {file.path: file for file in self._files}
        unreadable_before = self._unreadable
        self._files, self._unreadable = [], {}
        changed = False
        for path in paths:
            file = before.get(path) or FileIndex(path)
            try:
                changed = file.refresh() or changed
                self._files.append(file)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._unreadable[str(path)] = error.strerror or type(error).__name__
        self._files.sort(key=lambda file: (file.started, file.path.name))
        same = before.keys() == {file.path for file in self._files}
        return changed or not same or self._unreadable != unreadable_before

    def tags(self) -> dict[str, TagIndex]:
        """Return the index of every tag, sorted by name."""
        names = sorted({name for file in self._files for name in file.tags})
        self._joined = {name: self._tag(name) for name in names}
        return {name: joined for name, (_, joined) in self._joined.items()}

    def _tag(self, name: str) -> tuple[tuple[tuple[str, int], ...], TagIndex]:
        """Return one tag's index, joined anew where one of its files has changed, and what it is made of."""
        parts = [(file.source, file.tags[name]) for file in self._files if name in file.tags]
        made_of = tuple((source.name, len(records.steps)) for source, records in parts)
        known = self._joined.get(name)
        return known if known is not None and known[0] == made_of else (made_of, _join(parts))


def _join(parts: list[tuple[SourceFile, TagRecords]]) -> TagIndex:
    """Return several files' records of one tag as one.

    The first record of a session drops what earlier files hold from its start on; of records with equal
    steps the last one counts.
    """
    first, latest = parts[0][1], parts[-1][1]
    parts = [(source, records) for source, records in parts if records.kind == first.kind]
    rows = np.zeros((0, 3), np.int64)
    values = np.zeros(0)
    for number, (_, records) in enumerate(parts):
        if records.session_start is not None:
            kept = rows[:, 0] < records.session_start
            rows, values = rows[kept], values[kept[: len(values)]]
        steps = np.array(records.steps, np.int64)
        offsets = np.array(records.offsets, np.int64)
        rows = np.concatenate([rows, np.stack([steps, np.full_like(steps, number), offsets], axis=1)])
        values = np.concatenate([values, np.array(records.values)])
    order = np.argsort(rows[:, 0], kind="stable")
    rows = rows[order]
    counts = np.append(rows[1:, 0] != rows[:-1, 0], True)
    rows = rows[counts]
    values = values[order][counts] if len(values) else values
    files = tuple(source for source, _ in parts)
    steps, numbers, offsets = rows.T
    return TagIndex(
        first.source,
        first.sample,
        first.kind,
        latest.meta,
        latest.size,
        files,
        steps,
        numbers,
        offsets,
        values,
    )

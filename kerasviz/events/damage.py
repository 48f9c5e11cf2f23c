"""What could not be read of an event log, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias

# Run, tag and step of a picture.
Place: TypeAlias = tuple[str, str, int]


@dataclass(frozen=True)
class Damage:
    """What could not be read of a log. It is false when everything was whole, and `str()` is a sentence.

    Attributes:
        torn: The number of files that end inside a record, as a killed process leaves them.
        corrupt: The number of records (or stretches between records) whose checksum is wrong.
        oversized: The number of records of more than 256 MB, which are not read.
        unreadable: The files that could not be read, with the reason.
        unsearched: The number of folders that were not looked into.
        odd: How many scalars of each tag are not one real number.
        crowded: The tags with more than 1,024 pictures in a record, of which these are read.
        undecodable: The pictures that were asked for and would not decode.
        gone: The pictures that were asked for and are in their file no more.

    >>> str(Damage(torn=1) + Damage(corrupt=2))
    '1 file ends inside a record; 2 records have a wrong checksum'
    >>> bool(Damage())
    False
    """

    torn: int = 0
    corrupt: int = 0
    oversized: int = 0
    unreadable: Mapping[str, str] = field(default_factory=dict)
    unsearched: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    crowded: frozenset[str] = frozenset()
    undecodable: frozenset[Place] = frozenset()
    gone: frozenset[Place] = frozenset()

    @property
    def total(self) -> int:
        """The number of records, files and folders that are lost."""
        return sum(count for count, _, _ in self._counted())

    def __bool__(self) -> bool:
        return self.total > 0

    def __str__(self) -> str:
        said = [f"{count:,} {one if count == 1 else many}" for count, one, many in self._counted() if count]
        return "; ".join(said) or "nothing is damaged"

    def __add__(self, other: Damage) -> Damage:
        """Return the damage of both."""
        names = [one.name for one in fields(self)]
        return Damage(**{name: _joined(getattr(self, name), getattr(other, name)) for name in names})

    def of(self, tag: str) -> Damage:
        """Return the damage of a run as far as it concerns one tag of it: other tags' values left out."""
        return replace(
            self,
            odd=Counter({tag: self.odd[tag]}),
            crowded=self.crowded & {tag},
            undecodable=frozenset(place for place in self.undecodable if place[1] == tag),
            gone=frozenset(place for place in self.gone if place[1] == tag),
        )

    def _counted(self) -> list[tuple[int, str, str]]:
        why = next((f" ({name}: {reason})" for name, reason in self.unreadable.items()), "")
        return [
            (self.torn, "file ends inside a record", "files end inside a record"),
            (self.corrupt, "record has a wrong checksum", "records have a wrong checksum"),
            (self.oversized, "record has more than 256 MB", "records have more than 256 MB"),
            (len(self.unreadable), f"file cannot be read{why}", f"files cannot be read{why}"),
            (self.unsearched, "folder was not looked into", "folders were not looked into"),
            (sum(self.odd.values()), "scalar is not one real number", "scalars are not one real number"),
            (len(self.crowded), "tag has pictures beyond 1,024", "tags have pictures beyond 1,024"),
            (len(self.undecodable), "picture does not decode", "pictures do not decode"),
            (len(self.gone), "picture is no longer in the log", "pictures are no longer in the log"),
        ]


def _joined(one: Any, other: Any) -> Any:
    return one + other if isinstance(one, int | Counter) else one | other

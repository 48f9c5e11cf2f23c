"""Which event files lie below a folder: those near it first, and not without end."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Files and folders that are looked at, which takes some seconds: the whole of a disk holds millions.
MOST_ENTRIES = 200_000
_MARK = "tfevents"


@dataclass
class LogFiles:
    """The event files below a folder, and what was left out.

    Attributes:
        runs: The files of every run, by the run's name.
        unreadable: What is named like an event file and was not taken for one, with the reason.
        unsearched: How many folders were not looked into.
    """

    runs: dict[str, list[Path]] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    unsearched: int = 0


def files_below(path: Path) -> LogFiles:
    """Return the event files of every run at or below `path`.

    A run is named as its folder below `path`, `"."` for `path` itself; so it is for one event file. A link
    that leads out of the folder is not followed. No more than 200,000 files and folders are looked at. What
    is no file (a pipe, a device, a link that leads nowhere) is not opened.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp(), "train")
    >>> folder.mkdir()
    >>> Path(folder, "events.out.tfevents.1").touch()
    >>> [(run, len(files)) for run, files in files_below(folder.parent).runs.items()]
    [('train', 1)]
    """
    if os.path.isfile(path):
        return LogFiles({".": [path]})
    inside = os.path.join(os.path.realpath(path), "")
    found = LogFiles()
    pending = deque([(path, ".")])
    left = MOST_ENTRIES
    while pending and left:
        folder, run = pending.popleft()
        for entry in _entries(folder, found):
            if not left:
                found.unsearched += 1
                break
            left -= 1
            if entry.is_dir(follow_symlinks=False):
                pending.append((folder / entry.name, entry.name if run == "." else f"{run}/{entry.name}"))
            elif _MARK in entry.name:
                if reason := _why_not(entry, inside):
                    found.unreadable[entry.path] = reason
                else:
                    found.runs.setdefault(run, []).append(folder / entry.name)
    found.unsearched += len(pending)
    found.runs = dict(sorted(found.runs.items()))
    return found


def _entries(folder: Path, found: LogFiles) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:  # no permission, or removed since
        found.unsearched += 1


def _why_not(entry: os.DirEntry[str], inside: str) -> str:
    """Return why this is no event file of the folder; nothing where it may be one."""
    if not os.path.isfile(entry.path):
        return "it is no file"
    if entry.is_symlink() and not os.path.realpath(entry.path).startswith(inside):
        return "it is a link that leads out of the folder"
    return ""

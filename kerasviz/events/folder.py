"""Which event files lie below a folder."""

from __future__ import annotations

import os
from pathlib import Path


def runs_below(path: Path) -> dict[str, list[Path]]:
    """Return the event files of every run at or below `path`, by the run's name.

    That is its folder below `path`, `"."` for `path` itself; so it is for one event file. A link that leads
    out of the folder is not followed.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp(), "train")
    >>> folder.mkdir()
    >>> Path(folder, "events.out.tfevents.1").touch()
    >>> [(run, len(files)) for run, files in runs_below(folder.parent).items()]
    [('train', 1)]
    """
    if path.is_file():
        return {".": [path]}
    inside = os.path.join(os.path.realpath(path), "")
    found: dict[str, list[Path]] = {}
    for folder, _, names in os.walk(path):
        files = [Path(folder, name) for name in names if "tfevents" in name]
        files = [file for file in files if not file.is_symlink() or os.path.realpath(file).startswith(inside)]
        if files:
            found[Path(folder).relative_to(path).as_posix()] = files
    return dict(sorted(found.items()))

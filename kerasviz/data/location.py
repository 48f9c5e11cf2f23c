"""Where data sets live on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return the path with `~` and `~name` replaced, where there is such a user.

    >>> expanded("~nobody-of-this-name/pictures").as_posix()
    '~nobody-of-this-name/pictures'
    """
    return Path(os.path.expanduser(path))


def data_directory() -> Path:
    """Return the root of all data sets: `$KERASVIZ_DATA_DIR`, else `kerasviz` in the user's cache folder."""
    chosen = os.environ.get("KERASVIZ_DATA_DIR")
    if chosen:
        return expanded(chosen)
    return expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "kerasviz"


def candidates(directory: str | os.PathLike[str] | None, name: str) -> list[Path]:
    """Return the folders where the data set `name` may lie: `directory` and the one named inside it.

    Without `directory`, its place below `data_directory()`.
    """
    if directory is None:
        return [data_directory() / name]
    return [expanded(directory), expanded(directory) / name]

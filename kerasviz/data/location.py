"""Where data sets live on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def data_directory() -> Path:
    """Return the root of all data sets: `$KERASVIZ_DATA_DIR`, else `kerasviz` in the user's cache folder."""
    chosen = os.environ.get("KERASVIZ_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kerasviz"


def candidates(directory: str | os.PathLike[str] | None, name: str) -> list[Path]:
    """Return the folders where the data set `name` may lie: `directory` and the one named inside it.

    Without `directory`, its place below `data_directory()`.
    """
    if directory is None:
        return [data_directory() / name]
    return [Path(directory).expanduser(), Path(directory).expanduser() / name]

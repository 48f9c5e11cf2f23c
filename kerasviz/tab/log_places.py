"""Where TensorBoard's flags say that the log lies."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_ADDRESS = re.compile("[a-zA-Z][0-9a-zA-Z.]*://")


def log_places(flags: Any) -> dict[Path, str] | None:
    """Return the folders with the name that stands before their runs' (`""`: none); None if one is remote.

    `--logdir` is one folder; `--logdir_spec` is `NAME:FOLDER,FOLDER,...`, read as TensorBoard reads it.
    """
    logdir, spec = getattr(flags, "logdir", ""), getattr(flags, "logdir_spec", "")
    named = [("", logdir)] if logdir else [_named(one) for one in (spec or "").split(",") if one]
    if not named or any(_ADDRESS.match(folder) for _, folder in named):
        return None
    return {Path(os.path.realpath(os.path.expanduser(folder))): name for name, folder in named}


def _named(one: str) -> tuple[str, str]:
    """Return name and folder of one part of a spec: `/a:b` is a folder with a colon, `C:` a drive."""
    if _ADDRESS.match(one) or ":" not in one or one[0] == "/" or os.path.splitdrive(one)[0]:
        return "", one
    name, _, folder = one.partition(":")
    return name, folder

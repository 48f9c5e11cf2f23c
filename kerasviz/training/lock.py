"""One writer for each run: two processes training into one folder would mix their logs and checkpoints."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from kerasviz.atomic import why_not
from kerasviz.errors import LogError

LOCK = "run.lock"


@contextlib.contextmanager
def only_writer(directory: Path) -> Iterator[None]:
    """Hold the folder of a run inside the block; a process that dies lets go of it.

    Where the system knows no such locks, nothing is held.

    Raises:
        LogError: another process holds it, or nothing can be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        opened = (directory / LOCK).open("a+")
    except OSError as error:
        raise LogError(f"{directory} cannot hold a run: {why_not(error)}.") from None
    with opened as file:
        _hold(file, directory)
        yield


def _hold(file: TextIO, directory: Path) -> None:
    """Lock the open file until it is closed, and write this process's number into it."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise LogError(
            f"Process {file.read().strip() or '?'} is training into {directory}: wait for it, end it, or "
            "choose another log_dir."
        ) from None
    except OSError:
        return  # a file system without locks
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()

"""Files that appear whole or not at all, and a sentence where one cannot be written."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import socket
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasviz.errors import OutputError

_PREFIX = ".kerasviz-tmp"
_HOST = f"{zlib.crc32(socket.gethostname().encode(errors='replace')):08x}"
# A process that was killed may have had the number that this one has: in a container that is always 1.
_SESSION = secrets.token_hex(4)
_NAME = re.compile(rf"{re.escape(_PREFIX)}-([0-9a-f]{{8}})-(\d+)-([0-9a-f]{{8}})-[0-9a-f]{{8}}")
# Of a process on another machine nobody can say whether it lives.
_DEAD_AFTER_SECONDS = 7 * 24 * 3600
_SWEPT: set[str] = set()

_REASONS = {
    errno.ENOSPC: "the disk is full: free some space, or choose another folder",
    errno.EDQUOT: "your share of the disk is full: free some space, or choose another folder",
    errno.EFBIG: "files of that size are not allowed here: raise the limit, or choose another folder",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
    errno.EISDIR: "a folder of that name is there: choose another name",
    errno.ENOTDIR: "a part of the path is a file and no folder: choose another folder",
    errno.EEXIST: "a part of the path is a file and no folder: choose another folder",
    errno.EACCES: "you may not write there: choose another folder",
    errno.EPERM: "you may not write there: choose another folder",
    errno.EROFS: "it is on a disk that can only be read: choose another folder",
}


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str], durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path; rename it to `path` when the block ends without an error.

    The temporary path has the same name as `path`, in a hidden folder beside it, because many writers choose
    their format by the ending and some put files of their own beside. When the block raises, that folder is
    removed and whatever stood at `path` before is untouched; what a killed process left is removed by the
    next one that writes there. Missing parent folders are made.

    Args:
        path: where to.
        durable: whether the file is on the disk, and not only on its way there, before it takes the place of
            the one before: for what a crash of the machine must not lose.

    Raises:
        OutputError: the system does not let it be written; the message says why.

    >>> import tempfile, pathlib
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "new" / "a.txt"
    >>> with atomic_path(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text(), len(list(target.parent.iterdir()))
    ('whole', 1)
    """
    path = Path(path)
    with errors_in_sentences(path), temporary_folder(path.parent) as folder:
        if not path.name:
            raise IsADirectoryError(errno.EISDIR, "no file is named")
        temporary = folder / path.name
        yield temporary
        if durable:
            _to_disk(temporary)
        os.replace(temporary, path)
        if durable:
            _to_disk(path.parent)


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Yield a new folder inside `parent`, which is made if it is missing; remove it when the block ends.

    The first in a folder removes what processes that are dead left there.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_dead(parent)
    folder = parent / f"{_PREFIX}-{_HOST}-{os.getpid()}-{_SESSION}-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a new folder among the system's temporary ones; remove it when the block ends.

    What a killed process left there is removed by the next that asks for one.

    Raises:
        OutputError: none can be made.
    """
    place = Path(tempfile.gettempdir())
    with contextlib.ExitStack() as stack:
        with errors_in_sentences(place):
            folder = stack.enter_context(temporary_folder(place))
        yield folder


@contextlib.contextmanager
def errors_in_sentences(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system raises inside the block into an error that says why `path` cannot be written.

    Raises:
        OutputError: the block raised an OSError, or `path` is none that a system has.
    """
    try:
        if "\0" in os.fspath(path):
            raise OSError(errno.EINVAL, "there is a NUL character in the path")
        yield
    except OSError as error:
        raise OutputError(f"{os.fspath(path)!r} cannot be written: {why_not(error)}.") from error


def why_not(error: OSError) -> str:
    """Return in a few words why the system refused to write, and what to do.

    >>> why_not(OSError(errno.ENOSPC, "No space left on device"))
    'the disk is full: free some space, or choose another folder'
    """
    text = str(error)
    number = error.errno
    # HDF5 and NumPy say it in words alone.
    if number is None and (found := re.search(r"errno = (\d+)", text)):
        number = int(found.group(1))
    if number is None and re.search(r"\d+ requested and \d+ written", text):
        number = errno.ENOSPC
    if number in _REASONS:
        return _REASONS[number]
    lines = (error.strerror or text).splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _to_disk(path: Path) -> None:
    """Wait until the file or folder is on the disk, where the system can tell."""
    with contextlib.suppress(PermissionError, NotImplementedError):  # folders, on Windows
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _remove_dead(folder: Path) -> None:
    where = os.path.abspath(folder)
    if where in _SWEPT:
        return
    _SWEPT.add(where)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if (found := _NAME.fullmatch(entry.name)) and _is_dead(entry, *found.groups()):
                shutil.rmtree(entry.path, ignore_errors=True)


def _is_dead(entry: os.DirEntry[str], host: str, process: str, session: str) -> bool:
    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _DEAD_AFTER_SECONDS:
        return True
    if host != _HOST or os.name == "nt":  # where asking for a process ends it
        return False
    if int(process) == os.getpid():
        return session != _SESSION
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


def save_array(path: str | os.PathLike[str], values: Any) -> None:
    """Write an array as a `.npy` file that appears whole or not at all."""
    import numpy as np

    with atomic_path(path) as temporary:
        np.save(temporary, values)

"""The folders of one input, what became of them, and what the process did elsewhere."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

from faults.subject import Place
from faults.verdict import HALF_WRITTEN, LOST, OUTSIDE, TEMPORARY
from faults.whole_files import TEMPORARY_PREFIX, what_is_broken

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events with a path, and which of their arguments it is.
_CHANGES = {
    "os.rename": 1,
    "os.remove": 0,
    "os.mkdir": 0,
    "os.rmdir": 0,
    "os.link": 1,
    "os.symlink": 1,
    "os.truncate": 0,
    "shutil.rmtree": 0,
    "shutil.move": 1,
}
_PROGRAMS = ("os.system", "os.exec", "os.posix_spawn", "socket.connect", "subprocess.Popen")
# What makes movies, and the campaign's own.
_ALLOWED = ("mount", "umount", "ffmpeg")
# Where the system and the libraries keep what is nobody's result.
_ELSEWHERE = ("/dev/", "/proc/", "/sys/")


class Sandbox:
    """A new folder with `in`, `out`, and what must stay as it is; made the current one, and watched."""

    def __init__(self, folder: Path, corpus: Path) -> None:
        self.folder = folder
        for name in ("in", "out", "beside", "tmp", "home"):
            (folder / name).mkdir(parents=True)
        (folder / "beside" / "mine.txt").write_text("mine")
        (folder / "out" / "earlier.txt").write_text("earlier")
        self.place = Place(corpus, folder / "in", folder / "out")
        os.chdir(folder / "out")
        os.environ["HOME"] = str(folder / "home")
        tempfile.tempdir = str(folder / "tmp")
        self._before: dict[str, str] = {}

    def begin(self) -> None:
        """Remember what there is, and begin to watch."""
        self._before = _contents(self.folder)
        _watch.begin(self.folder)

    def faults(self) -> dict[str, str]:
        """Return what is wrong with what was written, and what was done elsewhere."""
        found: dict[str, str] = {}
        elsewhere = _watch.end()
        after = _contents(self.folder)
        changed = {name for name in after if after[name] != self._before.get(name)}
        gone = self._before.keys() - after.keys()
        kept = {name for name in gone | changed if name in self._before}
        if lost := {name for name in kept if not name.startswith("out/") or name == "out/earlier.txt"}:
            found[LOST] = f"changed or gone: {sorted(lost)}"
        new = sorted(changed - kept)
        temporary = [name for name in new if _is_temporary(name)]
        if temporary:
            found[TEMPORARY] = str(temporary)
        outside = [name for name in new if not name.startswith(("out/", "tmp/", "home/"))]
        if outside or elsewhere:
            found[OUTSIDE] = str(outside + elsewhere)
        written = [
            self.folder / name for name in changed if name.startswith("out/") and name not in temporary
        ]
        if broken := [reason for path in written if (reason := what_is_broken(path))]:
            found[HALF_WRITTEN] = str(broken)
        return found

    def remove(self) -> None:
        """Leave the folder, and remove it."""
        os.chdir(self.folder.parent)
        shutil.rmtree(self.folder, ignore_errors=True)


def _is_temporary(name: str) -> bool:
    # TensorFlow removes its own when the process ends.
    in_tmp = name.startswith("tmp/") and not name.startswith("tmp/__autograph_generated_file")
    return in_tmp or TEMPORARY_PREFIX in name


def _contents(folder: Path) -> dict[str, str]:
    """Return what each entry below the folder is; files by a digest."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(root, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISREG(mode):
                kind = hashlib.md5(Path(path).read_bytes()).hexdigest()
            else:
                kind = stat.filemode(mode)
            found[os.path.relpath(path, folder)] = kind
    return found


class _Watch:
    """Notes what Python code of this process changes outside a folder, and the programs that it starts."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._found: list[str] = []
        self._hooked = False

    def begin(self, folder: Path) -> None:
        if not self._hooked:
            sys.addaudithook(self._heard)
            self._hooked = True
        self._found = []
        self._folder = os.path.realpath(folder)

    def end(self) -> list[str]:
        self._folder = None
        return self._found

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._folder is None:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES:
                self._changed(event, path)
        elif event in _CHANGES:
            # With an open folder the name says nothing of where it is; what opened that one was heard.
            if not (event in ("os.remove", "os.rmdir", "os.mkdir") and arguments[-1] not in (-1, None)):
                self._changed(event, arguments[_CHANGES[event]])
        elif event in _PROGRAMS and not os.path.basename(str(arguments[0])).startswith(_ALLOWED):
            self._found.append(f"{event} {arguments!r}"[:200])

    def _changed(self, event: str, path: Any) -> None:
        if isinstance(path, int):
            return
        where = os.path.realpath(os.fsdecode(path))
        if not where.startswith((f"{self._folder}/", *_ELSEWHERE)) and where != self._folder:
            self._found.append(f"{event} {where}")


_watch = _Watch()

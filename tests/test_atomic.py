"""Files that appear whole or not at all: what is left behind, by whom, and what is said when they cannot."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from places_that_refuse import file_size_limit

from kerasviz import atomic
from kerasviz.atomic import atomic_path, scratch_folder, why_not
from kerasviz.errors import OutputError

WRITER = """
import sys, time
from kerasviz.atomic import atomic_path
with atomic_path(sys.argv[1]) as temporary:
    temporary.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def write(path: Path, size: int = 4) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"x" * size)


def start_writer(path: Path) -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def end(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


def a_file_for_a_folder(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "a.txt"


def a_folder_deep_below_a_file(folder: Path) -> Path:
    return a_file_for_a_folder(folder) / "b" / "c.txt"


def a_folder_for_a_file(folder: Path) -> Path:
    (folder / "a.txt").mkdir()
    return folder / "a.txt"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (a_file_for_a_folder, "a part of the path is a file and no folder: choose another folder."),
        (a_folder_deep_below_a_file, "a part of the path is a file and no folder: choose another folder."),
        (a_folder_for_a_file, "a folder of that name is there: choose another name."),
        (lambda folder: folder / ("n" * 256), "the name is too long: choose a shorter one."),
        (lambda folder: folder / ("n" * 256) / "a", "the name is too long: choose a shorter one."),
        (lambda folder: Path("/" + "n/" * 2500), "the name is too long: choose a shorter one."),
        (lambda folder: folder / "a\0b", "there is a NUL character in the path."),
        (lambda folder: Path("/"), "a folder of that name is there: choose another name."),
    ],
)
def test_why_not_is_said_in_a_sentence(tmp_path: Path, make: Callable[[Path], Path], reason: str) -> None:
    path = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError) as caught:
        write(path)
    assert str(caught.value) == f"{str(path)!r} cannot be written: {reason}"
    assert sorted(tmp_path.rglob("*")) == before


def test_names_as_long_as_the_system_allows_are_written(tmp_path: Path) -> None:
    write(tmp_path / ("n" * 251 + ".txt"))
    assert [len(path.name) for path in tmp_path.iterdir()] == [255]


def test_a_limit_on_file_sizes_leaves_the_file_before(tmp_path: Path) -> None:
    write(tmp_path / "a.txt")
    with file_size_limit(1000), pytest.raises(OutputError, match="files of that size are not allowed here"):
        write(tmp_path / "a.txt", 5000)
    assert (tmp_path / "a.txt").read_text() == "xxxx"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_the_file_before(tiny_disk: Path) -> None:
    write(tiny_disk / "a.txt")
    with pytest.raises(OutputError, match="the disk is full: free some space"):
        write(tiny_disk / "a.txt", 100_000)
    assert (tiny_disk / "a.txt").read_text() == "xxxx"
    assert len(list(tiny_disk.iterdir())) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Can't write data (file write failed: errno = 28, error message = 'No space')",
        "9 requested and 4 written",
    ],
)
def test_libraries_that_say_it_in_words_are_understood(text: str) -> None:
    assert why_not(OSError(text)).startswith("the disk is full")


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    writer = start_writer(tmp_path / "a.txt")
    assert len(list(tmp_path.iterdir())) == 1
    end(writer)
    assert len(list(tmp_path.iterdir())) == 1, "SIGKILL leaves it"
    write(tmp_path / "b.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_scratch_that_a_killed_process_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
import os, signal
from kerasviz.atomic import scratch_folder
with scratch_folder() as folder:
    (folder / "film.gif").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob("*/film.gif"))) == 1, "SIGKILL leaves it"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with scratch_folder() as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert not list(tmp_path.iterdir())


def test_scratch_that_cannot_be_made_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(OutputError, match="a part of the path is a file and no folder"), scratch_folder():
        pass


def test_no_temporary_folder_is_made_elsewhere() -> None:
    for path in Path(atomic.__file__).parent.rglob("*.py"):
        code = "".join(line for line in path.read_text().splitlines(True) if ">>>" not in line)
        assert "TemporaryDirectory" not in code, f"{path}: scratch_folder() outlives no killed process"


def test_what_a_living_process_writes_stays(tmp_path: Path) -> None:
    writer = start_writer(tmp_path / "a.txt")
    write(tmp_path / "b.txt")
    assert len(list(tmp_path.iterdir())) == 2
    os.kill(writer.pid, signal.SIGTERM)
    writer.communicate()


@pytest.mark.parametrize(
    ("whose", "days", "dead"),
    [
        ("of no process", 0, False),
        ("of an earlier process of this number", 0, True),
        ("of this process", 0, False),
        ("of another machine", 6, False),
        ("of another machine", 8, True),
    ],
)
def test_whose_temporary_folder_is_removed(tmp_path: Path, whose: str, days: int, dead: bool) -> None:
    name = {
        "of no process": f"{atomic._HOST}-4194304999-00000000",  # a number that no system gives
        "of an earlier process of this number": f"{atomic._HOST}-{os.getpid()}-00000000",
        "of this process": f"{atomic._HOST}-{os.getpid()}-{atomic._SESSION}",
        "of another machine": "00000000-1-00000000",
    }[whose]
    folder = tmp_path / f".kerasviz-tmp-{name}-01234567"
    folder.mkdir()
    (folder / "half.txt").write_text("")
    then = os.stat(folder).st_mtime - days * 24 * 3600
    os.utime(folder, (then, then))
    write(tmp_path / "a.txt")
    assert folder.exists() is not dead


def test_what_only_looks_like_ours_stays(tmp_path: Path) -> None:
    for name in (".kerasviz-tmp", ".kerasviz-tmp-mine", "kerasviz-tmp-00000000-1-00000000-00000000"):
        (tmp_path / name).mkdir()
    write(tmp_path / "a.txt")
    assert len(list(tmp_path.iterdir())) == 4


def test_a_durable_file_is_on_the_disk_before_it_takes_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(number: int) -> None:
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{number}") else "file")
        real_sync(number)

    def replace(source: Path, target: Path) -> None:
        calls.append("replace")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    write(tmp_path / "a.txt")
    assert calls == ["replace"]
    with atomic_path(tmp_path / "a.txt", durable=True) as temporary:
        temporary.write_text("whole")
    assert calls[1:] == ["file", "replace", "folder"]

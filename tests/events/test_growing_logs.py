"""A log that is read while it is written, resumed, replaced and deleted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from kerasviz.errors import InputError, LogError
from kerasviz.events import EventLog, LogReader, open_log
from kerasviz.events.records import GrowingRecords

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (8, 5, 7), dtype=np.uint8)


def write(folder: Path, steps: range, start_step: int = 0, shift: int = 0) -> Path:
    """Write the picture `step + shift` at each of these steps; return the file."""
    with EventLog(folder, start_step) as log:
        for step in steps:
            log.image("a", step, PICTURES[step + shift])
            log.scalar("loss", step, step + shift)
    return log.path


def assert_equal_to_a_new_one(reader: LogReader) -> None:
    """Compare everything a reader says with what one opened now says."""
    fresh = open_log(reader.path)
    assert reader.tags() == fresh.tags()
    assert str(reader.damage) == str(fresh.damage)
    for info in fresh.tags():
        if info.kind == "scalar":
            assert reader.scalars(info.tag, info.run) == fresh.scalars(info.tag, info.run)
        else:
            assert reader.versions(info) == fresh.versions(info)
            pairs = zip(reader.frames(info.tag, info.run), fresh.frames(info.tag, info.run), strict=True)
            for frame, expected in pairs:
                assert frame.step == expected.step
                np.testing.assert_array_equal(frame.image, expected.image)


def steps(reader: LogReader, run: str | None = None) -> list[int]:
    return list(reader.versions(reader.find("a", run)))


def test_grows_byte_by_byte(tmp_path: Path) -> None:
    data = write(tmp_path / "whole", range(3)).read_bytes()
    path = tmp_path / "growing" / "events.out.tfevents.1"
    path.parent.mkdir()
    path.write_bytes(b"")
    reader = open_log(path.parent)
    with path.open("ab") as file:
        for place in range(0, len(data), 11):
            file.write(data[place : place + 11])
            file.flush()
            assert reader.refresh()
            assert_equal_to_a_new_one(reader)
    assert steps(reader) == [0, 1, 2]
    assert not reader.damage
    assert not reader.refresh()


def test_reads_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "old", range(8))
    with EventLog(tmp_path / "new") as log:
        reader = open_log(tmp_path)
        read: list[int] = []
        original = GrowingRecords.read
        monkeypatch.setattr(
            GrowingRecords, "read", lambda self: (read.append(1) or record for record in original(self))
        )
        log.scalar("loss", 0, 1.0)
        log.flush()
        assert reader.refresh()
        assert reader.scalars("loss", "new") == [(0, 1.0)]
        assert len(read) == 1


def test_a_revision_for_every_change(tmp_path: Path) -> None:
    write(tmp_path, range(2))
    reader = open_log(tmp_path)
    before = reader.revision
    assert not reader.refresh()
    assert reader.revision == before
    write(tmp_path / "second", range(2))
    assert reader.refresh()
    assert reader.revision != before
    assert reader.runs == [".", "second"]


def test_a_session_that_resumes_replaces_frames(tmp_path: Path) -> None:
    write(tmp_path, range(4))
    reader = open_log(tmp_path)
    before = reader.versions(reader.find("a"))
    write(tmp_path, range(2, 6), start_step=2, shift=1)
    assert reader.refresh()
    assert_equal_to_a_new_one(reader)
    after = reader.versions(reader.find("a"))
    assert list(after) == [0, 1, 2, 3, 4, 5]
    assert [step for step in before if before[step] != after[step]] == [2, 3]
    assert reader.scalars("loss") == [(0, 0), (1, 1), (2, 3), (3, 4), (4, 5), (5, 6)]


def test_an_earlier_file_that_still_grows(tmp_path: Path) -> None:
    with EventLog(tmp_path) as first:
        first.image("a", 0, PICTURES[0])
        write(tmp_path, range(2, 4), start_step=2)
        first.flush()
        reader = open_log(tmp_path)
        for step in (1, 2):
            first.image("a", step, PICTURES[7])
        first.flush()
        assert reader.refresh()
        assert steps(reader) == [0, 1, 2, 3]
        assert_equal_to_a_new_one(reader)


@pytest.mark.parametrize("in_place", [True, False], ids=["rewritten", "another file"])
def test_a_file_that_is_replaced(tmp_path: Path, in_place: bool) -> None:
    path = write(tmp_path / "log", range(3))
    other = write(tmp_path / "other", range(6), shift=2)
    reader = open_log(tmp_path / "log")
    before = reader.versions(reader.find("a"))
    if in_place:
        path.write_bytes(other.read_bytes())
    else:
        os.replace(other, path)
    assert reader.refresh()
    assert_equal_to_a_new_one(reader)
    after = reader.versions(reader.find("a"))
    assert len(after) == 6
    assert not set(before.values()) & set(after.values())


def test_a_file_that_shrinks(tmp_path: Path) -> None:
    path = write(tmp_path, range(3))
    reader = open_log(tmp_path)
    path.write_bytes(path.read_bytes()[:300])
    assert reader.refresh()
    assert_equal_to_a_new_one(reader)
    assert steps(reader) == [0]


def test_a_run_that_is_deleted(tmp_path: Path) -> None:
    write(tmp_path / "kept", range(2))
    write(tmp_path / "gone", range(2))
    reader = open_log(tmp_path)
    info = reader.find("a", "gone")
    waiting = reader.frames("a", "gone")
    shutil.rmtree(tmp_path / "gone")
    assert list(waiting) == []
    assert list(reader.encoded(info, [0, 1])) == []
    assert reader.refresh()
    assert reader.runs == ["kept"]
    with pytest.raises(InputError, match="no run 'gone'"):
        reader.versions(info)
    shutil.rmtree(tmp_path / "kept")
    assert reader.refresh()
    assert (reader.runs, reader.tags()) == ([], [])


def test_a_file_in_the_place_of_one_that_was_indexed_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "log", range(3))
    reader = open_log(tmp_path / "log")
    info = reader.find("a")
    os.replace(write(tmp_path / "other", range(3), shift=3), path)
    assert list(reader.encoded(info, [0, 1, 2])) == []


def test_encoded_frames_are_the_files_of_the_log(tmp_path: Path) -> None:
    write(tmp_path, range(3))
    reader = open_log(tmp_path)
    info = reader.find("a")
    frames = list(reader.encoded(info, [2, 0, 2]))
    assert [frame.step for frame in frames] == [2, 0, 2]
    assert [frame.version for frame in frames] == [reader.versions(info)[step] for step in (2, 0, 2)]
    assert all(frame.picture.startswith(b"\x89PNG") for frame in frames)
    with pytest.raises(InputError, match="no picture of step 5"):
        list(reader.encoded(info, [0, 5]))


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", range(3))
    inside = write(tmp_path / "log" / "run", range(2))
    (tmp_path / "log" / "folder").symlink_to(tmp_path / "outside")
    (tmp_path / "log" / "events.out.tfevents.9").symlink_to(outside)
    (tmp_path / "log" / "events.out.tfevents.8").symlink_to(inside)
    assert open_log(tmp_path / "log").runs == [".", "run"]
    assert steps(open_log(tmp_path / "log"), ".") == [0, 1]
    (tmp_path / "link").symlink_to(tmp_path / "log")
    assert open_log(tmp_path / "link").runs == [".", "run"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_counted(tmp_path: Path) -> None:
    write(tmp_path / "open", range(2))
    closed = write(tmp_path / "closed", range(2))
    closed.chmod(0)
    reader = open_log(tmp_path)
    assert str(reader.damage).startswith("1 file cannot be read")
    assert steps(reader) == [0, 1]
    with pytest.raises(LogError, match="cannot be read"):
        open_log(tmp_path / "closed")
    closed.chmod(0o600)
    assert reader.refresh()
    assert not reader.damage


def test_a_file_that_the_disk_does_not_give_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "good", range(2))
    bad = write(tmp_path / "bad", range(2))
    original = Path.open

    def fail(path: Path, *args: object, **options: object) -> object:
        if path == bad:
            raise OSError(5, "Input/output error")
        return original(path, *args, **options)

    monkeypatch.setattr(Path, "open", fail)
    reader = open_log(tmp_path)
    assert str(reader.damage) == f"1 file cannot be read ({bad}: Input/output error)"
    assert steps(reader, "good") == [0, 1]
    assert not reader.refresh()
    with pytest.raises(LogError, match="cannot be read"):
        open_log(tmp_path / "bad")

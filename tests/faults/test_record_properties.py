"""Of any bytes: what is written as records is read again, and damage to one loses that one."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kerasviz.events import Damage
from kerasviz.events.records import GrowingRecords, frame_record, read_record_at

RECORDS = st.lists(st.binary(max_size=60), max_size=6)
# An event is never empty; behind a damaged length the search for the next record passes over what is.
EVENTS = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6)


def read(path: Path, content: bytes) -> tuple[list[tuple[int, bytes]], Damage]:
    path.write_bytes(content)
    records = GrowingRecords(path)
    return list(records.read()), records.damage


@given(records=RECORDS)
def test_records_are_read_as_they_were_written(records: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "log"
    found, damage = read(path, b"".join(map(frame_record, records)))
    assert [data for _, data in found] == records
    assert not damage
    with path.open("rb") as file:
        assert [read_record_at(file, offset) for offset, _ in found] == records


@given(content=st.binary(max_size=300), place=st.integers(0, 300))
def test_any_bytes_are_damage_or_nothing(content: bytes, place: int, tmp_path: Path) -> None:
    path = tmp_path / "log"
    found, damage = read(path, content)
    read_bytes = sum(len(frame_record(data)) for _, data in found)
    assert bool(damage) == (read_bytes < len(content))
    with path.open("rb") as file:
        assert read_record_at(file, place) is None or frame_record(b"")[:4] in content


@given(records=EVENTS, data=st.data())
def test_a_changed_byte_loses_its_record_alone(
    records: list[bytes], data: st.DataObject, tmp_path: Path
) -> None:
    framed = list(map(frame_record, records))
    content = bytearray(b"".join(framed))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    hit = next(at for at in range(len(framed)) if place < sum(map(len, framed[: at + 1])))
    found, damage = read(tmp_path / "log", bytes(content))
    assert [one for _, one in found] == records[:hit] + records[hit + 1 :]
    assert damage.total == 1


@given(records=RECORDS, cut=st.integers(0, 200))
def test_a_file_that_grows_is_read_once_and_whole(records: list[bytes], cut: int, tmp_path: Path) -> None:
    framed = list(map(frame_record, records))
    content = b"".join(framed)
    path = tmp_path / "log"
    path.write_bytes(content[:cut])
    growing = GrowingRecords(path)
    before = [data for _, data in growing.read()]
    whole = sum(1 for at in range(len(framed)) if sum(map(len, framed[: at + 1])) <= cut)
    assert before == records[:whole]
    assert growing.damage.torn == (sum(map(len, framed[:whole])) < len(content[:cut]))
    path.write_bytes(content)
    assert [data for _, data in growing.read()] == records[whole:]
    assert not growing.damage

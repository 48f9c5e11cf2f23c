"""The framing of event files, against TensorBoard's reader and against damage at every byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from tensorboard.compat.tensorflow_stub import pywrap_tensorflow

from kerasviz.events import Damage
from kerasviz.events.records import GrowingRecords, frame_record, masked_crc

RECORDS = [b"first", b"", bytes(range(256)), b"last one"]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def read(path: Path) -> tuple[list[bytes], Damage]:
    records = GrowingRecords(path)
    return [data for _, data in records.read()], records.damage


@pytest.mark.parametrize("data", [b"", b"kerasviz", bytes(range(256)) * 50])
def test_checksum_is_tensorboards(data: bytes) -> None:
    assert masked_crc(data) == pywrap_tensorflow.masked_crc32c(data)


def test_tensorboard_reads_our_records(tmp_path: Path) -> None:
    path = write(tmp_path / "f", b"".join(map(frame_record, RECORDS)))
    reader = pywrap_tensorflow.PyRecordReader_New(str(path))
    for expected in RECORDS:
        reader.GetNext()
        assert reader.record() == expected


def test_whole_file(tmp_path: Path) -> None:
    records, damage = read(write(tmp_path / "f", b"".join(map(frame_record, RECORDS))))
    assert records == RECORDS
    assert not damage


def test_empty_file(tmp_path: Path) -> None:
    records, damage = read(write(tmp_path / "f", b""))
    assert records == []
    assert not damage


def test_torn_at_every_byte(tmp_path: Path) -> None:
    framed = [frame_record(data) for data in RECORDS]
    whole = b"".join(framed)
    ends = [sum(map(len, framed[: i + 1])) for i in range(len(framed))]
    for cut in range(len(whole)):
        records, damage = read(write(tmp_path / "f", whole[:cut]))
        assert records == RECORDS[: sum(end <= cut for end in ends)]
        assert (damage.torn, damage.corrupt) == (int(cut not in (0, *ends)), 0)


def test_flipped_at_every_byte_loses_one_record(tmp_path: Path) -> None:
    framed = [frame_record(data) for data in RECORDS]
    whole = b"".join(framed)
    starts = [sum(map(len, framed[:i])) for i in range(len(framed))]
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x10
        hit = sum(start <= place for start in starts) - 1
        records, damage = read(write(tmp_path / "f", bytes(damaged)))
        # The search behind a damaged length does not take a length of zero for a header, as zeros are common.
        lost = {hit, 1} if hit == 0 and place < 12 else {hit}
        assert records == [data for i, data in enumerate(RECORDS) if i not in lost]
        assert damage.total == 1


def test_goes_on_behind_a_torn_record_that_was_appended_to(tmp_path: Path) -> None:
    torn = frame_record(bytes(1000))[:500]
    records, damage = read(write(tmp_path / "f", frame_record(b"a") + torn + frame_record(b"b")))
    assert records == [b"a", b"b"]
    assert damage.total == 1


def test_search_crosses_windows(tmp_path: Path) -> None:
    for gap in ((1 << 20) - 5, (1 << 20) + 5):
        noise = b"\xff" * gap
        records, damage = read(write(tmp_path / "f", frame_record(b"a") + noise + frame_record(b"b")))
        assert records == [b"a", b"b"]
        assert damage.corrupt == 1


def test_zeros_behind_the_end_are_one_damage(tmp_path: Path) -> None:
    records, damage = read(write(tmp_path / "f", frame_record(b"a") + bytes(1 << 20)))
    assert records == [b"a"]
    assert damage.total == 1


def test_a_file_that_grows_by_single_bytes(tmp_path: Path) -> None:
    whole = b"".join(map(frame_record, RECORDS))
    path = write(tmp_path / "f", b"")
    records = GrowingRecords(path)
    read = []
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        read += [data for _, data in records.read()]
        assert records.offset <= size
    assert read == RECORDS
    assert not records.damage


def test_damage_in_a_file_that_grows_is_counted_once(tmp_path: Path) -> None:
    damaged = bytearray(frame_record(bytes(100)))
    damaged[50] ^= 1
    path = write(tmp_path / "f", frame_record(b"a") + damaged + frame_record(b"b")[:9])
    records = GrowingRecords(path)
    assert [data for _, data in records.read()] == [b"a"]
    path.write_bytes(frame_record(b"a") + damaged + frame_record(b"b") + frame_record(b"c"))
    for expected in ([b"b", b"c"], []):
        assert [data for _, data in records.read()] == expected
        assert (records.damage.torn, records.damage.corrupt) == (0, 1)

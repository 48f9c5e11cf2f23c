"""Logs that are odd: made to hang, to fill the memory, to take for ever, or changed behind an open reader."""

from __future__ import annotations

import os
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2, types_pb2

from kerasviz.errors import LogError
from kerasviz.events import EventLog, folder, open_log, records
from kerasviz.events import meta as meta_module
from kerasviz.events.records import frame_record

PICTURE = np.arange(12, dtype=np.uint8).reshape(3, 4)
NAME = "events.out.tfevents.1"


def new_value(tag: str, plugin: str, step: int = 0) -> tuple[event_pb2.Event, summary_pb2.Summary.Value]:
    event = event_pb2.Event(step=step)
    value = event.summary.value.add(tag=tag)
    value.metadata.plugin_data.plugin_name = plugin
    return event, value


def append(path: Path, event: event_pb2.Event) -> None:
    with path.open("ab") as file:
        file.write(frame_record(event.SerializeToString()))


Change = Callable[[summary_pb2.Summary.Value], object]


def tensor(kind: int, sizes: tuple[int, ...] = (), **values: object) -> Change:
    def change(value: summary_pb2.Summary.Value) -> None:
        value.tensor.dtype = kind
        for size in sizes:
            value.tensor.tensor_shape.dim.add(size=size)
        for name, content in values.items():
            if name == "tensor_content":
                value.tensor.tensor_content = content
            else:
                getattr(value.tensor, name).extend(content)

    return change


ODD = {
    "nothing": lambda value: None,
    "empty": tensor(types_pb2.DT_FLOAT, (0,)),
    "no value": tensor(types_pb2.DT_FLOAT),
    "two": tensor(types_pb2.DT_FLOAT, (2,), float_val=[1.0, 2.0]),
    "two that claim to be one": tensor(types_pb2.DT_FLOAT, (), float_val=[1.0, 2.0]),
    "complex": tensor(types_pb2.DT_COMPLEX64, (), scomplex_val=[1.0, 2.0]),
    "a text": tensor(types_pb2.DT_STRING, (), string_val=[b"12"]),
    "cut": tensor(types_pb2.DT_FLOAT, (), tensor_content=b"\0\0"),
    "no type": tensor(types_pb2.DT_INVALID, (), float_val=[1.0]),
    "an unknown type": tensor(99, (), float_val=[1.0]),
    "a resource": tensor(types_pb2.DT_RESOURCE, ()),
    "37 GiB": tensor(types_pb2.DT_FLOAT, (100_000, 100_000), float_val=[1.0]),
    "an axis below 0": tensor(types_pb2.DT_FLOAT, (-1,), float_val=[1.0]),
    "99 axes": tensor(types_pb2.DT_DOUBLE, (1,) * 99, double_val=[1.0]),
    "a histogram": lambda value: value.histo.bucket.append(1.0),
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_a_scalar_that_is_no_number_is_left_out_and_counted(tmp_path: Path, change: Change) -> None:
    with EventLog(tmp_path) as log:
        log.scalar("loss", 1, 0.5)
    event, value = new_value("loss", "scalars", 2)
    change(value)
    append(log.path, event)
    assert log.path.stat().st_size < 1000
    reader = open_log(tmp_path)
    tracemalloc.start()
    for _ in range(2):
        assert reader.scalars("loss") == [(1, 0.5)]
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    assert str(reader.damage) == "1 scalar is not one real number"
    assert str(reader.damage_of(reader.find("loss", kind="scalar"))) == "1 scalar is not one real number"


@pytest.mark.parametrize(
    "change",
    [
        tensor(types_pb2.DT_FLOAT, (1, 1), float_val=[3.0]),
        tensor(types_pb2.DT_DOUBLE, (), tensor_content=np.float64(3).tobytes()),
        tensor(types_pb2.DT_INT64, (), int64_val=[3]),
        tensor(types_pb2.DT_HALF, (), half_val=[0x4200]),
        lambda value: setattr(value, "simple_value", 3.0),
    ],
    ids=["axes of 1", "double", "int", "half", "old"],
)
def test_numbers_of_every_type_are_read(tmp_path: Path, change: Change) -> None:
    event, value = new_value("loss", "scalars")
    change(value)
    append(tmp_path / NAME, event)
    reader = open_log(tmp_path)
    assert reader.scalars("loss") == [(0, 3.0)]
    assert not reader.damage


def log_of(folder: Path, steps: int = 6) -> Path:
    with EventLog(folder) as log:
        for step in range(steps):
            log.image("a", step, PICTURE + np.uint8(step))
            log.scalar("loss", step, step)
    return log.path


def rewritten(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def with_other_tags(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\x01a", b"\x01b"))


@pytest.mark.parametrize(
    "change",
    [
        Path.unlink,
        lambda path: os.truncate(path, 0),
        lambda path: os.truncate(path, 200),
        rewritten,
        with_other_tags,
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["removed", "empty", "cut", "zeros", "other", "a folder"],
)
def test_a_log_that_changes_behind_an_open_reader(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = log_of(tmp_path)
    reader = open_log(tmp_path)
    assert not reader.damage
    change(path)
    frames = list(reader.frames("a"))
    assert len(frames) < 6
    for frame in frames:
        np.testing.assert_array_equal(frame.image, PICTURE + np.uint8(frame.step))
    assert len(reader.damage.gone) == 6 - len(frames)
    assert f"{6 - len(frames)} pictures are no longer in the log" in str(reader.damage)
    assert reader.scalars("loss") == [(step, step) for step in range(6)]
    reader.last_meta("a")
    reader.refresh()
    assert len(reader.tags()) in (0, 2)


def test_a_log_that_is_removed_while_its_frames_are_read(tmp_path: Path) -> None:
    first, second = log_of(tmp_path, 2), None
    with EventLog(tmp_path, start_step=2) as log:
        log.image("a", 2, PICTURE)
        second = log.path
    frames = open_log(tmp_path).frames("a")
    assert next(frames).step == 0
    first.unlink()
    second.unlink()
    # The file that is open is still there; the other one is gone.
    assert [frame.step for frame in frames] == [1]


def pipe(path: Path) -> None:
    os.mkfifo(path)


def bound_socket(path: Path) -> None:
    where = os.getcwd()
    os.chdir(path.parent)  # a socket's path may have 100 characters
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(where)


NO_FILES = {
    "pipe": pipe,
    "socket": bound_socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "link to nowhere": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
}


@pytest.mark.skipif(os.name == "nt", reason="no such files")
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_what_is_only_named_like_an_event_file_is_not_opened(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    log_of(tmp_path / "log")
    odd = tmp_path / "log" / NAME
    make(odd)
    reader = open_log(tmp_path / "log")
    assert len(list(reader.frames("a"))) == 6
    assert str(reader.damage) == f"1 file cannot be read ({odd}: it is no file)"
    # It is no loss of the tags that were found.
    assert not reader.damage_of(reader.find("a"))
    with pytest.raises(LogError, match="is neither a file nor a folder"):
        open_log(odd)


def test_a_file_and_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = log_of(tmp_path / "one")
    log_of(tmp_path / "two")
    (tmp_path / "three").mkdir()
    open_file, list_folder = Path.open, os.scandir

    def refuse(path: Path, *arguments: object, **options: object) -> object:  # root may read everything
        if Path(path) in (closed, tmp_path / "three"):
            raise PermissionError(13, "Permission denied", str(path))
        return (list_folder if Path(path).is_dir() else open_file)(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(os, "scandir", refuse)
    reader = open_log(tmp_path)
    assert len(list(reader.frames("a"))) == 6
    assert str(reader.damage) == (
        f"1 file cannot be read ({closed}: Permission denied); 1 folder was not looked into"
    )


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b"])
def test_paths_that_no_system_has(name: str) -> None:
    with pytest.raises(LogError, match="does not exist"):
        open_log(name)
    with pytest.raises(LogError, match="no event file can be made"):
        EventLog(name)


def test_the_walk_ends_and_says_what_it_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path
    for _ in range(40):
        deep = deep / "d"
    log_of(deep)
    log_of(tmp_path / "near" / "run")
    monkeypatch.setattr(folder, "MOST_ENTRIES", 20)
    reader = open_log(tmp_path)
    assert {info.run for info in reader.tags()} == {"near/run"}
    assert str(reader.damage) == "1 folder was not looked into"
    monkeypatch.setattr(folder, "MOST_ENTRIES", 2)
    with pytest.raises(
        LogError, match=r"But 2 folders were not looked into: name a folder nearer to the log"
    ):
        open_log(tmp_path)


def test_one_folder_of_very_many_files_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (tmp_path / f"file{number}").touch()
    monkeypatch.setattr(folder, "MOST_ENTRIES", 10)
    with pytest.raises(LogError, match="But 1 folder was not looked into"):
        open_log(tmp_path)


def test_one_record_of_very_many_pictures_is_listed_in_part(tmp_path: Path) -> None:
    event, value = new_value("a", "images")
    value.tensor.string_val.extend([b"4", b"3", *[b""] * 300_000])
    append(tmp_path / NAME, event)
    reader = open_log(tmp_path)
    assert len(reader.tags()) == 1024
    assert str(reader.damage) == "1 tag has pictures beyond 1,024"


def test_one_record_of_very_many_tags_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To read the whole record again for each of its tags would take the square of their number."""
    event = event_pb2.Event()
    png = cv2.imencode(".png", PICTURE)[1].tobytes()
    for number in range(500):
        event.summary.value.add(tag=f"a{number}").image.encoded_image_string = png
    append(tmp_path / NAME, event)
    reader = open_log(tmp_path)
    parsed = []
    original = event_pb2.Event.FromString
    monkeypatch.setattr("kerasviz.events.reader.parse", lambda data: (parsed.append(1), original(data))[1])
    for info in reader.tags():
        (frame,) = reader.frames(info.tag)
        np.testing.assert_array_equal(frame.image, PICTURE)
    assert len(parsed) == 1


def test_a_record_too_large_to_be_read_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EventLog(tmp_path) as log:
        log.image("a", 0, np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8))
        log.scalar("loss", 0, 1.0)
    monkeypatch.setattr(records, "LARGEST_RECORD", 1000)
    reader = open_log(tmp_path)
    assert [info.tag for info in reader.tags()] == ["loss"]
    assert str(reader.damage) == "1 record has more than 256 MB"


def claiming(width: int, height: int, colours: int) -> bytes:
    """Return a PNG of a few bytes whose header claims a size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(2**16)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def bitmap(width: int, height: int) -> bytes:
    head = (0).to_bytes(4, "little") + (54).to_bytes(4, "little") + (40).to_bytes(4, "little")
    sides = width.to_bytes(4, "little") + height.to_bytes(4, "little")
    return b"BM" + (54).to_bytes(4, "little") + head + sides + b"\1\0\x18\0" + bytes(24)


@pytest.mark.parametrize(
    "encoded",
    [
        claiming(1, 100_000_000, 2),
        claiming(30_000, 30_000, 6),
        bitmap(30_000, 30_000),
        b"P6 30000 30000 255 ",
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["tall", "RGBA", "BMP", "PPM", "cut"],
)
def test_a_picture_of_too_many_pixels_is_not_decoded(
    tmp_path: Path, encoded: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, value = new_value("a", "images", 7)
    value.tensor.string_val.extend([b"4", b"3", encoded])
    append(log_of(tmp_path, 1), event)
    reader = open_log(tmp_path)
    decoded = []
    original = cv2.imdecode
    monkeypatch.setattr(
        cv2, "imdecode", lambda data, how: (decoded.append(len(data)), original(data, how))[1]
    )
    assert [frame.step for frame in reader.frames("a")] == [0]
    assert len(decoded) == 1
    assert str(reader.damage) == "1 picture does not decode"


@pytest.mark.parametrize("ending", [".jpg", ".bmp", ".webp"])
def test_pictures_that_are_no_png_are_read(tmp_path: Path, ending: str) -> None:
    event, value = new_value("a", "images")
    encoded = cv2.imencode(ending, np.full((16, 16, 3), 90, np.uint8))[1].tobytes()
    value.tensor.string_val.extend([b"16", b"16", encoded])
    append(tmp_path / NAME, event)
    (frame,) = open_log(tmp_path).frames("a")
    np.testing.assert_allclose(frame.image, 90, atol=2)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (b"9" * 5000, b"3", (2**31 - 1, 3)),
        (b"-4", b"x", (0, 0)),
        (b"", b"\xff", (0, 0)),
    ],
)
def test_odd_sizes(tmp_path: Path, width: bytes, height: bytes, size: tuple[int, int]) -> None:
    event, value = new_value("a", "images")
    value.tensor.string_val.extend([width, height, b""])
    append(tmp_path / NAME, event)
    assert open_log(tmp_path).find("a").size == size


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"kind":' * 100_000,
        b"9" * 5000,
        b'{"not_finite": Infinity}',
        b'{"no_evidence": [1e999]}',
        b'{"clipped": 1' + b"0" * 400 + b"}",
        b'{"scale": [1' + b"0" * 400 + b', 2], "tiles": {"count": 1e999}}',
        b"\xff",
    ],
    ids=lambda text: text[:20],
)
def test_odd_meta_are_empty(text: bytes) -> None:
    content = meta_module._varint(meta_module.META_FIELD << 3 | 2) + meta_module._varint(len(text)) + text
    assert not meta_module.unpack(content)


def test_a_number_without_end_takes_no_time() -> None:
    """Each of its bytes would make the number longer: of a megabyte they took minutes."""
    before = time.process_time()
    assert not meta_module.unpack(b"\xff" * 2**20)
    assert time.process_time() - before < 1


def test_transparent_pictures_larger_than_a_block_are_laid_on_white(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("kerasviz.events.image_summary._PIXELS_AT_A_TIME", 64)
    image = np.random.default_rng(0).integers(0, 256, (30, 20, 4), np.uint8)
    event, value = new_value("a", "images")
    value.tensor.string_val.extend([b"20", b"30", cv2.imencode(".png", image)[1].tobytes()])
    append(tmp_path / NAME, event)
    (frame,) = open_log(tmp_path).frames("a")
    alpha = image[..., 3:] / 255
    np.testing.assert_allclose(frame.image[..., ::-1], image[..., :3] * alpha + 255 * (1 - alpha), atol=0.51)

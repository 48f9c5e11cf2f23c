"""What EventLog writes, read back by TensorBoard's own loaders."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from places_that_refuse import file_size_limit
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, graph_pb2
from tensorboard.compat.tensorflow_stub.errors import OutOfRangeError
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New
from tensorboard.plugins.image import metadata as image_plugin
from tensorboard.util import tensor_util

from kerasviz.errors import ImageError, InputError, LogError
from kerasviz.events import EventLog, FrameMeta, open_log
from kerasviz.events.image_summary import decode_meta

RED = np.array([[[255, 0, 0], [255, 0, 0], [0, 0, 255]]], np.uint8)


def events_in(path: Path) -> list[event_pb2.Event]:
    reader, events = PyRecordReader_New(str(path)), []
    while True:
        try:
            reader.GetNext()
        except OutOfRangeError:
            return events
        events.append(event_pb2.Event.FromString(reader.record()))


def accumulate(folder: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    return accumulator.Reload()


def test_session_begins_with_version_and_start(tmp_path: Path) -> None:
    with EventLog(tmp_path, start_step=70):
        pass
    (path,) = tmp_path.iterdir()
    version, start = events_in(path)
    assert version.file_version == "brain.Event:2"
    assert (start.session_log.status, start.step) == (event_pb2.SessionLog.START, 70)


def test_image_as_tensorboard_reads_it(tmp_path: Path) -> None:
    meta = {"scale": [-0.5, 0.5], "layer": "conv1_1", "clipped": np.float32(0.25), "n": np.int64(3)}
    with EventLog(tmp_path) as log:
        log.image("kernels/conv1_1", 7, RED, meta)
    accumulator = accumulate(tmp_path)
    (event,) = accumulator.Tensors("kernels/conv1_1")
    assert event.step == 7
    width, height, png = tensor_util.make_ndarray(event.tensor_proto).tolist()
    assert (width, height) == (b"3", b"1")
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded[..., ::-1], RED)


def test_a_picture_with_a_palette_is_read_in_its_colours_and_is_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (256, 3), dtype=np.uint8)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (90, 70), dtype=np.uint8), (0, 0), 3)
    with EventLog(tmp_path) as log:
        log.image("a", 0, picture, palette=palette)
        log.image("a", 1, picture, palette=ramp)
    first, second = (frame.image for frame in open_log(tmp_path).frames("a"))
    np.testing.assert_array_equal(first, palette[picture])
    np.testing.assert_array_equal(second, ramp[picture])
    (event, _) = accumulate(tmp_path).Tensors("a")
    png = tensor_util.make_ndarray(event.tensor_proto).tolist()[2]
    with Image.open(io.BytesIO(png)) as image:
        image.verify()  # every checksum
        assert image.mode == "P"
    grey = len(cv2.imencode(".png", picture)[1])
    assert len(png) == grey + 3 * 256 + 12
    with EventLog(tmp_path / "b") as log:
        for wrong in (palette[:9], palette.astype(float)):
            with pytest.raises(ImageError, match="palette"):
                log.image("a", 0, picture, palette=wrong)
        with pytest.raises(ImageError, match="palette"):
            log.image("a", 0, RED, palette=palette)


def test_meta_survives_tensorboards_loader(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    meta = {"kind": "kernels", "scale": [-1.0, 1.0], "layer": "nested/conv \u00e9" * 20}
    with EventLog(tmp_path) as log:
        log.image("a", 0, RED, meta)
        log.image("a", 1, RED)
    (path,) = tmp_path.iterdir()
    values = [event.summary.value[0] for event in EventFileLoader(str(path)).Load() if event.summary.value]
    assert decode_meta(values[0]) == FrameMeta.of(meta)
    assert decode_meta(values[1]) == FrameMeta()
    assert values[0].metadata.plugin_data.plugin_name == "images"
    content = values[0].metadata.plugin_data.content
    again = image_plugin.parse_plugin_metadata(content).SerializeToString()
    assert json.dumps(meta, separators=(",", ":")).encode()[1:] in again


def test_scalar_histogram_text_and_graphs(tmp_path: Path) -> None:
    graph = graph_pb2.GraphDef()
    graph.node.add(name="conv1_1/kernel", op="Const")
    with EventLog(tmp_path) as log:
        log.scalar("loss", 3, 0.25)
        log.scalar("loss", 4, float("nan"))
        assert log.histogram("weights", 3, np.array([[0.0, 1.0], [1.0, np.nan]])) == 1
        log.text("notes", 0, "**bold** \u00e9")
        log.graph(graph.SerializeToString())
        log.keras_graph('{"class_name": "Functional"}')
    accumulator = accumulate(tmp_path)
    losses = [tensor_util.make_ndarray(event.tensor_proto).item() for event in accumulator.Tensors("loss")]
    assert losses[0] == 0.25
    assert np.isnan(losses[1])
    buckets = tensor_util.make_ndarray(accumulator.Tensors("weights")[0].tensor_proto)
    assert buckets.shape == (30, 3)
    assert buckets[:, 2].sum() == 3
    assert (buckets[0, 0], buckets[0, 2], buckets[-1, 1], buckets[-1, 2]) == (0, 1, 1, 2)
    (note,) = accumulator.Tensors("notes")
    assert tensor_util.make_ndarray(note.tensor_proto).item().decode() == "**bold** \u00e9"
    assert accumulator.Graph() == graph
    (model,) = accumulator.Tensors("keras")
    assert tensor_util.make_ndarray(model.tensor_proto).tolist() == [b'{"class_name": "Functional"}']
    plugins = {
        tag: accumulator.SummaryMetadata(tag).plugin_data for tag in ("loss", "weights", "notes", "keras")
    }
    assert {tag: plugin.plugin_name for tag, plugin in plugins.items()} == {
        "loss": "scalars",
        "weights": "histograms",
        "notes": "text",
        "keras": "graph_keras_model",
    }
    assert plugins["keras"].content == b"1"


def test_histogram_of_nothing_finite(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        assert log.histogram("weights", 0, np.full((2, 2), np.inf)) == 4
    (event,) = accumulate(tmp_path).Tensors("weights")
    assert tensor_util.make_ndarray(event.tensor_proto)[:, 2].sum() == 0


def test_every_record_has_its_metadata(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for step in range(3):
            log.scalar("loss", step, 1.0)
    (path,) = tmp_path.iterdir()
    values = [value for event in events_in(path) for value in event.summary.value]
    assert [value.metadata.plugin_data.plugin_name for value in values] == ["scalars"] * 3


def test_flush_makes_records_visible(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.scalar("loss", 0, 1.0)
    log.flush()
    assert open_log(tmp_path).scalars("loss") == [(0, 1.0)]
    log.close()


def test_new_file_for_each_session_named_in_their_order(tmp_path: Path) -> None:
    paths = []
    for _ in range(12):
        with EventLog(tmp_path) as log:
            paths.append(log.path)
    assert paths == sorted(tmp_path.iterdir())


def test_threads_write_whole_records(tmp_path: Path) -> None:
    log = EventLog(tmp_path)

    def work(name: str) -> None:
        for step in range(200):
            log.scalar(name, step, step)

    threads = [threading.Thread(target=work, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    reader = open_log(tmp_path)
    assert not reader.damage
    assert [info.count for info in reader.tags()] == [200] * 4


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((2, 2), np.float32),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((0, 2), np.uint8),
    ],
    ids=lambda image: f"{image.dtype}{image.shape}",
)
def test_refuses_other_pictures(tmp_path: Path, image: np.ndarray) -> None:
    with EventLog(tmp_path) as log, pytest.raises(ImageError, match="uint8 of shape"):
        log.image("a", 0, image)


def test_refuses_meta_that_json_cannot_hold_and_empty_tags(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        with pytest.raises(InputError, match="JSON"):
            log.image("a", 0, RED, {"layer": object()})
        with pytest.raises(InputError, match="tag"):
            log.scalar("", 0, 1.0)


def test_closed_log_says_so(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.close()
    log.close()
    with pytest.raises(LogError, match="closed"):
        log.scalar("loss", 0, 1.0)
    with pytest.raises(LogError, match="closed"):
        log.flush()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match="no event file can be made"):
        EventLog(tmp_path / "file" / "log")


class FullDisk(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_is_a_log_error(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.close()
    log._file = io.BufferedWriter(FullDisk(), 1000)
    log.scalar("loss", 0, 1.0)
    with pytest.raises(LogError, match="cannot be written: the disk is full"):
        log.flush()
    with pytest.raises(LogError, match="cannot be written: the disk is full"):
        log.text("notes", 0, "x" * 2000)
    with pytest.raises(LogError, match="cannot be written: the disk is full"):
        log.close()


def test_nothing_loads_tensorflow(tmp_path: Path) -> None:
    code = f"""
import sys, numpy as np
from kerasviz.events.event_log import EventLog
from kerasviz.film.animation import animate
from kerasviz.events.reader import open_log
with EventLog({str(tmp_path)!r}) as log:
    log.image("a", 0, np.zeros((2, 2), np.uint8), {{"b": 1}})
    log.scalar("s", 0, 1.0)
    log.histogram("h", 0, np.arange(5.0))
    log.text("t", 0, "x")
    log.graph(b"")
    log.keras_graph("{{}}")
assert len(open_log({str(tmp_path)!r}).tags()) == 6
animate({str(tmp_path)!r}, "a")
print([name for name in ("tensorflow", "keras", "matplotlib") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_log_that_cannot_begin_leaves_no_empty_file(tmp_path: Path) -> None:
    with file_size_limit(0), pytest.raises(LogError, match="not allowed here"):
        EventLog(tmp_path)
    assert not list(tmp_path.iterdir())

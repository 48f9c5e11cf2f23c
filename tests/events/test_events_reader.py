"""The reader: several files as one run, damage, laziness, logs of other writers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2

from kerasviz.errors import InputError, LogError
from kerasviz.events import EventLog, Frame, FrameMeta, open_log
from kerasviz.events import reader as reader_module
from kerasviz.events.records import frame_record

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (6, 5, 7), dtype=np.uint8)


def write_log(folder: Path, steps: range = range(6), start_step: int = 0) -> Path:
    """Write PICTURES under "a" (its meta counting) between scalars; return the file."""
    with EventLog(folder, start_step) as log:
        for step in steps:
            log.image("a", step, PICTURES[step % 6], {"n": step})
            log.scalar("loss", step, step / 2)
    return log.path


def write_events(path: Path, *events: event_pb2.Event) -> None:
    path.write_bytes(b"".join(frame_record(event.SerializeToString()) for event in events))


def assert_source(frames: list[Frame], steps: list[int]) -> None:
    assert [frame.step for frame in frames] == steps
    for frame in frames:
        assert frame.tag == "a"
        assert frame.meta == FrameMeta(more={"n": frame.step})
        np.testing.assert_array_equal(frame.image, PICTURES[frame.step % 6])


def test_reads_back_everything(tmp_path: Path) -> None:
    colour = RNG.integers(0, 256, (4, 3, 3), dtype=np.uint8)
    write_log(tmp_path / "train")
    with EventLog(tmp_path / "evolution") as log:
        log.image("colour", -1, colour)
        log.histogram("h", 2, np.arange(9.0))
        log.text("t", 3, "hi")
        log.graph(b"")
        log.keras_graph("{}")
    reader = open_log(tmp_path)
    found = [(i.run, i.tag, i.kind, i.count, i.first_step, i.last_step, i.size) for i in reader.tags()]
    assert found == [
        ("evolution", "__run_graph__", "graph", 1, 0, 0, None),
        ("evolution", "colour", "image", 1, -1, -1, (3, 4)),
        ("evolution", "h", "histogram", 1, 2, 2, None),
        ("evolution", "keras", "graph_keras_model", 1, 0, 0, None),
        ("evolution", "t", "text", 1, 3, 3, None),
        ("train", "a", "image", 6, 0, 5, (7, 5)),
        ("train", "loss", "scalar", 6, 0, 5, None),
    ]
    assert_source(list(reader.frames("a")), [0, 1, 2, 3, 4, 5])
    (frame,) = reader.frames("colour")
    np.testing.assert_array_equal(frame.image, colour)
    assert not frame.meta
    assert reader.scalars("loss") == [(step, step / 2) for step in range(6)]
    assert reader.last_meta("a") == FrameMeta(more={"n": 5})
    assert not reader.damage


@pytest.mark.parametrize(
    ("every", "steps"), [(1, [0, 1, 2, 3, 4, 5]), (2, [0, 2, 4, 5]), (5, [0, 5]), (9, [0, 5])]
)
def test_every(tmp_path: Path, every: int, steps: list[int]) -> None:
    write_log(tmp_path)
    assert_source(list(open_log(tmp_path).frames("a", every=every)), steps)


def test_one_event_file_and_the_run_folder_itself(tmp_path: Path) -> None:
    path = write_log(tmp_path)
    assert_source(list(open_log(path).frames("a", run=".")), [0, 1, 2, 3, 4, 5])
    assert open_log(str(tmp_path)).find("a").run == "."


def test_torn_at_every_byte(tmp_path: Path) -> None:
    path = write_log(tmp_path / "whole", range(2))
    data = path.read_bytes()
    whole = {info.tag: info for info in open_log(path).tags()}
    assert whole["a"].count == 2
    torn = tmp_path / "torn.tfevents"
    seen = []
    for cut in range(len(data) + 1):
        torn.write_bytes(data[:cut])
        reader = open_log(torn)
        steps = [frame.step for frame in reader.frames("a")] if reader.tags() else []
        for frame in reader.frames("a") if steps else []:
            np.testing.assert_array_equal(frame.image, PICTURES[frame.step])
        assert reader.damage.total == reader.damage.torn <= 1
        seen.append(len(steps))
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2}
    # The second picture is there as soon as its record is, before the file ends.
    assert seen.index(2) < len(data)


def test_flipped_bytes_cost_one_record(tmp_path: Path) -> None:
    path = write_log(tmp_path)
    data = path.read_bytes()
    for place in range(100, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        reader = open_log(tmp_path)
        frames = list(reader.frames("a"))
        assert len(frames) + len(reader.scalars("loss")) == 11
        assert_source(frames, [frame.step for frame in frames])
        assert reader.damage.total == 1


def test_two_files_are_one_run(tmp_path: Path) -> None:
    write_log(tmp_path, range(4))
    write_log(tmp_path, range(4, 6), start_step=4)
    assert_source(list(open_log(tmp_path).frames("a")), [0, 1, 2, 3, 4, 5])


def test_files_are_ordered_by_their_start_not_their_name(tmp_path: Path) -> None:
    first = write_log(tmp_path, range(3))
    with EventLog(tmp_path / "other") as log:
        log.image("a", 1, PICTURES[5], {"n": "late"})
    first.rename(tmp_path / "events.out.tfevents.9")
    log.path.rename(tmp_path / "events.out.tfevents.0")
    assert next(f for f in open_log(tmp_path).frames("a") if f.step == 1).meta.more == {"n": "late"}


def test_last_event_wins(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for value in (1.0, 2.0):
            log.scalar("loss", 5, value)
        log.scalar("loss", 3, 0.0)
    assert open_log(tmp_path).scalars("loss") == [(3, 0.0), (5, 2.0)]


def test_resumed_session_replaces_what_it_repeats(tmp_path: Path) -> None:
    with EventLog(tmp_path) as log:
        for step in (0, 10, 20, 25):
            log.scalar("loss", step, 1.0)
            log.scalar("only_before", step, 1.0)
    with EventLog(tmp_path, start_step=20) as log:
        for step in (20, 30):
            log.scalar("loss", step, 2.0)
    reader = open_log(tmp_path)
    assert reader.scalars("loss") == [(0, 1.0), (10, 1.0), (20, 2.0), (30, 2.0)]
    assert [step for step, _ in reader.scalars("only_before")] == [0, 10, 20, 25]


def test_several_runs_need_a_name(tmp_path: Path) -> None:
    write_log(tmp_path / "one", range(2))
    write_log(tmp_path / "two" / "deep", range(3))
    reader = open_log(tmp_path)
    with pytest.raises(InputError, match="one, two/deep"):
        reader.frames("a")
    assert_source(list(reader.frames("a", run="two/deep")), [0, 1, 2])
    with pytest.raises(InputError, match="Did you mean two/deep"):
        reader.frames("a", run="two/dep")


def test_says_what_there_is(tmp_path: Path) -> None:
    write_log(tmp_path)
    reader = open_log(tmp_path)
    with pytest.raises(InputError, match="no image tag 'loss'"):
        reader.frames("loss")
    with pytest.raises(InputError, match=r"no scalar tag 'los'\. Did you mean loss"):
        reader.scalars("los")
    with pytest.raises(InputError, match="every is 0; it must be a whole number from 1 to"):
        reader.frames("a", every=0)
    assert reader.last_meta("nothing") is None


def test_no_log(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="does not exist"):
        open_log(tmp_path / "missing")
    (tmp_path / "notes.txt").write_text("no log")
    with pytest.raises(LogError, match="no event file"):
        open_log(tmp_path)


def test_file_that_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "events.out.tfevents.1").write_bytes(RNG.bytes(5000))
    reader = open_log(tmp_path)
    assert reader.tags() == []
    assert reader.damage.corrupt == 1


def test_picture_that_does_not_decode_is_counted_once(tmp_path: Path) -> None:
    path = write_log(tmp_path)
    event = event_pb2.Event(step=9)
    value = event.summary.value.add(tag="a")
    value.metadata.plugin_data.plugin_name = "images"
    value.tensor.string_val.extend([b"7", b"5", b"no picture"])
    path.write_bytes(path.read_bytes() + frame_record(event.SerializeToString()))
    reader = open_log(tmp_path)
    for _ in range(2):
        assert_source(list(reader.frames("a")), [0, 1, 2, 3, 4, 5])
    assert reader.damage.total == 1
    assert str(reader.damage) == "1 picture does not decode"
    assert reader.damage_of(reader.find("a")).undecodable == {(".", "a", 9)}


def test_the_damage_of_a_tag_is_its_own(tmp_path: Path) -> None:
    torn = write_log(tmp_path / "torn")
    torn.write_bytes(torn.read_bytes()[:-5])
    whole = write_log(tmp_path / "whole")
    event = event_pb2.Event(step=9)
    value = event.summary.value.add(tag="b")
    value.metadata.plugin_data.plugin_name = "images"
    value.tensor.string_val.extend([b"7", b"5", b"no picture"])
    whole.write_bytes(whole.read_bytes() + frame_record(event.SerializeToString()))
    reader = open_log(tmp_path)
    assert not list(reader.frames("b"))
    said = {(info.run, info.tag): str(reader.damage_of(info)) for info in reader.tags()}
    assert said["torn", "a"] == "1 file ends inside a record"
    assert said["whole", "a"] == "nothing is damaged"
    assert said["whole", "b"] == "1 picture does not decode"
    assert str(reader.damage) == "1 file ends inside a record; 1 picture does not decode"


def test_decodes_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_log(tmp_path)
    decoded = []
    original = reader_module.decode_image
    monkeypatch.setattr(reader_module, "decode_image", lambda *args: (decoded.append(1), original(*args))[1])
    frames = open_log(tmp_path).frames("a")
    assert len(decoded) == 0
    next(frames)
    next(frames)
    assert len(decoded) == 2


def test_old_summaries(tmp_path: Path) -> None:
    """The forms of TensorFlow 1: simple_value, image, and tensors whose metadata came once."""
    png = cv2.imencode(".png", PICTURES[0])[1].tobytes()
    image = summary_pb2.Summary.Image(width=7, height=5, colorspace=1, encoded_image_string=png)
    values = [
        summary_pb2.Summary.Value(tag="photo/image", image=image),
        summary_pb2.Summary.Value(tag="loss", simple_value=0.5),
    ]
    event = event_pb2.Event(step=4, wall_time=1, summary=summary_pb2.Summary(value=values))
    write_events(tmp_path / "events.out.tfevents.1", event)
    reader = open_log(tmp_path)
    assert [(info.tag, info.kind, info.size) for info in reader.tags()] == [
        ("loss", "scalar", None),
        ("photo/image", "image", (7, 5)),
    ]
    (frame,) = reader.frames("photo/image")
    np.testing.assert_array_equal(frame.image, PICTURES[0])
    assert reader.scalars("loss") == [(4, 0.5)]


def test_transparent_and_deep_pictures(tmp_path: Path) -> None:
    clear = np.array([[[0, 0, 255, 255], [0, 0, 0, 0]]], np.uint8)
    deep = np.array([[0, 257 * 100, 65535]], np.uint16)
    events = []
    for step, (tag, image) in enumerate([("clear", clear), ("deep", deep)]):
        png = cv2.imencode(".png", image)[1].tobytes()
        events.append(event_pb2.Event(step=step))
        events[-1].summary.value.add(tag=tag).image.encoded_image_string = png
    write_events(tmp_path / "events.out.tfevents.1", *events)
    reader = open_log(tmp_path)
    assert next(reader.frames("clear")).image.tolist() == [[[255, 0, 0], [255, 255, 255]]]
    assert next(reader.frames("deep")).image.tolist() == [[0, 100, 255]]


WRITE_WITH_TENSORFLOW = """
import sys
import numpy as np
import tensorflow as tf
import keras

folder = sys.argv[1]
pictures = np.load(folder + "/pictures.npy")
with tf.summary.create_file_writer(folder + "/tf").as_default():
    for step in range(3):
        tf.summary.image("photo", pictures[step : step + 2, ..., None], step=step, max_outputs=2)
        tf.summary.scalar("loss", step / 4, step=step)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile(loss="mse")
callback = keras.callbacks.TensorBoard(folder + "/keras", write_graph=False)
model.fit(np.ones((4, 2)), np.ones(4), epochs=2, verbose=0, callbacks=[callback])
"""


def test_logs_of_tensorflow_and_keras(tmp_path: Path) -> None:
    np.save(tmp_path / "pictures.npy", PICTURES)
    subprocess.run(
        [sys.executable, "-c", WRITE_WITH_TENSORFLOW, str(tmp_path)], check=True, capture_output=True
    )
    reader = open_log(tmp_path)
    for tag, shift in (("photo", 0), ("photo#1", 1)):
        frames = list(reader.frames(tag))
        assert [frame.step for frame in frames] == [0, 1, 2]
        for frame in frames:
            np.testing.assert_array_equal(frame.image, PICTURES[frame.step + shift])
    assert reader.find("photo").size == (7, 5)
    assert reader.scalars("loss") == [(0, 0.0), (1, 0.25), (2, 0.5)]
    losses = reader.scalars("epoch_loss", run="keras/train")
    assert [step for step, _ in losses] == [0, 1]
    assert np.isfinite([value for _, value in losses]).all()
    assert not reader.damage

"""Logs that change while they are open, lie in odd places, or were written by others."""

from __future__ import annotations

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from tab_client import Serve, frames_in
from tensorboard.backend.event_processing.data_ingester import _parse_event_files_spec
from tensorboard.compat.proto import event_pb2, summary_pb2
from werkzeug.test import Client

from kerasviz.events import EventLog, decode_picture
from kerasviz.events.records import frame_record
from kerasviz.tab.log_places import log_places

PICTURES = np.random.default_rng(0).integers(0, 256, (8, 5, 7), dtype=np.uint8)


def write(folder: Path, steps: range, start_step: int = 0, shift: int = 0) -> None:
    with EventLog(folder, start_step) as log:
        for step in steps:
            log.image("a", step, PICTURES[step + shift])


def tag_of(client: Client, run: str, tag: str = "a") -> dict[str, Any]:
    (found,) = (one for one in client.get("/index").json["runs"] if one["run"] == run)
    return next(one for one in found["tags"] if one["tag"] == tag)


def pictures(client: Client, run: str, steps: list[int], tag: str = "a") -> list[np.ndarray | None]:
    answer = client.get("/frames", query_string={"run": run, "tag": tag, "step": steps})
    return [decode_picture(picture) for _, picture in frames_in(answer)]


def test_a_run_that_is_resumed_replaces_frames(tmp_path: Path, serve: Serve) -> None:
    write(tmp_path / "pets", range(4))
    client = serve(tmp_path)
    before = tag_of(client, "pets")
    np.testing.assert_array_equal(pictures(client, "pets", [1, 2]), PICTURES[1:3])
    write(tmp_path / "pets", range(2, 5), start_step=2, shift=1)
    after = tag_of(client, "pets")
    assert after["steps"] == [0, 1, 2, 3, 4]
    replaced = [old != new for old, new in zip(before["versions"], after["versions"], strict=False)]
    assert replaced == [False, False, True, True]
    np.testing.assert_array_equal(pictures(client, "pets", [1, 2]), PICTURES[[1, 3]])


def test_a_run_that_is_deleted(tmp_path: Path, serve: Serve) -> None:
    write(tmp_path / "pets", range(2))
    write(tmp_path / "cats", range(2))
    client = serve(tmp_path)
    assert tag_of(client, "pets")["steps"] == [0, 1]
    shutil.rmtree(tmp_path / "pets")
    wanted = {"run": "pets", "tag": "a", "step": 0, "format": "png"}
    for route in ("frames", "export"):  # before the index is asked for again
        answer = client.get(f"/{route}", query_string=wanted)
        assert (answer.status_code, answer.mimetype) == (404, "text/plain")
    assert [run["run"] for run in client.get("/index").json["runs"]] == ["cats"]
    assert "no run 'pets'" in client.get("/frames", query_string=wanted).text
    shutil.rmtree(tmp_path)
    assert client.get("/index").json["runs"] == []


def test_a_half_written_frame_is_no_damage(tmp_path: Path, serve: Serve) -> None:
    write(tmp_path, range(3))
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    client = serve(tmp_path)
    said = client.get("/index").json
    assert (said["note"], said["runs"][0]["tags"][0]["steps"]) == (None, [0, 1])
    path.write_bytes(whole)
    assert tag_of(client, ".")["steps"] == [0, 1, 2]


def test_damage_is_said(tmp_path: Path, serve: Serve) -> None:
    write(tmp_path, range(3))
    (path,) = tmp_path.iterdir()
    damaged = bytearray(path.read_bytes())
    damaged[-60] ^= 1
    path.write_bytes(damaged)
    assert serve(tmp_path).get("/index").json["note"] == "Not whole: 1 record has a wrong checksum."


def test_nothing_outside_the_folder_is_read(tmp_path: Path, serve: Serve) -> None:
    write(tmp_path / "secret", range(2))
    write(tmp_path / "log" / "pets", range(2))
    (tmp_path / "log" / "link").symlink_to(tmp_path / "secret")
    (secret,) = (tmp_path / "secret").iterdir()
    (tmp_path / "log" / "pets" / "events.out.tfevents.9").symlink_to(secret)
    client = serve(tmp_path / "log")
    assert [run["run"] for run in client.get("/index").json["runs"]] == ["pets"]
    np.testing.assert_array_equal(pictures(client, "pets", [0, 1]), PICTURES[:2])
    for run in ("link", "../secret", str(tmp_path / "secret"), "pets/../../secret"):
        answer = client.get("/frames", query_string={"run": run, "tag": "a", "step": 0})
        assert answer.status_code == 404


def test_names_are_text(tmp_path: Path, serve: Serve) -> None:
    name = "<img src=x onerror=alert(1)>"
    with EventLog(tmp_path / name) as log:
        log.image(f"{name}/tag\u2028\"'", 0, PICTURES[0])
    client = serve(tmp_path)
    answer = client.get("/index")
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert answer.json["runs"][0]["run"] == name
    refused = client.get("/frames", query_string={"run": f"{name}2", "tag": name, "step": 0})
    assert (refused.status_code, refused.mimetype) == (404, "text/plain")
    film = client.get("/export", query_string={"run": name, "tag": f"{name}/tag\u2028\"'", "format": "gif"})
    assert set(film.headers["Content-Disposition"]) & set("<>'/") == set()


def write_events(folder: Path, *values: tuple[int, summary_pb2.Summary.Value]) -> None:
    events = [event_pb2.Event(file_version="brain.Event:2", wall_time=1)]
    for step, value in values:
        events.append(event_pb2.Event(step=step, wall_time=2, summary=summary_pb2.Summary(value=[value])))
    folder.mkdir(parents=True)
    data = b"".join(frame_record(event.SerializeToString()) for event in events)
    (folder / "events.out.tfevents.1").write_bytes(data)


def test_pictures_of_other_writers(tmp_path: Path, serve: Serve) -> None:
    """PyTorch's SummaryWriter writes `Summary.Image`; `tf.summary.image` tensors, with metadata once."""
    encoded = [cv2.imencode(".png", picture)[1].tobytes() for picture in PICTURES]
    write_events(
        tmp_path / "torch",
        *(
            (
                step,
                summary_pb2.Summary.Value(
                    tag="net/input",
                    image=summary_pb2.Summary.Image(
                        height=5, width=7, colorspace=1, encoded_image_string=encoded[step]
                    ),
                ),
            )
            for step in (0, 3)
        ),
        (3, summary_pb2.Summary.Value(tag="net/loss", simple_value=0.5)),
    )
    tensors = []
    for step in (1, 2):
        value = summary_pb2.Summary.Value(tag="photo")
        if step == 1:
            value.metadata.plugin_data.plugin_name = "images"
        value.tensor.dtype = 7
        value.tensor.string_val.extend([b"7", b"5", encoded[step], encoded[step + 1]])
        tensors.append((step, value))
    write_events(tmp_path / "tf", *tensors)
    client = serve(tmp_path)
    plain = {"width": 7, "height": 5, "layer": None, "kind": "image", "tiles": None}
    for run, tag, steps, shift in (
        ("torch", "net/input", [0, 3], 0),
        ("tf", "photo", [1, 2], 0),
        ("tf", "photo#1", [1, 2], 1),
    ):
        found = tag_of(client, run, tag)
        assert {name: found[name] for name in plain} == plain
        assert found["steps"] == steps
        expected = PICTURES[[step + shift for step in steps]]
        np.testing.assert_array_equal(pictures(client, run, steps, tag), expected)
    answer = client.get("/frames", query_string={"run": "tf", "tag": "photo", "step": 1})
    ((known, _),) = frames_in(answer)
    assert (known["scale"], known["clipped"], known["tiles"]) == (None, None, None)
    assert known["caption"] == "step 1"
    curve = client.get("/scalars", query_string={"run": "torch", "tag": "net/loss"})
    assert curve.json == {"steps": [3], "values": [0.5]}


@pytest.mark.parametrize(
    "spec", ["/a/b", "one:/a/b,two:/c", "/a:b/c", "one:relative,~/x", "one:/a,one:/b", "a:b:c", "/a,/a"]
)
def test_a_spec_means_what_it_means_to_tensorboard(spec: str) -> None:
    expected = {Path(path): name or "" for path, name in _parse_event_files_spec(spec).items()}
    assert log_places(SimpleNamespace(logdir="", logdir_spec=spec)) == expected


@pytest.mark.parametrize(
    ("logdir", "spec"), [("gs://bucket/log", ""), ("", "one:/a,two:s3://b/c"), ("", ""), (None, None)]
)
def test_places_that_are_not_on_this_disk(logdir: str | None, spec: str | None) -> None:
    assert log_places(SimpleNamespace(logdir=logdir, logdir_spec=spec)) is None


def test_the_answers_are_json_that_browsers_read(tmp_path: Path, serve: Serve) -> None:
    with EventLog(tmp_path) as log:
        log.image("a", 2**40, PICTURES[0], {"scale": [-1e300, 1e300]})
        log.scalar("loss", -5, float("nan"))
    client = serve(tmp_path)
    for text in (client.get("/index").text, client.get("/scalars?run=.&tag=loss").text):
        json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    ((known, _),) = frames_in(client.get("/frames", query_string={"run": ".", "tag": "a", "step": 2**40}))
    assert known["step"] == 2**40


def test_many_ask_while_a_training_writes(tmp_path: Path, serve: Serve) -> None:
    write(tmp_path / "pets", range(2))
    client = serve(tmp_path)
    done = threading.Event()

    def ask_again_and_again(_: int) -> list[int]:
        codes = []
        while not done.is_set():
            steps = tag_of(client, "pets")["steps"]
            for step in steps[-3:]:
                (picture,) = pictures(client, "pets", [step])
                np.testing.assert_array_equal(picture, PICTURES[step % 8])
            codes.append(len(steps))
        return codes

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_again_and_again, one) for one in range(4)]
        with EventLog(tmp_path / "pets", start_step=2) as log:
            for step in range(2, 200):
                log.image("a", step, PICTURES[step % 8])
                log.flush()
        done.set()
        seen = [one.result() for one in asking]
    for counts in seen:
        assert counts == sorted(counts)
    assert tag_of(client, "pets")["steps"] == list(range(200))

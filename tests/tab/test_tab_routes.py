"""The routes: what a log holds, its pictures as they lie in it, its curves, the page's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tab_client import Serve, frames_in
from werkzeug.test import Client

from kerasviz.events import EventLog, LayerNote
from kerasviz.film import log_sheet
from kerasviz.pictures import Scale
from kerasviz.tab import static_files

TILES = np.random.default_rng(0).normal(size=(5, 3, 4)).astype("float32")
SCALE = Scale(-1.0, 1.0)


def write_run(folder: Path, steps: range = range(0, 30, 10), start_step: int = 0, by: float = 1.0) -> None:
    with EventLog(folder, start_step) as log:
        for step in steps:
            log_sheet(
                log,
                "kernels/conv",
                step,
                TILES * by * (step + 1),
                SCALE,
                columns=3,
                kind="kernels",
                layer="conv",
            )
            log.scalar("drift/conv", step, step / 4)


def runs_of(client: Client) -> dict[str, Any]:
    return {one["run"]: one for one in client.get("/index").json["runs"]}


def test_index(tmp_path: Path, serve: Serve) -> None:
    write_run(tmp_path / "pets")
    client = serve(tmp_path)
    answer = client.get("/index")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    said = answer.json
    assert (said["format"], said["note"]) == (1, None)
    (run,) = said["runs"]
    assert (run["run"], run["scalars"]) == ("pets", ["drift/conv"])
    (tag,) = run["tags"]
    versions = tag.pop("versions")
    assert tag == {
        "tag": "kernels/conv",
        "steps": [0, 10, 20],
        "width": 14,
        "height": 7,
        "tiles": {"rows": 2, "columns": 3, "height": 3, "width": 4, "gap": 1, "count": 5},
        "layer": "conv",
        "kind": "kernels",
    }
    assert len(set(versions)) == 3
    assert client.get("/index", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_index_follows_a_training(tmp_path: Path, serve: Serve) -> None:
    client = serve(tmp_path)
    assert client.get("/index").json["runs"] == []
    with EventLog(tmp_path / "pets") as log:
        for step in range(3):
            log_sheet(log, "kernels/conv", step, TILES, SCALE)
            log.flush()
            assert runs_of(client)["pets"]["tags"][0]["steps"] == list(range(step + 1))


def test_frames_are_the_bytes_of_the_log(tmp_path: Path, serve: Serve) -> None:
    write_run(tmp_path / "pets")
    client = serve(tmp_path)
    versions = runs_of(client)["pets"]["tags"][0]["versions"]
    (known, picture), (first, _) = frames_in(
        client.get("/frames", query_string={"run": "pets", "tag": "kernels/conv", "step": [20, 0]})
    )
    assert (known["step"], known["version"], first["step"]) == (20, versions[2], 0)
    assert known["scale"] == {"low": -1.0, "high": 1.0, "symmetric": True, "colormap": "gray"}
    assert known["tiles"] == {"rows": 2, "columns": 3, "height": 3, "width": 4, "gap": 1, "count": 5}
    assert known["clipped"] == pytest.approx(SCALE.clipped_share(TILES * 21), abs=1e-6)
    assert known["caption"] == f"step 20, -1 to 1, {known['clipped']:.0%} beyond the scale"
    decoded = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (7, 14, 3)


def test_frames_are_kept_for_ever_under_their_version_only(tmp_path: Path, serve: Serve) -> None:
    write_run(tmp_path / "pets")
    client = serve(tmp_path)
    versions = runs_of(client)["pets"]["tags"][0]["versions"]
    wanted = {"run": "pets", "tag": "kernels/conv", "step": [0, 10]}
    assert (
        "max-age"
        in client.get("/frames", query_string={**wanted, "v": versions[:2]}).headers["Cache-Control"]
    )
    for wrong in ([], versions[1::-1], versions[:1]):
        answer = client.get("/frames", query_string={**wanted, "v": wrong})
        assert "no-cache" in answer.headers["Cache-Control"]


def test_scalars(tmp_path: Path, serve: Serve) -> None:
    with EventLog(tmp_path / "a") as log:
        for step, value in enumerate((0.5, float("nan"), float("inf"))):
            log.scalar("loss", step, value)
    answer = serve(tmp_path).get("/scalars", query_string={"run": "a", "tag": "loss"})
    assert answer.json == {"steps": [0, 1, 2], "values": [0.5, None, None]}


def test_layer(tmp_path: Path, serve: Serve) -> None:
    write_run(tmp_path / "pets")
    client, wanted = serve(tmp_path), {"run": "pets", "tag": "kernels/conv"}
    assert client.get("/layer", query_string=wanted).json is None
    with EventLog(tmp_path / "pets", start_step=30) as log:
        log.layer_note("kernels/conv", 30, LayerNote("conv", "Conv2D", (None, 6, 4), 112, b"png"))
    client.get("/index")
    assert client.get("/layer", query_string=wanted).json == {
        "path": "conv",
        "kind": "Conv2D",
        "shape": [None, 6, 4],
        "parameters": 112,
        "picture": "data:image/png;base64,cG5n",
    }


@pytest.mark.parametrize(
    ("route", "query", "code", "said"),
    [
        ("frames", {}, 400, "The parameter 'step' is given 0 times; expected 1 to 32."),
        (
            "frames",
            {"step": list(range(33))},
            400,
            "The parameter 'step' is given 33 times; expected 1 to 32.",
        ),
        ("frames", {"step": "one"}, 400, "The parameter 'step' is 'one'; expected a whole number."),
        ("frames", {"step": 2**70}, 400, f"The parameter 'step' is '{2**70}'; expected a whole number."),
        ("frames", {"step": 0}, 400, "The parameter 'run' is missing."),
        ("frames", {"step": 0, "run": "pets"}, 400, "The parameter 'tag' is missing."),
        ("frames", {"step": 1, "run": "pets", "tag": "kernels/conv"}, 404, "no picture of step 1"),
        ("frames", {"step": 0, "run": "pets", "tag": "drift/conv"}, 404, "no image tag 'drift/conv'"),
        ("frames", {"step": 0, "run": "../pets", "tag": "kernels/conv"}, 404, "no run '../pets'"),
        ("scalars", {"run": "pets", "tag": "kernels/conv"}, 404, "no scalar tag"),
        ("layer", {"run": "pets", "tag": "none"}, 404, "no image tag 'none'"),
        ("scalars", {"tag": "drift/conv"}, 400, "The parameter 'run' is missing."),
        ("static/../plugin.py", {}, 404, "The tab has no file '../plugin.py'."),
        ("static/none.js", {}, 404, "The tab has no file 'none.js'."),
    ],
)
def test_wrong_requests_get_a_sentence(
    tmp_path: Path, serve: Serve, route: str, query: dict[str, Any], code: int, said: str
) -> None:
    write_run(tmp_path / "pets")
    answer = serve(tmp_path).get(f"/{route}", query_string=query)
    assert (answer.status_code, answer.mimetype) == (code, "text/plain")
    assert said in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_pages_files(tmp_path: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "sheet.js").write_text("export {};")
    (tmp_path / "secret.py").write_text("1")
    monkeypatch.setattr(static_files, "FOLDER", tmp_path)
    answer = serve().get("/static/parts/sheet.js")
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/javascript", "export {};")
    assert serve().get("/static/secret.py").status_code == 404

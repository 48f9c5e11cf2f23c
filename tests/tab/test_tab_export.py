"""Export: files that decode to the frames of the log, their sizes told before, one at a time."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence
from tab_client import Serve

from kerasviz.events import EventLog, open_log
from kerasviz.film import log_sheet
from kerasviz.pictures import Scale
from kerasviz.tab.routes import export

PICTURES = np.random.default_rng(0).integers(0, 4, (30, 12, 16), dtype=np.uint8) * 85


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    with EventLog(tmp_path / "pets") as log:
        for step, picture in enumerate(PICTURES):
            log.image("responses/conv", 10 * step, picture)
            tiles = picture.reshape(6, 2, 4, 4).swapaxes(1, 2).reshape(-1, 4, 2)[:4].astype("float32")
            log_sheet(log, "kernels/conv", 10 * step, tiles, Scale(0.0, 255.0))
    return tmp_path


def wanted(**changed: Any) -> dict[str, Any]:
    plain = {"run": "pets", "tag": "responses/conv", "format": "apng", "fps": 10, "caption": 0, "scale": 1}
    return {**plain, **changed}


def pictures_in(data: bytes) -> list[np.ndarray]:
    with Image.open(io.BytesIO(data)) as film:
        return [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(film)]


@pytest.mark.parametrize("kind", ["apng", "gif", "webp"])
def test_a_film_of_some_steps(log_dir: Path, serve: Serve, kind: str) -> None:
    answer = serve(log_dir).get("/export", query_string=wanted(format=kind, first=45, last=90))
    assert answer.status_code == 200
    ending = "png" if kind == "apng" else kind
    assert answer.headers["Content-Disposition"] == f"attachment; filename=pets-responses-conv.{ending}"
    assert answer.mimetype == f"image/{ending}"
    np.testing.assert_array_equal(pictures_in(answer.data), PICTURES[5:10])


def test_a_film_as_a_video(log_dir: Path, serve: Serve) -> None:
    pytest.importorskip("imageio_ffmpeg")
    answer = serve(log_dir).get("/export", query_string=wanted(format="mp4", last=50))
    assert (answer.status_code, answer.mimetype) == (200, "video/mp4")
    assert answer.data[4:8] == b"ftyp"


def test_one_frame_enlarged(log_dir: Path, serve: Serve) -> None:
    answer = serve(log_dir).get("/export", query_string=wanted(format="png", step=70, scale=3))
    assert answer.headers["Content-Disposition"] == "attachment; filename=pets-responses-conv-step70.png"
    (picture,) = pictures_in(answer.data)
    np.testing.assert_array_equal(picture, PICTURES[7].repeat(3, 0).repeat(3, 1))


def test_one_tile_with_a_caption(log_dir: Path, serve: Serve) -> None:
    frame = next(open_log(log_dir).frames("kernels/conv"))
    query = wanted(tag="kernels/conv", tile=0, caption=1, format="png", step=0)
    answer = serve(log_dir).get("/export", query_string=query)
    assert "tile0-step0.png" in answer.headers["Content-Disposition"]
    (picture,) = pictures_in(answer.data)
    height, width = frame.meta.tiles["height"], frame.meta.tiles["width"]
    assert picture.shape[0] > height
    assert picture.shape[1] > width
    left = (picture.shape[1] - width) // 2
    np.testing.assert_array_equal(
        picture[:height, left : left + width], frame.image[:height, :width].reshape(height, width, -1)[..., 0]
    )


@pytest.mark.parametrize(
    "query", [wanted(), wanted(format="gif"), wanted(format="png", step=0), wanted(last=30)]
)
def test_the_size_is_told_before(log_dir: Path, serve: Serve, query: dict[str, Any]) -> None:
    client = serve(log_dir)
    told = client.get("/estimate", query_string=query).json
    data = client.get("/export", query_string=query).data
    pictures = pictures_in(data)
    assert (told["frames"], told["height"], told["width"]) == (len(pictures), *pictures[0].shape)
    assert told["bytes"] == pytest.approx(len(data), rel=0.1)


@pytest.mark.parametrize("route", ["export", "estimate"])
@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"format": "exe"}, 400, "'format' is 'exe'; expected one of gif, apng, webp, mp4, png."),
        ({"scale": 17}, 400, "'scale' is 17; expected 1 to 16."),
        ({"scale": 0}, 400, "'scale' is 0; expected 1 to 16."),
        ({"tile": "-1"}, 400, "'tile' is -1; expected 0 or more."),
        ({"tile": 3}, 400, "carries no tile layout"),
        ({"fps": "fast"}, 400, "'fps' is 'fast'; expected a number."),
        ({"fps": "1000"}, 400, "fps"),
        ({"fps": "nan"}, 400, "fps"),
        ({"caption": "yes"}, 400, "'caption' is 'yes'; expected one of 0, 1."),
        ({"format": "png"}, 400, "'step' is missing"),
        ({"format": "png", "step": 5}, 404, "no step between 5 and 5"),
        ({"first": 1, "last": 9}, 404, "no step between 1 and 9"),
        ({"first": 90, "last": 0}, 404, "no step between 90 and 0"),
        ({"run": "dogs"}, 404, "no run 'dogs'"),
        ({"tag": "other"}, 404, "no image tag 'other'"),
    ],
)
def test_wrong_requests_get_a_sentence(
    log_dir: Path, serve: Serve, route: str, changed: dict[str, Any], code: int, said: str
) -> None:
    answer = serve(log_dir).get(f"/{route}", query_string=wanted(**changed))
    assert (answer.status_code, answer.mimetype) == (code, "text/plain")
    assert said in answer.text


def test_one_file_at_a_time(log_dir: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(log_dir)
    drawing, go_on = threading.Event(), threading.Event()
    original = export.film_request

    def waits(*args: Any) -> Any:
        drawing.set()
        assert go_on.wait(60)
        return original(*args)

    monkeypatch.setattr(export, "film_request", waits)
    first: list[int] = []
    thread = threading.Thread(
        target=lambda: first.append(serve(log_dir).get("/export", query_string=wanted()).status_code)
    )
    thread.start()
    assert drawing.wait(60)
    answer = client.get("/export", query_string=wanted())
    assert (answer.status_code, answer.text) == (
        429,
        "Another file is being drawn: try again when it is done.",
    )
    go_on.set()
    thread.join()
    assert first == [200]
    assert client.get("/export", query_string=wanted()).status_code == 200


def test_nothing_is_left_behind(
    log_dir: Path, serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(folder))
        for query in (wanted(), wanted(fps=0)):
            serve(log_dir).get("/export", query_string=query).close()
            serve(log_dir).get("/estimate", query_string=query).close()
    assert list(folder.iterdir()) == []

"""`kerasviz report`: one file, the log found beside the model, one sentence for what cannot be used."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasviz.cli import main
from kerasviz.events import EventLog
from kerasviz.models import NamedDense
from kerasviz.training import log_beside


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            NamedDense(["b", "a"], activation="softmax"),
        ],
        name="two",
    )
    (folder / "run").mkdir()
    model.save(folder / "run" / "last.keras")
    model.save(folder / "alone.keras")
    with EventLog(folder / "run" / "train") as log:
        log.scalar("epoch_loss", 0, 1.0)
    generator = np.random.default_rng(0)
    for name in ("a", "b"):
        (folder / "pictures" / name).mkdir(parents=True)
        for number in range(5):
            pixels = generator.integers(0, 256, (20, 30, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "pictures" / name / f"{number}.png")
    return folder


@pytest.mark.parametrize(("split", "count"), [([], 2), (["--split", "0.6"], 6)])
def test_a_folder_of_pictures(place, tmp_path, capsys, split, count) -> None:
    out = tmp_path / "page.html"
    data = ["--data", str(place / "pictures"), *split]
    assert main(["report", str(place / "run" / "last.keras"), *data, "--out", str(out)]) == 0
    text = out.read_text()
    assert f"<dt>Test pictures</dt><dd>{count}</dd>" in text
    assert "<h3>epoch_loss</h3>" in text
    printed = capsys.readouterr().out
    assert f"pictures: {10 - count} train, {count} validation, 2 classes" in printed
    assert f"\n{out}: 0." in printed
    assert "Training curves" not in printed


def test_the_log_is_found_beside_the_model_only(place, tmp_path, capsys, monkeypatch) -> None:
    assert log_beside(str(place / "run" / "last.keras")) == place / "run"
    assert log_beside(str(place / "alone.keras")) is None
    assert log_beside("resnet50") is None
    monkeypatch.chdir(tmp_path)
    data = ["--data", str(place / "pictures")]
    assert main(["report", str(place / "alone.keras"), *data]) == 0
    assert "not in it: Training curves (no log" in capsys.readouterr().out
    assert main(["report", str(place / "alone.keras"), *data, "--log-dir", str(place / "run")]) == 0
    assert "Training curves" not in capsys.readouterr().out
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere"], "nowhere is neither a folder nor one of the data sets"),
        (["--data", "pictures", "--split", "half"], "--split is 'half'"),
        (
            ["--data", "pictures", "--split", "official"],
            "split is 'official'; it must be a number above 0 and below 1",
        ),
        (["--data", "pictures", "--split", "1.5"], "split is 1.5"),
        (["--data", "pictures", "--classes", "a,b"], "takes no --classes"),
        (["--data", "pictures/a"], "have no labels"),
        (["--data", "fashion", "--split", "0.5"], "takes no --split"),
        (["--data", "pictures", "--image-size", "0"], "--image-size is 0; it must be a whole number from 1"),
        (["--data", "pictures", "--out", "page.txt"], "must end in .html"),
        (["--data", "shapes"], "are none of the model's 2 classes"),
        (["--data", "pets", "--data-dir", "nowhere"], "nowhere"),
        (["--data", "pictures", "--class-names", "none.txt"], "none.txt"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(place, capsys, monkeypatch, arguments, message) -> None:
    monkeypatch.chdir(place)
    assert main(["report", "alone.keras", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("kerasviz report: ")
    assert not list(place.glob("*.html"))


def test_a_missing_model_is_refused(place, capsys) -> None:
    assert main(["report", str(place / "none.keras"), "--data", "shapes"]) == 2
    assert "there is no model file" in capsys.readouterr().err

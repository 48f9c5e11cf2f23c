"""`kerasviz maximize` on a tiny model whose gradients are known."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasviz.cli import main
from kerasviz.cli.commands.maximize import parse_filters
from kerasviz.errors import InputError
from kerasviz.events import open_log
from kerasviz.models import NamedDense, save_model


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with two pictures and a model that adds up red for one class and blue for the other."""
    folder = tmp_path_factory.mktemp("gradients")
    inputs = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(2, 1, use_bias=False, activation="relu", name="conv")(inputs)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, NamedDense(["red", "blue"], activation="softmax", name="softmax")(x))
    kernel = np.zeros((1, 1, 3, 2), np.float32)
    kernel[0, 0, 0, 0] = kernel[0, 0, 2, 1] = 64
    model.get_layer("conv").set_weights([kernel])
    model.get_layer("softmax").set_weights([np.eye(2, dtype=np.float32), np.zeros(2, np.float32)])
    model.input_range = (0, 255)
    save_model(model, folder / "model.keras")
    for name, color in {"red": (200, 0, 10), "blue": (0, 30, 100)}.items():
        picture = Image.new("RGB", (8, 8), color)
        picture.paste((90, 90, 90), (0, 0, 4, 8))
        picture.save(folder / f"{name}.png")
    return folder


def test_maximize_writes_sheet_log_and_animation(place, tmp_path, capsys) -> None:
    model, out = str(place / "model.keras"), tmp_path / "sheet.png"
    arguments = ["maximize", model, "--layer", "conv", "--class", "blue", "--steps", "60", "--out", str(out)]
    arguments += ["--rate", "0.3", "--columns", "3", "--no-transforms"]
    logged = ["--log-dir", str(tmp_path / "log"), "--animation", str(tmp_path / "film.gif"), "--every", "20"]
    assert main([*arguments, *logged]) == 0
    sheet = np.asarray(Image.open(out).convert("RGB"))
    assert sheet.shape == (8, 26, 3)
    # The first filter wants red, the second and the class blue want blue.
    assert sheet[:, :8, 0].mean() > 230
    assert sheet[:, 9:17, 2].mean() > 230
    assert sheet[:, 18:, 2].mean() > 230
    assert [frame.step for frame in open_log(tmp_path / "log").frames("maximized")] == [0, 20, 40, 60]
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 4
    printed = capsys.readouterr().out
    assert "conv filter 1" in printed
    assert "blue" in printed
    assert "3 pictures of 8x8" in printed


def test_every_option_of_maximize_counts(place, tmp_path, capsys) -> None:
    answers = {}

    def sheet(name: str, *options: str) -> np.ndarray:
        out = tmp_path / f"{name}.png"
        arguments = ["maximize", str(place / "model.keras"), "--layer", "conv", "--steps", "3"]
        assert main([*arguments, "--rate", "0.5", "--out", str(out), *options]) == 0
        table = [line.split() for line in capsys.readouterr().out.splitlines()]
        answers[name] = np.array([cells[-1] for cells in table if cells[1:2] == ["conv"]], float)
        return np.asarray(Image.open(out).convert("RGB"))

    plain = sheet("plain")
    changes = {
        "seed": ("--seed", "1"),
        "pixels": ("--space", "pixels"),
        "colours": ("--plain-colors",),
        "still": ("--no-transforms",),
        "neuron": ("--neuron",),
        "range": ("--input-range=-1,1",),
    }
    for name, change in changes.items():
        assert (sheet(name, *change) != plain).any() or name == "range", name
    # Where Adam alone decides the step, the range does not show in the picture, but in the answers to it.
    assert len(answers["range"]) == len(answers["plain"]) == 2
    assert (answers["range"] > 0).all()
    assert (answers["range"] < answers["plain"] / 100).all()
    assert sheet("one", "--filters", "1").shape == (8, 8, 3)
    np.testing.assert_array_equal(sheet("batches", "--batch-size", "1"), plain)


def test_wrong_requests(place, tmp_path, capsys) -> None:
    model = str(place / "model.keras")
    for options, message in (
        ([], "Nothing to raise"),
        (["--layer", "conv", "--filters", "2"], "0..1; --filters names 2"),
        (["--layer", "conv", "--filters", "a"], "numbers and ranges"),
        (["--class", "green"], "no class 'green'"),
    ):
        assert main(["maximize", model, "--out", str(tmp_path / "x.png"), *options]) == 2
        assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="names no filter"):
        parse_filters(",", 4)

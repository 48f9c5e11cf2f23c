"""`kerasviz features` on a tiny model whose maps are known."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasviz.cli import main
from kerasviz.models import NamedDense, save_model


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with three pictures, a text file among them, and a model of two classes: red and blue."""
    folder = tmp_path_factory.mktemp("looking")
    inputs = keras.Input((16, 16, 3), name="image")
    x = layers.AveragePooling2D(2, name="small")(inputs)
    x = layers.Conv2D(4, 1, use_bias=False, activation="relu", name="conv")(x)
    x = layers.AveragePooling2D(2, name="later")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, NamedDense(["red", "blue"], activation="softmax", name="softmax")(x))
    kernel = np.zeros((1, 1, 3, 4), np.float32)
    kernel[0, 0, 0, 0] = kernel[0, 0, 2, 1] = 0.01  # channel 0 sees red, channel 1 blue
    kernel[0, 0, :, 2] = 0.02
    model.get_layer("conv").set_weights([kernel])
    dense = np.zeros((4, 2), np.float32)
    dense[0, 0] = dense[1, 1] = 1.0
    model.get_layer("softmax").set_weights([dense, np.zeros(2, np.float32)])
    model.input_range = (0, 255)
    save_model(model, folder / "model.keras")
    (folder / "pictures").mkdir()
    for name, (left, right) in {"a": ("red", "blue"), "b": ("red", "black"), "c": ("blue", "red")}.items():
        image = Image.new("RGB", (32, 32), left)
        image.paste(right, (20 if name == "a" else 16, 0, 32, 32))
        image.save(folder / "pictures" / f"{name}.png")
    (folder / "pictures" / "notes.txt").write_text("no picture")
    return folder


def kerasviz(command: str, place: Path, out: Path, *options: str, images: str = "pictures/a.png") -> set[str]:
    model = str(place / "model.keras")
    assert main([command, model, str(place / images), "--out", str(out), *options]) == 0
    return {path.name for path in out.iterdir()}


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_features_draws_every_picture_and_layer(place, tmp_path, capsys) -> None:
    made = kerasviz("features", place, tmp_path, "--layer", "conv,la*", images="pictures")
    assert made == {f"{name}-{layer}.png" for name in "abc" for layer in ("conv", "later")}
    out = capsys.readouterr().out
    assert "left out 1 of 4 files" in out
    assert "notes.txt (not a picture)" in out
    assert min(pixels(tmp_path / "a-conv.png").shape[:2]) > 300


def test_every_option_of_features_changes_the_picture(place, tmp_path) -> None:
    options = {
        "plain": [],
        "channel order": ["--sort", "channel"],
        "top": ["--top", "2"],
        "range": ["--input-range=-255,255"],
        "masked": ["--mask", "0,0,8,8"],
        "masked elsewhere": ["--mask", "0,0,30,8"],
        "masked top": ["--mask", "0,0,8,8", "--top", "1"],
        "one": ["--channel", "0"],
        "other": ["--channel", "1"],
    }
    seen = set()
    for name, chosen in options.items():
        (file,) = kerasviz("features", place, tmp_path / name, "--layer", "conv", *chosen)
        assert file == {"m": "a-conv-masked.png", "o": f"a-conv-channel{name == 'other':d}.png"}.get(
            name[0], "a-conv.png"
        )
        seen.add(pixels(tmp_path / name / file).tobytes())
    assert len(seen) == len(options)


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("features", ["--layer", "konv"], "conv"),
        ("features", ["--layer", "conv", "--mask", "0,0,99,1"], "32 x 32"),
        ("features", ["--layer", "conv", "--channel", "4"], "0 to 3"),
        ("features", ["--layer", "conv", "--channel", "1", "--top", "2"], "--channel"),
        ("features", ["--layer", "conv", "--top", "0"], "--top"),
        ("features", ["--layer", "conv", "--batch-size", "0"], "--batch-size"),
    ],
)
def test_errors_are_one_sentence(place, tmp_path, capsys, command, options, said) -> None:
    picture = str(place / "pictures" / "a.png")
    assert main([command, str(place / "model.keras"), picture, "--out", str(tmp_path), *options]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"kerasviz {command}: ")
    assert said in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())

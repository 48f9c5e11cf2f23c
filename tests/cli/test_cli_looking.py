"""`kerasviz features` and `kerasviz cam` on a tiny model whose maps are known."""

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
    image = Image.new("RGB", (32, 32), "blue")  # red in two steps, so that contour and box differ
    image.paste("red", (0, 0, 24, 8))
    image.paste("red", (0, 8, 16, 32))
    image.save(folder / "steps.png")
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


def test_cam_prints_the_table_and_writes_the_maps(place, tmp_path, capsys) -> None:
    made = kerasviz("cam", place, tmp_path, "--raw", "--batch-size", "2", images="pictures")
    assert made == {f"{name}-cam.{ending}" for name in "abc" for ending in ("png", "npy")}
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["picture", "predicted", "explained", "probability", "score"]
    assert [line[1:3] for line in lines[1:3]] == [["red", "red"], ["red", "red"]]
    # The sigmoid of 2.55 * (5 / 8 - 3 / 8), and of 2.55 / 2.
    assert [line[-3] for line in lines[1:3]] == ["0.654", "0.782"]
    assert "3 of 4 files explained" in " ".join(map(" ".join, lines))
    heatmap = np.load(tmp_path / "b-cam.npy")
    assert (heatmap.shape, heatmap.dtype) == ((4, 4), np.float32)
    assert ((heatmap > 0) == [True, True, False, False]).all()  # red is on the left of b


def test_classes_methods_and_layers_side_by_side(place, tmp_path, capsys) -> None:
    options = ["--class", "blue", "--class", "0", "--method", "grad_cam,hires_cam", "--layer", "conv,later"]
    made = kerasviz("cam", place, tmp_path, *options, "--plain", "--raw")
    endings = [
        f"class{c}-{m}-{x}" for c in "01" for m in ("grad_cam", "hires_cam") for x in ("conv", "later")
    ]
    assert made == {f"a-cam-{ending}.{kind}" for ending in endings for kind in ("png", "npy")}
    blue = np.load(tmp_path / "a-cam-class1-grad_cam-conv.npy")
    red = np.load(tmp_path / "a-cam-class0-grad_cam-conv.npy")
    assert blue.shape == (8, 8)
    assert ((red > 0) == [True] * 5 + [False] * 3).all()
    assert ((blue > 0) == [False] * 5 + [True] * 3).all()
    whole = kerasviz("cam", place, tmp_path / "one", *options)
    assert whole == {"a-cam.png"}
    assert pixels(tmp_path / "one" / "a-cam.png").shape[1] > 1000
    assert "blue" in capsys.readouterr().out


def test_one_output_of_several(place, tmp_path, capsys) -> None:
    single = keras.models.load_model(place / "model.keras")
    other = layers.Dense(3, activation="softmax", kernel_initializer="ones", name="size")
    outputs = [single.output, other(single.get_layer("pool").output)]
    model = tmp_path / "two.keras"
    both = keras.Model(single.input, outputs)
    both.input_range = (0, 255)
    save_model(both, model)
    arguments = ["cam", str(model), str(place / "pictures" / "b.png"), "--raw", "--out"]
    maps = []
    for output, probability in {"softmax": "0.", "0": "0.", "1": "0.333"}.items():
        assert main([*arguments, str(tmp_path / output), "--output", output]) == 0
        assert probability in capsys.readouterr().out
        maps.append(np.load(tmp_path / output / "b-cam.npy"))
    np.testing.assert_array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])
    for wrong in ([], ["--output", "age"], ["--output", "2"]):
        assert main([*arguments, str(tmp_path / "wrong"), *wrong]) == 2
        assert "output" in capsys.readouterr().err


def test_every_option_of_cam_changes_the_picture(place, tmp_path) -> None:
    (place / "names.txt").write_text("scarlet\nnavy\n")
    options = {
        "default": [],
        "top": ["--top", "2"],
        "class": ["--class", "blue"],
        "names": ["--class-names", str(place / "names.txt")],
        "layer": ["--layer", "conv"],
        "method": ["--method", "layer_cam"],
        "range": ["--input-range", "0,1"],
        "alpha": ["--alpha", "0.9"],
        "contour": ["--contour"],
        "box": ["--box"],
        "threshold": ["--box", "--threshold", "0.9"],
        "plain": ["--plain"],
    }
    seen = set()
    for name, chosen in options.items():
        assert kerasviz("cam", place, tmp_path / name, *chosen, images="steps.png") == {"steps-cam.png"}
        seen.add(pixels(tmp_path / name / "steps-cam.png").tobytes())
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
        ("cam", ["--layer", "konv"], "conv"),
        ("cam", ["--method", "grad_kam"], "grad_cam"),
        ("cam", ["--class", "green"], "red"),
        ("cam", ["--class", "2"], "0..1"),
        ("cam", ["--top", "3"], "2 classes"),
        ("cam", ["--top", "0"], "--top"),
        ("cam", ["--class-names", "nowhere.txt"], "nowhere.txt"),
        ("cam", ["--alpha", "2"], "alpha"),
        ("cam", ["--box", "--threshold", "0"], "threshold"),
        ("cam", ["--layer", "softmax"], "softmax"),
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


def test_without_a_picture_that_can_be_read(place, tmp_path, capsys) -> None:
    notes = str(place / "pictures" / "notes.txt")
    assert main(["cam", str(place / "model.keras"), notes, "--out", str(tmp_path)]) == 2
    assert "None of 1 files" in capsys.readouterr().err
    assert main(["cam", str(place / "model.keras"), str(tmp_path / "gone"), "--out", str(tmp_path)]) == 2


def test_an_interrupted_run_keeps_what_is_done(place, tmp_path, capsys, monkeypatch) -> None:
    from kerasviz.cli.commands import cam

    write = cam._Job.write

    def interrupted(self, picture, *rest) -> None:
        if picture.path.stem == "c":
            raise KeyboardInterrupt
        write(self, picture, *rest)

    monkeypatch.setattr(cam._Job, "write", interrupted)
    folder = str(place / "pictures")
    assert main(["cam", str(place / "model.keras"), folder, "--out", str(tmp_path)]) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-cam.png", "b-cam.png"]
    assert "2 of 4 files explained" in capsys.readouterr().out

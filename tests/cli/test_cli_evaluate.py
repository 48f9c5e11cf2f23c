"""`kerasviz evaluate` and `kerasviz sanity`: what they print, and what they write, read back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.explanation import Interrupted
from kerasviz.pictures import CLASS_COLORS
from kerasviz.trust import Evaluator


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 5, strides=2, activation="relu", name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    path = tmp_path_factory.mktemp("model") / "small.keras"
    model.save(path)
    return str(path)


def pixels_of(picture: np.ndarray, color: str) -> int:
    """Return how many pixels of a BGR picture have that colour, give or take the blending at an edge."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return int((np.abs(picture.astype(int) - (blue, green, red)).max(axis=-1) <= 12).sum())


@pytest.fixture
def photos(tmp_path: Path) -> tuple[Path, Path]:
    """Three pictures, two with a mask of their left half, and a text file among them."""
    images, masks = tmp_path / "images", tmp_path / "masks"
    images.mkdir()
    masks.mkdir()
    rng = np.random.default_rng(0)
    for name in "abc":
        cv2.imwrite(str(images / f"{name}.png"), rng.integers(0, 256, (40, 50, 3), np.uint8))
    for name in "ab":
        half = np.zeros((40, 50), np.uint8)
        half[:, :25] = 255
        cv2.imwrite(str(masks / f"{name}.png"), half)
    (images / "notes.txt").write_text("not a picture")
    return images, masks


def test_evaluate_shapes(model_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "scores"
    arguments = ["evaluate", model_file, "--data", "shapes", "--count", "6", "--out", str(out)]
    arguments += ["--method", "grad_cam,rise", "--layer", "conv", "--set", "rise.masks=20", "--steps", "4"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    names = [line[0] for line in lines if line]
    assert [n for n in names if n in ("grad_cam", "rise", "(centre)", "(random)", "(edges)")] == [
        "grad_cam",
        "rise",
        "(centre)",
        "(random)",
        "(edges)",
    ]
    record = json.loads((out / "trust.json").read_text())
    assert record["complete"] is True
    assert record["pictures"] == 6
    table = {row["method"]: row for row in record["methods"]}
    assert 0 < table["centre"]["energy"] < 1
    assert f"{table['rise']['energy']:.3f}" in printed
    with (out / "trust.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == list(table)
    assert float(rows[1]["iou"]) == table["rise"]["iou"]
    for name in ("pointing", "energy", "iou", "deletion", "insertion"):
        error = table["rise"][f"{name}_error"]
        assert f"{table['rise'][name]:.3f} ±{error:.3f}" in printed
        assert float(rows[1][f"{name}_error"]) == error
    # Two methods in the colours of classes; the bars of baselines are grey.
    bars = cv2.imread(str(out / "trust.png"))
    assert pixels_of(bars, CLASS_COLORS[0]) > 1000
    assert pixels_of(bars, "#999999") > 1000
    for name in ("deletion", "insertion"):
        curves = cv2.imread(str(out / f"{name}.png"))
        assert all(pixels_of(curves, color) > 50 for color in CLASS_COLORS[: len(table)])


def test_evaluate_own_masks(
    model_file: str, photos: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["evaluate", model_file, "--data", str(photos[0]), "--out", str(tmp_path / "own")]
    masked = ["--measure", "energy,pointing", "--masks", str(photos[1])]
    assert main([*arguments, *masked]) == 0
    printed = capsys.readouterr().out
    assert "2 of 3 pictures" in printed
    assert "left out 1: notes.txt (not a picture)" in printed
    record = json.loads((tmp_path / "own" / "trust.json").read_text())
    centre = next(row for row in record["methods"] if row["method"] == "centre")
    assert centre["energy"] == pytest.approx(0.5, abs=1e-3)
    assert "deletion" not in centre
    assert main([*arguments, "--measure", "energy"]) == 2
    assert "pass --masks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--set", "rise=3"], "METHOD.OPTION=VALUE"),
        (["--method", "grad_kam"], "no method 'grad_kam'"),
        (["--measure", "speed"], "no measure 'speed'"),
        (["--count", "0"], "--count is 0"),
        (["--set", "rise.masks=3"], "options for 'rise'"),
    ],
)
def test_evaluate_refuses(
    model_file: str, capsys: pytest.CaptureFixture[str], extra: list[str], message: str
) -> None:
    assert main(["evaluate", model_file, "--data", "shapes", "--count", "2", *extra]) == 2
    assert message in capsys.readouterr().err


def classes_explained(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> list[int]:
    """The classes that `kerasviz evaluate` hands to the evaluator."""
    seen: list[int] = []
    monkeypatch.setattr(Evaluator, "check", lambda self, methods: seen.extend(self.target))
    monkeypatch.setattr(Evaluator, "scores", lambda self, methods: iter(()))
    assert main(["evaluate", *arguments, "--true-class"]) == 0
    return seen


def test_the_true_class_is_the_models_class_of_that_name(
    model_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", "shapes", "--count", "4"]
    names = tmp_path / "names.txt"
    names.write_text("Star\ncircle, disc\nsquare\ntriangle\n")
    four = keras.models.clone_model(kv.load_model(model_file))
    outputs = layers.Dense(4)(four.layers[-2].output)
    kv.models.save_model(keras.Model(four.inputs, outputs), tmp_path / "four.keras")
    arguments = [str(tmp_path / "four.keras"), *data]
    # Of the data: circle, square, triangle, star.
    assert classes_explained(monkeypatch, [*arguments, "--class-names", str(names)]) == [1, 2, 3, 0]
    assert classes_explained(monkeypatch, arguments) == [0, 1, 2, 3]  # as many, and no names: the same order
    capsys.readouterr()
    assert main(["evaluate", model_file, *data, "--true-class"]) == 2
    assert "tells 3 classes apart, but the pictures have 4 (circle," in capsys.readouterr().err
    names.write_text("tench\ngoldfish\nshark\nray\n")
    assert main(["evaluate", *arguments, "--true-class", "--class-names", str(names)]) == 2
    assert "circle, square, triangle, star are none of the model's 4 classes" in capsys.readouterr().err
    flat = tmp_path / "flat"
    flat.mkdir()
    cv2.imwrite(str(flat / "a.png"), np.zeros((8, 8, 3), np.uint8))
    own = ["--data", str(flat), "--measure", "deletion", "--true-class"]
    assert main(["evaluate", model_file, *own]) == 2
    assert "have no labels" in capsys.readouterr().err


def test_pets_are_not_explained_as_fish(real_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(real_data / "models" / "efficientnet_lite0.keras")
    data = ["--data", "pets", "--classes", "Abyssinian", "--count", "2", "--true-class"]
    names = ["--class-names", str(real_data / "models" / "imagenet_classes.txt")]
    assert main(["evaluate", model, *data, *names]) == 2
    assert "classes Abyssinian are none of the model's 1000 classes" in capsys.readouterr().err


def test_fashion_has_no_masks_but_curves(
    real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "fashion.keras"
    kv.models.save_model(kv.models.fashion_cnn(), model)
    arguments = ["evaluate", str(model), "--data", "fashion", "--count", "2", "--out", str(tmp_path)]
    assert main([*arguments, "--measure", "deletion", "--steps", "2"]) == 0
    assert "2 of 10000 pictures of fashion, 0 without an object" in capsys.readouterr().out
    assert main(arguments) == 2
    assert "There are no masks" in capsys.readouterr().err


def test_an_interrupted_evaluation_writes_what_is_done(
    model_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    score = Evaluator.score

    def stop_at_rise(self: Evaluator, method: str) -> object:
        if method == "rise":
            raise Interrupted(np.zeros((1, 2, 2)), "stopped")
        return score(self, method)

    monkeypatch.setattr(Evaluator, "score", stop_at_rise)
    arguments = ["evaluate", model_file, "--data", "shapes", "--count", "2", "--out", str(tmp_path)]
    assert main([*arguments, "--method", "grad_cam,rise", "--measure", "energy"]) == 130
    assert "interrupted: rise, centre, random, edges not evaluated" in capsys.readouterr().out
    record = json.loads((tmp_path / "trust.json").read_text())
    assert record["complete"] is False
    assert [row["method"] for row in record["methods"]] == ["grad_cam"]


def test_sanity(
    model_file: str, photos: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["sanity", model_file, str(photos[0]), "--stages", "2", "--out", str(out)]) == 0
    record = json.loads((out / "sanity.json").read_text())
    assert [stage["randomized"] for stage in record["stages"]] == [0, 1, 2]
    assert record["stages"][2]["layer"] == "conv"
    assert record["pictures"] == 3
    printed = capsys.readouterr().out
    assert f"{record['stages'][2]['similarity']:.3f}" in printed
    mean = np.mean([stage["rank_correlation"] for stage in record["stages"][1:]])
    assert record["mean_rank_correlation"] == pytest.approx(mean)
    assert f"grad_cam: {record['verdict']}: the mean rank correlation over 2 stages is {mean:.2f}" in printed
    assert f"rule: {record['rule']}" in printed
    curves = cv2.imread(str(out / "sanity.png"))
    assert pixels_of(curves, CLASS_COLORS[0]) > 50
    maps = cv2.imread(str(out / "sanity-maps.png"))
    # Three noise pictures in a column, and their maps of three stages beside them.
    busy = np.abs(np.diff(maps.astype(int), axis=1)).sum(axis=2) > 100
    for columns in np.array_split(busy, 4, axis=1):
        assert all(place.mean() > 0.02 for place in np.array_split(columns, 3))
    occluded = ["--method", "occlusion", "--set", "occlusion.patch=8", "--set", "occlusion.fill=mean"]
    assert main(["sanity", model_file, str(photos[0]), "--stages", "1", "--out", str(out), *occluded]) == 0
    assert json.loads((out / "sanity.json").read_text())["method"] == "occlusion"
    for wrong, said in (("rise.masks=3", "--set names 'rise'"), ("grad_cam.seed=3", "--seed")):
        assert main(["sanity", model_file, str(photos[0]), "--set", wrong]) == 2
        assert said in capsys.readouterr().err


def test_sanity_of_maps_that_are_always_zero(
    photos: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, kernel_initializer="zeros"),
        ]
    )
    model.save(tmp_path / "blind.keras")
    arguments = ["sanity", str(tmp_path / "blind.keras"), str(photos[0]), "--out", str(tmp_path)]
    assert main([*arguments, "--method", "saliency"]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines if line.split()[-1:] == ["undefined"]]
    assert [row[-2:] for row in table] == [["undefined", "undefined"]] * 3
    assert "saliency: undefined: in 6 of 6 pairs of maps one is constant, and cannot be compared" in lines
    assert json.loads((tmp_path / "sanity.json").read_text())["mean_rank_correlation"] is None

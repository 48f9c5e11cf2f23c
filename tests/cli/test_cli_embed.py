"""`kerasviz embed`: what it prints, and what it writes, read back."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from google.protobuf import text_format
from keras import layers
from tensorboard.plugins.projector import ProjectorConfig

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.models import NamedDense
from kerasviz.pictures.colors import CLASS_COLORS


def save(folder: Path, name: str, output: layers.Layer) -> str:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 5, strides=2, activation="relu", name="conv"),
            layers.Flatten(),
            layers.Dense(5, name="fc"),
            output,
        ]
    )
    path = folder / f"{name}.keras"
    model.save(path)
    return str(path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three models, and a folder of two classes with ten pictures each and one text file."""
    folder = tmp_path_factory.mktemp("embed")
    save(folder, "four", layers.Dense(4, activation="softmax"))
    save(folder, "named", NamedDense(["dark", "light"], activation="softmax"))
    save(folder, "one", layers.Dense(1))
    rng = np.random.default_rng(0)
    for name, low in {"dark": 0, "light": 128}.items():
        (folder / "data" / name).mkdir(parents=True)
        for at in range(10):
            pixels = rng.integers(low, low + 128, (20, 30, 3), np.uint8)
            cv2.imwrite(str(folder / "data" / name / f"{at}.png"), pixels)
    (folder / "data" / "dark" / "notes.txt").write_text("not a picture")
    return folder


def read(folder: Path) -> tuple[ProjectorConfig, dict[str, np.ndarray], list[list[str]]]:
    """The config, the vectors of each layer, and the rows of the metadata."""
    config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
    vectors = {
        one.tensor_name: np.loadtxt(folder / one.tensor_path, delimiter="\t", ndmin=2)
        for one in config.embeddings
    }
    rows = [line.split("\t") for line in (folder / "metadata.tsv").read_text().splitlines()]
    return config, vectors, rows


def test_shapes(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    arguments = ["embed", str(place / "four.keras"), "--data", "shapes", "--count", "12", "--out", str(out)]
    assert main([*arguments, "--method", "pca,tsne"]) == 0
    printed = capsys.readouterr().out
    assert "12 of 2,000 pictures of shapes, drawn with seed 0" in printed
    assert "fc: 12 vectors of 5 numbers" in printed
    assert "12 points, pictures of 16 x 16 pixels" in printed
    assert f"tensorboard --logdir {out}" in printed
    config, vectors, rows = read(out)
    chosen = [int(row[3]) for row in rows[1:]]
    split = kv.data.shapes.load(1, 2000, image_size=16).validation.take(chosen)
    model = kv.load_model(place / "four.keras")
    pixels = split.images.astype(np.float32)
    np.testing.assert_allclose(vectors["fc"], kv.embed(model, pixels).vectors, atol=1e-5)
    assert rows[0] == ["label", "prediction", "right", "picture"]
    names = kv.data.shapes.load(1, 1).class_names
    predicted = model.predict_on_batch(pixels).argmax(axis=1)
    assert [row[:2] for row in rows[1:]] == [
        [names[label], names[guess]] for label, guess in zip(split.labels, predicted, strict=True)
    ]
    sprite = cv2.imread(str(out / "sprite.png"))[:, :, ::-1]
    assert (sprite[16:32, 32:48] == split.images[6]).all()
    assert list(config.embeddings[0].sprite.single_image_dim) == [16, 16]
    figures = [cv2.imread(str(out / f"embedding-fc-{method}.png")) for method in ("pca", "tsne")]
    for figure in figures:
        shown = {tuple(color) for color in figure.reshape(-1, 3)}
        for label in {split.labels[k] for k in range(len(split))}:
            red, green, blue = (int(CLASS_COLORS[label][at : at + 2], 16) for at in (1, 3, 5))
            assert (blue, green, red) in shown
    assert not np.array_equal(*figures)
    assert main([*arguments, "--thumbnails"]) == 0
    assert not np.array_equal(cv2.imread(str(out / "embedding-fc-pca.png")), figures[0])


def test_a_folder_of_classes(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["embed", str(place / "named.keras"), "--data", str(place / "data"), "--out", str(tmp_path)]
    arguments += ["--split", "0.5"]
    assert main([*arguments, "--layer", "conv,fc", "--count", "6", "--seed", "2"]) == 0
    printed = capsys.readouterr().out
    assert "data: 10 train, 10 validation, 2 classes; left out 1: notes.txt" in printed
    assert f"6 of 10 pictures of {place / 'data'}, drawn with seed 2" in printed
    assert "conv: 6 vectors of 6 numbers, the means of 6 x 6 x 6 feature maps" in printed
    _, vectors, rows = read(tmp_path)
    assert {name: found.shape for name, found in vectors.items()} == {"conv": (6, 6), "fc": (6, 5)}
    # Each row's file is in the folder of its label, and its vector is that file's.
    model = kv.load_model(place / "named.keras")
    for row, vector in zip(rows[1:], vectors["fc"], strict=True):
        assert row[3].startswith(f"{row[0]}/")
        pixels = kv.read_image(place / "data" / row[3], size=(16, 16))[None].astype(np.float32)
        np.testing.assert_allclose(vector, kv.embed(model, pixels).vectors[0], atol=1e-4)
    assert main([*arguments, "--count", "6", "--seed", "3"]) == 0
    assert [row[3] for row in read(tmp_path)[2]] != [row[3] for row in rows]


def test_pictures_without_labels_are_coloured_by_prediction(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(place / "data" / "light"), "--out", str(tmp_path)]
    assert main(["embed", str(place / "named.keras"), *data]) == 0
    assert "coloured by the predicted class" in capsys.readouterr().out
    rows = read(tmp_path)[2]
    assert rows[0] == ["prediction", "picture"]
    assert {row[0] for row in rows[1:]} <= {"dark", "light"}
    assert [row[1] for row in rows[1:]] == [f"light/{at}.png" for at in range(10)]
    assert main(["embed", str(place / "one.keras"), *data]) == 0
    assert "one colour: there are neither labels" in capsys.readouterr().out
    assert (tmp_path / "metadata.tsv").read_text().splitlines() == [f"light/{at}.png" for at in range(10)]


def test_classes_are_compared_by_name_in_whatever_order(place: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("other\nLight\ndark\nmore\n")
    data = ["--data", str(place / "data"), "--out", str(tmp_path), "--class-names", str(names)]
    assert main(["embed", str(place / "four.keras"), *data]) == 0
    head, *rows = read(tmp_path)[2]
    assert head == ["label", "prediction", "right", "picture"]
    for label, prediction, right, picture in rows:
        assert label.lower() == picture.split("/")[0]
        assert right == ("yes" if prediction == label else "no")


def test_other_classes_are_not_compared(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(place / "data"), "--out", str(tmp_path)]
    assert main(["embed", str(place / "four.keras"), *data]) == 0
    assert "classes are not those of the data" in capsys.readouterr().out
    rows = read(tmp_path)[2]
    assert {row[1] for row in rows[1:]} <= set("0123")
    assert "right" not in rows[0]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--count", "0"], "--count is 0"),
        (["--batch-size", "0"], "--batch-size is 0"),
        (["--method", "pcs"], "no method 'pcs'"),
        (["--layer", "fd"], "no layer 'fd'"),
        (["--data", "nowhere"], "nowhere is neither a folder nor one of the data sets"),
    ],
)
def test_what_is_refused(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: list[str], message: str
) -> None:
    arguments = ["embed", str(place / "named.keras"), "--data", "shapes", "--out", str(tmp_path / "out")]
    assert main([*arguments, *extra]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

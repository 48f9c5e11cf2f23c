"""`kerasviz explain` on a segmentation network: by class, and within a rectangle of the picture file."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasviz.cli import main
from kerasviz.cli.parts.rectangle import rectangle_masks
from kerasviz.errors import InputError
from kerasviz.images import Picture

# Rows and columns of a red and of a larger blue rectangle, in a picture of 64 x 96.
RED, BLUE = (slice(8, 24), slice(8, 24)), (slice(32, 56), slice(48, 88))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network that marks red as class 1 and blue as class 2, and a picture with both."""
    folder = tmp_path_factory.mktemp("segmented")
    image = keras.Input((16, 24, 3))
    x = layers.Conv2D(3, 1, activation="relu", name="seen")(layers.Rescaling(1 / 255)(image))
    model = keras.Model(image, layers.Conv2D(3, 1, activation="softmax", name="classes")(x))
    model.get_layer("seen").set_weights([np.eye(3)[None, None], np.zeros(3)])
    kernel = np.array([[0, 4, 0], [0, 0, 0], [0, 0, 4]])[None, None]
    model.get_layer("classes").set_weights([kernel, np.array([1, 0, 0])])
    model.save(folder / "model.keras")
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[RED], pixels[BLUE] = (255, 0, 0), (0, 0, 255)
    Image.fromarray(pixels).save(folder / "a.png")
    Image.fromarray(0 * pixels).save(folder / "black.png")
    return folder


def run(
    place: Path, out: Path, capsys: pytest.CaptureFixture[str], *options: str, picture: str = "a.png"
) -> tuple[str, np.ndarray]:
    """Return the row of the table and the map."""
    arguments = ["explain", str(place / "model.keras"), str(place / picture), "--out", str(out), "--raw"]
    assert main([*arguments, *options]) == 0
    (raw,) = out.glob("*.npy")
    return capsys.readouterr().out.splitlines()[1], np.load(raw)


@pytest.mark.parametrize(
    ("options", "label", "area"),
    [
        ([], "class 2", BLUE),
        (["--class", "1"], "class 1", RED),
        (["--region", "0,0,32,32"], "class 1", RED),
        (["--region", "0,0,96,64"], "class 2", BLUE),
        (["--region", "8,8,16,16", "--class", "1"], "class 1", RED),
    ],
)
def test_the_class_and_its_place(place, tmp_path, capsys, options, label, area) -> None:
    row, found = run(place, tmp_path, capsys, *options)
    # Of 64 x 96 pixels 16 x 16 are red and 24 x 40 blue; there the logits are 1, 4 and 0.
    share = {"class 1": "4.2%", "class 2": "15.6%"}[label]
    probability = np.exp(4) / (np.exp(1) + np.exp(4) + 1)
    cells = re.split(r"\s{2,}", row.strip())
    assert cells[1:4] == [f"{label} on {share}", label, f"{probability:.3f}"]
    row_at, column = np.unravel_index(found.argmax(), found.shape)
    assert area[0].start <= 4 * row_at < area[0].stop
    assert area[1].start <= 4 * column < area[1].stop
    if options == ["--region", "8,8,16,16", "--class", "1"]:
        # All of it is red: the logit of class 1 there.
        assert "logit 4.000" in row


def test_nothing_but_background(place, tmp_path, capsys) -> None:
    row, found = run(place, tmp_path, capsys, picture="black.png")
    assert re.split(r"\s{2,}", row.strip())[1:4] == ["no class", "no class", "?"]
    assert not found.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--region", "90,0,10,10"], "--region is 90,0,10,10 (x, y, width, height), which is not within"),
        (["--region", "1,2,3"], "--region is '1,2,3'; pass x,y,width,height"),
        (["--region", "0,0,8,8", "--top", "2"], "--region is of one class: leave out --top"),
        (["--region", "0,0,8,8", "--class", "7"], "3 classes, 0..2; got class 7"),
    ],
)
def test_what_is_refused(place, tmp_path, capsys, options, message) -> None:
    arguments = ["explain", str(place / "model.keras"), str(place / "a.png"), "--out", str(tmp_path)]
    assert main([*arguments, *options]) == 2
    assert message in capsys.readouterr().err


def test_cells_count_by_the_share_that_the_rectangle_covers(place) -> None:
    nothing = np.zeros((1, 1, 3), np.uint8)
    whole = Picture(place / "a.png", nothing, nothing)
    (mask,) = rectangle_masks((24, 0, 48, 16), [whole], (4, 4))
    assert mask.tolist() == [[0, 1, 1, 0], [0] * 4, [0] * 4, [0] * 4]
    (mask,) = rectangle_masks((12, 8, 24, 16), [whole], (4, 4))
    np.testing.assert_allclose(mask, np.outer([0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0]), rtol=1e-6)
    # Of a model that sees the middle half of the width: 24..72 of 96.
    middle = dataclasses.replace(whole, box=dataclasses.replace(whole.box, left=0.25, right=0.75))
    (mask,) = rectangle_masks((12, 0, 24, 64), [middle], (1, 4))
    np.testing.assert_allclose(mask, [[1, 0, 0, 0]], rtol=1e-6)
    with pytest.raises(InputError, match="picture of 96 x 64 pixels"):
        rectangle_masks((0, 50, 10, 20), [whole], (4, 4))

"""The projector's folder, read back as TensorBoard reads it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.plugins.projector import ProjectorConfig

import kerasviz as kv
from kerasviz.embeddings import projector, thumbnail, thumbnail_side
from kerasviz.errors import ImageError, InputError
from kerasviz.pictures import SheetLayout

VECTORS = np.array([[0.1, -2.0], [1e-8, 3.0], [16777217.0, 0.0]], np.float32)


def read_config(folder: Path) -> ProjectorConfig:
    return text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())


def read_vectors(path: Path) -> np.ndarray:
    return np.array([[float(n) for n in row.split("\t")] for row in path.read_text().splitlines()], "float32")


def test_vectors_are_read_back_exactly(tmp_path: Path) -> None:
    written = kv.write_projector(tmp_path / "new", VECTORS)
    (embedding,) = read_config(tmp_path / "new").embeddings
    assert embedding.tensor_name == "vectors"
    assert (read_vectors(tmp_path / "new" / embedding.tensor_path) == VECTORS).all()
    # One column has no heading.
    assert (tmp_path / "new" / embedding.metadata_path).read_text() == "0\n1\n2\n"
    assert not embedding.HasField("sprite")
    assert [path.name for path in written.files] == [
        "vectors-vectors.tsv",
        "metadata.tsv",
        "projector_config.pbtxt",
    ]
    assert written.describe() == "3 points, no pictures"


def test_more_vectors_than_a_block(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(2500, 3)).astype(np.float32)
    kv.write_projector(tmp_path, vectors)
    assert (read_vectors(tmp_path / "vectors-vectors.tsv") == vectors).all()


def test_several_layers_share_pictures_and_metadata(tmp_path: Path) -> None:
    layers = {"base/fc": VECTORS, "base-fc": 2 * VECTORS}
    kv.write_projector(tmp_path, layers, images=np.zeros((3, 4, 4), np.uint8))
    config = read_config(tmp_path)
    assert [one.tensor_name for one in config.embeddings] == list(layers)
    for one in config.embeddings:
        assert (read_vectors(tmp_path / one.tensor_path) == layers[one.tensor_name]).all()
        assert (one.metadata_path, one.sprite.image_path) == ("metadata.tsv", "sprite.png")
        assert list(one.sprite.single_image_dim) == [4, 4]


def test_metadata_rows(tmp_path: Path) -> None:
    kv.write_projector(
        tmp_path,
        VECTORS,
        labels=np.array([0, 1, 2]),
        class_names=["cat", "big\tdog\n", " "],
        predictions=[0, 0, 2],
        names=["a.png", "", "c\r\n.png"],
    )
    assert (tmp_path / "metadata.tsv").read_text().split("\n") == [
        "label\tprediction\tright\tpicture",
        "cat\tcat\tyes\ta.png",
        "big dog\tcat\tno\t-",
        "-\t-\tyes\tc .png",
        "",
    ]
    kv.write_projector(tmp_path, VECTORS, labels=["x", "y", "z"], names=["1", "2", "3"])
    assert (tmp_path / "metadata.tsv").read_text() == "label\tpicture\nx\t1\ny\t2\nz\t3\n"
    kv.write_projector(tmp_path, VECTORS, labels=[0, 1, 0], predictions=["x", "y", "z"])
    assert (tmp_path / "metadata.tsv").read_text().startswith("label\tprediction\tpicture\n0\tx\t0\n")


def test_names_are_free_of_control_characters(tmp_path: Path) -> None:
    odd = "a\0b\x1b[2J\u202e\u2028" + os.fsdecode(b"caf\xe9") + "\t<b>\n"
    kv.write_projector(tmp_path, {odd: VECTORS, "../..": VECTORS}, labels=[odd] * 3, names=["", odd, "\r\n"])
    plain = "a\\x00b\\x1b[2J\\u202e caf\\udce9 <b>"
    lines = (tmp_path / "metadata.tsv").read_text(encoding="utf-8").split("\n")
    assert lines == ["label\tpicture", f"{plain}\t-", f"{plain}\t{plain}", f"{plain}\t-", ""]
    config = read_config(tmp_path)
    assert len(config.embeddings) == 2
    for one in config.embeddings:
        assert one.tensor_name.isprintable()
        assert re.fullmatch(r"vectors-[\w.-]*\.tsv", one.tensor_path)
        assert (read_vectors(tmp_path / one.tensor_path) == VECTORS).all()
    assert all(path.parent == tmp_path for path in tmp_path.rglob("*"))


def test_tile_i_of_the_sprite_is_picture_i(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, 5, 5, 3), np.uint8)
    written = kv.write_projector(tmp_path, np.arange(14).reshape(7, 2), images=images)
    sprite = cv2.imread(str(tmp_path / "sprite.png"))[:, :, ::-1]
    # The projector: row i // columns, column i % columns, columns = width of the sprite / width of a picture.
    layout = SheetLayout(count=7, columns=sprite.shape[1] // 5, height=5, width=5, gap=0)
    assert layout.columns == 3
    for at in range(7):
        assert (layout.crop(sprite, at) == images[at]).all()
    assert written.describe() == "7 points, pictures of 5 x 5 pixels"


def test_pictures_of_any_size_and_colour_one_by_one(tmp_path: Path) -> None:
    red, grey = np.zeros((100, 50, 3), np.uint8), np.full((8, 16), 0.5)
    red[:, :, 0] = 255
    kv.write_projector(tmp_path, VECTORS, images=(image for image in (red, grey, grey)))
    sprite = cv2.imread(str(tmp_path / "sprite.png"))[:, :, ::-1]
    assert list(read_config(tmp_path).embeddings[0].sprite.single_image_dim) == [64, 64]
    assert (sprite[:64, 16:48] == [255, 0, 0]).all()
    assert (sprite[:64, :16] == 255).all()
    assert (sprite[16:48, 64:128] == 128).all()
    assert (sprite[:16, 64:128] == 255).all()


def test_the_sprite_stays_within_its_limit() -> None:
    for count in (1, 1000, 16_384, 16_385, 60_000, 100_000):
        columns = int(np.ceil(np.sqrt(count)))
        side = thumbnail_side(count)
        assert side == min(64, 8192 // columns)
        assert columns * side <= 8192
    assert thumbnail_side(16_384, longest=28) == 28
    assert thumbnail(np.full((3, 1), 9, np.uint8), 3)[:, :, 0].tolist() == [[255, 9, 255]] * 3


def test_what_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((2, 4, 4), np.uint8)
    refused = {
        "expected one for each": {"images": images},
        "3 vectors and 2 rows of 'label'": {"labels": [0, 1]},
        "A label is 5": {"labels": [0, 1, 5], "class_names": ["a", "b"]},
        "3 vectors and 4 rows of 'picture'": {"names": list("abcd")},
    }
    for message, arguments in refused.items():
        with pytest.raises(InputError, match=message):
            kv.write_projector(tmp_path, VECTORS, **arguments)
    for vectors in (np.zeros((3, 1)), np.zeros(3), np.zeros((0, 2)), {"a": VECTORS, "b": VECTORS[:2]}, {}):
        with pytest.raises(InputError, match=r"expected|takes numbers"):
            kv.write_projector(tmp_path, vectors)
    with pytest.raises(InputError, match="NaN"):
        kv.write_projector(tmp_path, np.full((2, 2), np.inf))
    with pytest.raises(ImageError, match="from 0 to 300"):
        kv.write_projector(tmp_path, VECTORS, images=np.array([[[0.0, 300.0]]] * 3))
    monkeypatch.setattr(projector, "MOST_POINTS", 2)
    with pytest.raises(InputError, match="no more than 2"):
        kv.write_projector(tmp_path, VECTORS)
    assert not (tmp_path / "projector_config.pbtxt").exists()

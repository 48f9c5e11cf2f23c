"""Paths that no system has are refused in a sentence, by everything that opens data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kerasviz.data import fashion_mnist, folder, open_data, pets
from kerasviz.errors import DatasetError, InputError, KerasvizError, OutputError
from kerasviz.images import check_image, find_images, read_image, read_images, write_png

ODD = ["x" * 300, "x/" * 3000, "a\0b", "~nobody-of-this-name/x", ""]
READERS: dict[str, Callable[[str], object]] = {
    "a folder": open_data,
    "a folder of classes": folder.load,
    "pets": pets.load,
    "breeds": pets.breeds,
    "fashion": fashion_mnist.load,
    "a picture": lambda path: read_image(path or "x"),
    "pictures": lambda path: read_images([path or "x"], 4),
    "files": lambda path: find_images([path or "x"]),
}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", ODD, ids=lambda path: repr(path[:25]))
@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
def test_what_cannot_be_read(read: Callable[[str], object], path: str) -> None:
    with pytest.raises(KerasvizError) as caught:
        read(path)
    assert isinstance(caught.value, DatasetError | InputError)


@pytest.mark.parametrize("path", ODD[:3], ids=lambda path: repr(path[:25]))
def test_what_cannot_be_written(path: str) -> None:
    with pytest.raises(OutputError):
        write_png(f"{path}.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(OutputError):
        open_data("shapes", train=1, validation=1, image_size=16).train.decoded(8, cache=path)


@pytest.mark.parametrize("path", ODD[:2], ids=lambda path: repr(path[:25]))
def test_the_data_directory(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERASVIZ_DATA_DIR", path)
    with pytest.raises(DatasetError, match="No pet pictures in"):
        open_data("pets")


def test_masks(tmp_path: Path) -> None:
    write_png(tmp_path / "pictures" / "a.png", np.zeros((2, 2), np.uint8))
    for path in ODD[:4]:
        with pytest.raises(DatasetError, match="is not a folder; pass one with a mask"):
            open_data("pictures", masks=path)


def test_a_picture_is_read_from_files_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")  # a pipe was waited for without end
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    write_png(tmp_path / "a.png", np.zeros((2, 2), np.uint8))
    for name in ("pipe.png", "folder.png", "zero.png"):
        assert check_image(tmp_path / name) == "no file"
        with pytest.raises(InputError, match="is no file; pass the path of a picture"):
            read_image(tmp_path / name)
    found = read_images([tmp_path / "pipe.png", tmp_path / "a.png"], 4)
    assert found.skipped == [(tmp_path / "pipe.png", "no file")]
    assert read_images(tmp_path, 4).paths == [tmp_path / "a.png"]

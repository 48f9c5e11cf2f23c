from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasviz.data import folder
from kerasviz.errors import DatasetError, InputError


def fill(directory: Path, count: int, first: int = 1) -> None:
    directory.mkdir(parents=True)
    for number in range(first, first + count):
        Image.new("L", (5, 4), number).save(directory / f"p{number}.png")


def names(paths: object) -> list[str]:
    return [f"{path.parent.name}/{path.name}" for path in paths]  # type: ignore[attr-defined]


def test_a_folder_per_class(tmp_path: Path) -> None:
    fill(tmp_path / "cat10", 10)
    fill(tmp_path / "cat2", 5)
    (tmp_path / ".git").mkdir()
    (tmp_path / "notes.txt").write_text("beside the classes")
    data = folder.load(tmp_path)
    assert data.name == tmp_path.name
    assert data.class_names == ("cat2", "cat10")
    assert np.bincount(data.train.labels).tolist() == [4, 8]
    assert np.bincount(data.validation.labels).tolist() == [1, 2]
    assert not set(data.train.images) & set(data.validation.images)
    for split in (data.train, data.validation):
        classes = [data.class_names[label] for label in split.labels]
        assert [path.parent.name for path in split.images] == classes
    assert names(data.train.images) == names(folder.load(tmp_path).train.images)
    assert names(data.train.images) != names(folder.load(tmp_path, seed=1).train.images)
    assert len(folder.load(tmp_path, split=0.5).validation) == 7


def test_grey_or_rgb(tmp_path: Path) -> None:
    fill(tmp_path / "a", 2)
    fill(tmp_path / "b", 2)
    assert folder.load(tmp_path).train.image(0).shape == (4, 5, 3)
    assert folder.load(tmp_path, channels=1).train.image(0).shape == (4, 5, 1)
    with pytest.raises(InputError, match="channels is 2"):
        folder.load(tmp_path, channels=2)


@pytest.mark.parametrize("part", ["validation", "val", "test"])
def test_a_divided_folder(tmp_path: Path, part: str) -> None:
    for name in ("a", "b"):
        fill(tmp_path / "train" / name, 3)
        fill(tmp_path / part / name, 1, first=9)
    data = folder.load(tmp_path)
    assert data.class_names == ("a", "b")
    assert names(data.validation.images) == ["a/p9.png", "b/p9.png"]
    assert len(data.train) == 6
    fill(tmp_path / part / "c", 1)
    with pytest.raises(DatasetError, match="same sub-folders"):
        folder.load(tmp_path)


def test_files_left_out_are_named(tmp_path: Path) -> None:
    fill(tmp_path / "a", 3)
    fill(tmp_path / "b", 3)
    (tmp_path / "a" / "readme.txt").write_text("no picture")
    (tmp_path / "b" / "cut.png").write_bytes((tmp_path / "b" / "p1.png").read_bytes()[:-20])
    data = folder.load(tmp_path)
    assert [(path.name, why) for path, why in data.skipped] == [
        ("readme.txt", "not a picture"),
        ("cut.png", "damaged"),
    ]
    assert "left out 2: readme.txt (not a picture), cut.png (damaged)" in data.describe()


def test_folders_that_cannot_serve(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a folder"):
        folder.load(tmp_path / "absent")
    with pytest.raises(DatasetError, match="no sub-folder"):
        folder.load(tmp_path)
    fill(tmp_path / "a", 3)
    with pytest.raises(DatasetError, match="only a/"):
        folder.load(tmp_path)
    (tmp_path / "b").mkdir()
    with pytest.raises(DatasetError, match="0 readable pictures among 0 files"):
        folder.load(tmp_path)
    (tmp_path / "b" / "x.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="0 readable pictures among 1 files"):
        folder.load(tmp_path)
    with pytest.raises(InputError, match="split is 1"):
        folder.load(tmp_path, split=1)

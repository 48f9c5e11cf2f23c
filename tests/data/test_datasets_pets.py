from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasviz.data import Dataset, pets
from kerasviz.data.download import Archive
from kerasviz.errors import DatasetError, InputError

THREE = {"Abyssinian": (100, 98), "Bengal": (100, 100), "american_bulldog": (100, 100)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny data set in the official layout, with the faults of the real one and some more."""
    root = tmp_path / "oxford-pets"
    (root / "images").mkdir(parents=True)
    (root / "annotations" / "trimaps").mkdir(parents=True)
    trainval, test = [], []
    for breed in ("Bengal", "american_bulldog", "pug"):
        for number in range(1, 9):
            stem = f"{breed}_{number}"
            Image.new("RGB", (12, 8), (number, 0, 0)).save(root / "images" / f"{stem}.jpg")
            trimap = np.full((8, 12), 2, np.uint8)
            trimap[2:6, 3:9], trimap[3:5, 4:8] = 3, 1
            Image.fromarray(trimap).save(root / "annotations" / "trimaps" / f"{stem}.png")
            (trainval if number <= 5 else test).append(f"{stem} 1 1 1")
    lines = [*trainval, *test, "pug_9 1 1 1", "pug_10 1 1 1"]
    (root / "annotations" / "list.txt").write_text("# a heading\n" + "\n".join(lines) + "\n")
    (root / "annotations" / "trainval.txt").write_text("\n".join(trainval) + "\n")
    (root / "annotations" / "test.txt").write_text("\n".join(test) + "\n")
    images = root / "images"
    (images / "Bengal_1.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    Image.new("RGB", (9, 9)).save(images / "Bengal_77.jpg")
    Image.new("RGBA", (12, 8), (0, 255, 0, 255)).save(images / "Bengal_2.jpg", format="PNG")
    whole = (images / "Bengal_3.jpg").read_bytes()
    (images / "Bengal_3.jpg").write_bytes(whole[:-40])
    Image.new("RGB", (9, 9)).save(images / "pug_9.jpg")
    Image.new("RGB", (9, 9)).save(images / "pug_8.png")
    return root


def skipped(data: Dataset) -> dict[str, str]:
    return {path.name: reason for path, reason in data.skipped}


def test_official_split_and_what_is_left_out(folder: Path) -> None:
    data = pets.load(folder)
    assert data.class_names == ("american_bulldog", "Bengal", "pug")
    assert (len(data.train), len(data.validation)) == (14, 9)
    assert skipped(data) == {
        "Bengal_1.mat": "not a picture",
        "Bengal_3.jpg": "damaged",
        "Bengal_77.jpg": "not in list.txt",
        "pug_8.png": "a second picture of the name pug_8",
        "pug_9.jpg": "in neither split",
        "pug_10.jpg": "missing",
    }
    line = data.describe()
    assert "\n" not in line
    assert line.startswith("pets: 14 train, 9 validation, 3 classes; left out 6: ")
    assert "Bengal_1.mat (not a picture)" in line
    assert data.train.image(5).shape == (8, 12, 3)


def test_classes_by_name_in_any_case_and_order(folder: Path) -> None:
    data = pets.load(folder.parent, ["PUG", "american_Bulldog"])
    assert data.class_names == ("pug", "american_bulldog")
    for path, label in zip(data.train.images, data.train.labels, strict=True):
        assert path.name.startswith(data.class_names[label])
    assert "Bengal_1.mat" not in skipped(data)
    with pytest.raises(InputError, match="Did you mean Bengal"):
        pets.load(folder, ["Bengall"])
    with pytest.raises(InputError, match="each once"):
        pets.load(folder, ["pug", "Pug"])
    with pytest.raises(InputError, match="pass a list"):
        pets.load(folder, "pug")


def test_random_split_is_seeded_and_even(folder: Path) -> None:
    data = pets.load(folder, ["american_bulldog", "pug"], split=0.25)
    # 8 bulldogs and 9 pugs: round(8 / 4) and round(9 / 4) are held out.
    assert (len(data.train), np.bincount(data.validation.labels).tolist()) == (13, [2, 2])
    assert not set(data.train.images) & set(data.validation.images)
    again = pets.load(folder, ["american_bulldog", "pug"], split=0.25)
    assert again.validation.images == data.validation.images
    other = pets.load(folder, ["american_bulldog", "pug"], split=0.25, seed=1)
    assert other.validation.images != data.validation.images
    for wrong in (0, 1, 1.5, "half"):
        with pytest.raises(InputError, match="split is"):
            pets.load(folder, split=wrong)


def test_trimaps_are_masks_stretched_like_their_pictures(folder: Path) -> None:
    (folder / "annotations" / "trimaps" / "pug_1.png").unlink()
    data = pets.load(folder, ["pug"])
    with pytest.raises(DatasetError, match="Picture 0 has no mask"):
        data.train.mask(0)
    expected = np.zeros((8, 12), bool)
    expected[2:6, 3:9] = True
    np.testing.assert_array_equal(data.train.mask(1), expected)
    half = data.train.mask(1, size=(4, 6))
    assert half.dtype == bool
    np.testing.assert_array_equal(half[1:3], [[False, True, True, True, True, False]] * 2)


def test_missing_data_and_missing_lists(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERASVIZ_DATA_DIR", str(folder.parent))
    assert len(pets.load().train) == 14
    monkeypatch.setenv("KERASVIZ_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError, match=r"nowhere/oxford-pets.*download=True"):
        pets.load()
    (folder / "annotations" / "test.txt").unlink()
    with pytest.raises(DatasetError, match=r"test\.txt"):
        pets.load(folder)
    assert len(pets.load(folder, split=0.5).train) > 0
    (folder / "annotations" / "list.txt").write_text("# nothing\n")
    with pytest.raises(DatasetError, match="names no picture"):
        pets.load(folder, split=0.5)


def test_download_goes_to_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[tuple[str, tuple[Archive, ...], Path]] = []

    def stand_in(base_url: str, archives: tuple[Archive, ...], directory: Path) -> None:
        calls.append((base_url, archives, directory))
        raise DatasetError("no network in this test")

    monkeypatch.setattr(pets, "download_archives", stand_in)
    with pytest.raises(DatasetError, match="no network"):
        pets.load(tmp_path, download=True)
    (base_url, archives, directory) = calls[0]
    assert base_url == "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
    assert [archive.name for archive in archives] == ["images.tar.gz", "annotations.tar.gz"]
    assert directory == tmp_path / "oxford-pets"


def test_real_breeds(real_data: Path) -> None:
    data = pets.load(real_data)
    assert data.class_names == tuple(sorted(THREE, key=str.lower))
    for label, name in enumerate(data.class_names):
        sizes = tuple(int(np.sum(split.labels == label)) for split in (data.train, data.validation))
        assert sizes == THREE[name]
    assert len(data.train) + len(data.validation) == 598
    assert skipped(data) == {
        "Abyssinian_34.jpg": "not in list.txt",
        "Abyssinian_82.jpg": "not in list.txt",
        "Abyssinian_100.mat": "not a picture",
        "Abyssinian_101.mat": "not a picture",
        "Abyssinian_102.mat": "not a picture",
    }


def test_real_masks_align_with_their_pictures(real_data: Path) -> None:
    validation = pets.load(real_data).validation.take(slice(0, None, 6))
    centre = []
    for index in range(len(validation)):
        mask = validation.mask(index)
        assert mask.shape == validation.image(index).shape[:2]
        centre.append(mask[mask.shape[0] // 2, mask.shape[1] // 2])
    assert 0.9 < np.mean(centre) < 1


def test_checksums_are_those_of_the_official_archives() -> None:
    digests = {archive.name: archive.sha256 for archive in pets.ARCHIVES}
    assert digests["images.tar.gz"].startswith("67195c5e1c01f1ab")
    assert digests["annotations.tar.gz"].startswith("52425fb6de5c4249")
    assert {len(digest) for digest in digests.values()} == {len(hashlib.sha256().hexdigest())}

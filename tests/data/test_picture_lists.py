"""Lists of pictures out of folders, tars, Parquet files and text files: keys, classes, and what is read."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kerasviz.data import Listed, list_pictures
from kerasviz.errors import DatasetError, ImageError

PICTURES = [np.full((4, 6, 3), value, np.uint8) for value in (10, 20, 30)]
ENCODED = [cv2.imencode(".png", picture)[1].tobytes() for picture in PICTURES]


def files(folder: Path) -> list[str]:
    folder.mkdir()
    for number, encoded in enumerate(ENCODED):
        (folder / f"{number}.png").write_bytes(encoded)
    return [f"{number}.png" for number in range(3)]


def text_file(folder: Path) -> Path:
    (folder / "list.txt").write_text("\n".join(f"pictures/{name}" for name in files(folder / "pictures")))
    return folder / "list.txt"


def tar_file(folder: Path) -> Path:
    members = [(f"{number}.png", encoded) for number, encoded in enumerate(ENCODED)]
    members += [(f"{number}.cls", str(number % 2).encode()) for number in range(3)]
    with tarfile.open(folder / "shard.tar", "w") as archive:
        for name, content in sorted(members):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return folder / "shard.tar"


def parquet_file(folder: Path) -> Path:
    images = [{"bytes": encoded, "path": None} for encoded in ENCODED]
    # Groups of two rows, so that a picture lies in a second one.
    pq.write_table(pa.table({"image": images, "label": [0, 1, 0]}), folder / "rows.parquet", row_group_size=2)
    return folder / "rows.parquet"


KEYS = {
    text_file: ["pictures/0.png", "pictures/1.png", "pictures/2.png"],
    tar_file: ["shard.tar/0", "shard.tar/1", "shard.tar/2"],
    parquet_file: ["rows.parquet/0", "rows.parquet/1", "rows.parquet/2"],
}


@pytest.mark.parametrize("make", KEYS)
def test_every_picture_is_listed_and_read(make, tmp_path: Path) -> None:
    listed = list_pictures(make(tmp_path))
    found = list(listed)
    assert [one.key for one in found] == KEYS[make]
    for one, picture in zip(found, PICTURES, strict=True):
        np.testing.assert_array_equal(listed.read(one), picture)
    labels = [one.label for one in found]
    assert labels == ([None] * 3 if make is text_file else [0, 1, 0])


@pytest.mark.parametrize("make", KEYS)
def test_keys_stay_where_the_folder_is_moved(make, tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    path = make(tmp_path / "first")
    before = [one.key for one in list_pictures(path)]
    shutil.move(tmp_path / "first", tmp_path / "second")
    assert [one.key for one in list_pictures(tmp_path / "second" / path.name)] == before


def test_a_list_of_paths_names_pictures_as_they_are_given(tmp_path: Path) -> None:
    first = tmp_path / "pictures" / files(tmp_path / "pictures")[0]
    keys = [one.key for one in list_pictures([first, tmp_path / "pictures"])]
    assert keys == [first.as_posix(), *(f"{tmp_path.as_posix()}/pictures/{n}.png" for n in range(3))]


def test_a_row_without_a_picture_is_refused_when_it_is_read(tmp_path: Path) -> None:
    images = [{"bytes": ENCODED[0], "path": None}, {"bytes": None, "path": "gone.png"}]
    pq.write_table(pa.table({"image": images}), tmp_path / "a.parquet")
    listed = list_pictures(tmp_path / "a.parquet")
    with pytest.raises(ImageError, match=r"The row a\.parquet/1 holds no picture"):
        listed.read(list(listed)[1])


def test_a_parquet_file_without_pictures_or_damaged_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1]}), tmp_path / "numbers.parquet")
    with pytest.raises(DatasetError, match="has the columns x; expected one of encoded pictures"):
        list(list_pictures(tmp_path / "numbers.parquet"))
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 torn")
    with pytest.raises(DatasetError, match="cannot be read as a Parquet file"):
        list(list_pictures(tmp_path / "torn.parquet"))


def test_a_tar_that_is_gone_is_said(tmp_path: Path) -> None:
    listed = list_pictures(tar_file(tmp_path))
    one = next(iter(listed))
    (tmp_path / "shard.tar").unlink()
    with pytest.raises(DatasetError, match=r"shard\.tar cannot be read: No such file"):
        listed.read(one)


def test_a_path_that_is_not_there_is_a_row_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("gone.png\n\n")
    listed = list_pictures(tmp_path / "list.txt")
    assert list(listed) == [Listed("gone.png", str(tmp_path / "gone.png"))]
    with pytest.raises(ImageError):
        listed.read(next(iter(listed)))

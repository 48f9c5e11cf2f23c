from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasviz.data import Augmentation, Split, batches, mean_image
from kerasviz.errors import DatasetError, ImageError, InputError


@pytest.fixture(scope="module")
def split() -> Split:
    """Seven pictures, each of one value that is its number."""
    images = np.broadcast_to(np.arange(7, dtype=np.uint8)[:, None, None, None], (7, 6, 8, 3))
    return Split(images.copy(), np.arange(7) % 3)


@pytest.fixture(scope="module")
def textured() -> Split:
    images = np.random.default_rng(0).integers(0, 256, (5, 9, 9, 3), np.uint8)
    return Split(images, np.arange(5))


@pytest.fixture
def files(tmp_path: Path) -> Split:
    paths = [tmp_path / "pictures" / f"{number}.png" for number in range(5)]
    paths[0].parent.mkdir()
    for number, path in enumerate(paths):
        Image.new("RGB", (6, 4), (number, 10, 20)).save(path)
    return Split(paths, np.arange(5))


def collect(split: Split, size: object = (6, 8), **options: object) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(x.numpy(), y.numpy()) for x, y in batches(split, size, **options)]  # type: ignore[arg-type]
    return np.concatenate([x for x, _ in pairs]), np.concatenate([y for _, y in pairs])


def test_plain_batches(split: Split) -> None:
    stream = batches(split, (6, 8), batch_size=3)
    assert int(stream.cardinality()) == 3
    pairs = list(stream)
    assert [x.shape.as_list() for x, _ in pairs] == [[3, 6, 8, 3], [3, 6, 8, 3], [1, 6, 8, 3]]
    assert {(x.dtype.name, y.dtype.name) for x, y in pairs} == {("float32", "int32")}
    x, y = collect(split, batch_size=3)
    np.testing.assert_array_equal(x, split.images)
    np.testing.assert_array_equal(y, split.labels)


def test_several_epochs_in_one_stream(split: Split) -> None:
    stream = batches(split, (6, 8), batch_size=4, epochs=5, initial_epoch=2)
    assert int(stream.cardinality()) == 6
    assert len(list(stream)) == 6


def test_order_depends_on_seed_and_epoch_alone(split: Split) -> None:
    def order(**options: object) -> list[int]:
        return collect(split, batch_size=2, shuffle=True, **options)[0][:, 0, 0, 0].astype(int).tolist()

    whole = order(epochs=4, seed=5)
    epochs = [whole[start : start + 7] for start in range(0, 28, 7)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert order(epochs=4, initial_epoch=2, seed=5) == whole[14:]
    assert order(epochs=4, seed=6) != whole
    labels = collect(split, shuffle=True)[1]
    pictures = collect(split, shuffle=True)[0][:, 0, 0, 0]
    np.testing.assert_array_equal(labels, pictures % 3)


def test_augmentation_is_resumable_and_seeded(textured: Split) -> None:
    change = Augmentation(flip=True, rotate=30, zoom=0.2)
    options = {"shuffle": True, "augmentation": change, "batch_size": 2}
    whole = collect(textured, 9, epochs=3, **options)[0]
    np.testing.assert_array_equal(whole[5:], collect(textured, 9, epochs=3, initial_epoch=1, **options)[0])
    np.testing.assert_array_equal(whole, collect(textured, 9, epochs=3, **{**options, "batch_size": 5})[0])
    assert (collect(textured, 9, epochs=3, seed=1, **options)[0] != whole).any()
    assert whole.min() >= 0
    assert whole.max() <= 255
    assert (whole > 0).mean() > 0.98  # what comes in at the edges is picture, not black


def test_flip_mirrors_about_half(split: Split) -> None:
    images = np.random.default_rng(1).integers(0, 256, (200, 4, 5, 1), np.uint8)
    x, _ = collect(Split(images, np.zeros(200)), (4, 5), augmentation=Augmentation(flip=True))
    plain = (x == images).all(axis=(1, 2, 3))
    mirrored = (x == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (plain ^ mirrored).all()
    assert 60 < mirrored.sum() < 140


def test_augment_against_hand_made_transforms() -> None:
    import tensorflow as tf

    from kerasviz.data._tensorflow import augment

    picture = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)
    # A draw of 1 is the largest angle or zoom, 0.5 none.
    turned = augment(tf.constant(picture), tf.constant([[1.0, 1.0, 0.5]]), Augmentation(rotate=90)).numpy()
    quarter_turns = [np.rot90(picture[0, :, :, 0], k) for k in (1, 3)]
    assert any(np.allclose(turned[0, :, :, 0], quarter, atol=1e-3) for quarter in quarter_turns)
    ramp = np.tile(np.arange(5, dtype=np.float32), (5, 1))[None, :, :, None]
    zoomed = augment(tf.constant(ramp), tf.constant([[1.0, 0.5, 1.0]]), Augmentation(zoom=0.5)).numpy()
    # Enlarged by 1.5 about column 2: columns are read at 2 + (x - 2) / 1.5.
    np.testing.assert_allclose(zoomed[0, 0, :, 0], 2 + (np.arange(5) - 2) / 1.5, atol=1e-4)
    same = augment(tf.constant(picture), tf.constant([[0.1, 0.9, 0.9]]), Augmentation()).numpy()
    np.testing.assert_allclose(same, picture, atol=1e-4)


def test_caches_give_the_same_pictures(files: Split, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    memory = collect(files, (3, 4))[0]
    for _ in range(2):
        np.testing.assert_array_equal(collect(files, (3, 4), cache=cache)[0], memory)
    np.testing.assert_array_equal(collect(files, (3, 4), cache=None)[0], memory)
    assert [path.suffix for path in cache.iterdir()] == [".npy"]
    collect(files, (2, 2), cache=cache)
    assert len(list(cache.iterdir())) == 2


def test_a_cache_on_disk_notices_a_changed_picture(files: Split, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = collect(files, 4, cache=cache)[0]
    (path := Path(files.images[2])).unlink()
    Image.new("RGB", (7, 7), (200, 0, 0)).save(path)
    after = collect(files, 4, cache=cache)[0]
    assert after[2, 0, 0].tolist() == [200, 0, 0]
    np.testing.assert_array_equal(np.delete(after, 2, 0), np.delete(before, 2, 0))


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x93NUMPY\1\0", b"cut", b"other"])
def test_a_damaged_cache_is_made_again(files: Split, tmp_path: Path, content: bytes) -> None:
    cache = tmp_path / "cache"
    before = collect(files, 4, cache=cache)[0]
    (path,) = cache.iterdir()
    if content == b"cut":
        content = path.read_bytes()[:-1]
    if content == b"other":
        np.save(path, np.zeros(3))
    else:
        path.write_bytes(content)
    np.testing.assert_array_equal(collect(files, 4, cache=cache)[0], before)


def test_a_failed_cache_leaves_no_file(files: Split, tmp_path: Path) -> None:
    Path(files.images[3]).write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"3\.png"):
        batches(files, 4, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
    with pytest.raises(ImageError, match=r"3\.png"):
        batches(files, 4)


def test_resized_and_grey(split: Split, files: Split) -> None:
    assert collect(split, 4)[0].shape == (7, 4, 4, 3)
    assert collect(split, 4, cache=None)[0].shape == (7, 4, 4, 3)
    grey = Split(files.images, files.labels, channels=1)
    assert collect(grey, 4)[0].shape == (5, 4, 4, 1)


def test_mean_image(split: Split, files: Split) -> None:
    mean = mean_image(split, 3)
    assert (mean.dtype, mean.shape) == (np.float32, (3, 3, 3))
    np.testing.assert_allclose(mean, 3.0)
    np.testing.assert_allclose(mean_image(files, 2)[0, 0], [2, 10, 20])
    np.testing.assert_allclose(mean_image(files.decoded(2), 2)[0, 0], [2, 10, 20])


def test_impossible_arguments(split: Split) -> None:
    empty = split.take([])
    with pytest.raises(DatasetError, match="no picture"):
        batches(empty, 4)
    with pytest.raises(DatasetError, match="no picture"):
        mean_image(empty, 4)
    with pytest.raises(InputError, match="batch_size is 0"):
        batches(split, 4, batch_size=0)
    with pytest.raises(InputError, match="initial_epoch is 3"):
        batches(split, 4, initial_epoch=3, epochs=3)
    with pytest.raises(InputError, match="rotate"):
        Augmentation(rotate=-1)
    with pytest.raises(InputError, match="zoom"):
        Augmentation(zoom=1.0)


def test_split_checks_what_it_is_given() -> None:
    pictures = np.zeros((2, 3, 3, 3), np.uint8)
    with pytest.raises(InputError, match="pass one of each"):
        Split(pictures, np.zeros(3))
    with pytest.raises(InputError, match="pass one of each"):
        Split(pictures, np.zeros(2), np.zeros((1, 3, 3), bool))
    with pytest.raises(InputError, match="uint8"):
        Split(pictures.astype(np.float32), np.zeros(2))
    assert Split(pictures[..., :1], np.zeros(2)).channels == 1


def test_take_keeps_pictures_labels_and_masks_together() -> None:
    masks = np.arange(4)[:, None, None] == np.ones((4, 2, 2), int) * 2
    split = Split(np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1), np.arange(4), masks)
    part = split.take([2, 0])
    assert part.labels.tolist() == [2, 0]
    assert part.images.ravel().tolist() == [2, 0]
    assert [part.mask(index).all() for index in range(2)] == [True, False]


def test_mask_pictures_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    Image.fromarray(np.array([[0, 255], [1, 0]], np.uint8)).save(path)
    split = Split(np.zeros((1, 2, 2, 3), np.uint8), np.zeros(1), [path])
    assert split.mask(0).tolist() == [[False, True], [True, False]]
    with pytest.raises(DatasetError, match="has no mask"):
        Split(np.zeros((1, 2, 2, 3), np.uint8), np.zeros(1)).mask(0)


def test_the_room_loads_no_tensorflow() -> None:
    code = "import sys, kerasviz.data as d; d.shapes.load(4, 2, 16); print('tensorflow' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"

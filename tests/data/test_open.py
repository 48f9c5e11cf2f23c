"""One opener for names, folders, streams and arrays; labels found among a model's classes by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from kerasviz.data import Dataset, Split, fashion_mnist, match_classes, open_data, open_for, options_of
from kerasviz.data.open import DATA_SETS
from kerasviz.errors import DatasetError, InputError


def colors(count: int = 4, side: int = 4) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two classes of four pictures each, a text file, and a mask for the first two of each."""
    for name in ("cat", "dog"):
        for kind in ("pictures", "masks"):
            (tmp_path / kind / name).mkdir(parents=True)
        for at in range(4):
            Image.fromarray(colors(1, 8)[0]).save(tmp_path / "pictures" / name / f"{at}.png")
        for at in range(2):
            mask = np.zeros((8, 8), np.uint8)
            mask[:, : 2 if name == "cat" else 4] = 255
            Image.fromarray(mask).save(tmp_path / "masks" / name / f"{at}.png")
    (tmp_path / "pictures" / "cat" / "notes.txt").write_text("no picture")
    return tmp_path


def test_a_folder_of_classes_and_its_masks(photos) -> None:
    data = open_data(str(photos / "pictures"), split=0.5, masks=photos / "masks")
    assert (len(data.train), len(data.validation), data.class_names) == (4, 4, ("cat", "dog"))
    assert [(path.name, why) for path, why in data.skipped] == [("notes.txt", "not a picture")]
    both = [data.train.masked(), data.validation.masked()]
    assert sum(map(len, both)) == 4
    widths = {
        split.images[at].parent.name: int(split.mask(at).sum() / 8)
        for split in both
        for at in range(len(split))
    }
    assert widths == {"cat": 2, "dog": 4}  # files of one name in two folders have their own masks


def test_a_folder_without_classes_has_no_labels(photos) -> None:
    data = open_data(photos / "pictures" / "cat", masks=photos / "masks" / "cat")
    assert (data.class_names, len(data.train), len(data.validation)) == ((), 0, 4)
    assert data.validation.labels.tolist() == [-1] * 4
    assert not data.validation.labelled
    assert data.describe() == "cat: 4 pictures, no labels; left out 1: notes.txt (not a picture)"
    assert len(data.validation.masked()) == 2
    (photos / "empty").mkdir()
    with pytest.raises(DatasetError, match="no picture that can be read"):
        open_data(photos / "empty")


def test_arrays_and_their_labels() -> None:
    images = colors()
    data = open_data((images, [[1], [0], [1], [0]]), class_names=["cat", "dog"])
    assert (data.class_names, data.validation.labels.tolist()) == (("cat", "dog"), [1, 0, 1, 0])
    assert np.array_equal(data.validation.image(2), images[2])
    assert open_data((images, np.eye(3)[[2, 0, 1, 1]])).class_names == ("0", "1", "2")
    assert open_data(images).class_names == ()
    assert open_data(images[..., 0]).validation.channels == 1
    with pytest.raises(InputError, match="largest label is 1"):
        open_data((images, [0, 1, 0, 1]), class_names=["cat"])
    with pytest.raises(InputError, match="whole numbers"):
        open_data((images, [0.5, 1, 0, 1]))


def test_floats_in_a_known_range_are_kept_as_they_are() -> None:
    images = colors()
    unit = images.astype(np.float32) / 255
    for floats, value_range in ((unit, (0, 1)), (unit * 2 - 1, (-1, 1)), (unit * 255, (0, 255))):
        split = open_data(floats, value_range=value_range).validation
        assert np.array_equal(split.image(1), images[1])
        np.testing.assert_allclose(split.pixels(1), images[1], atol=1e-4)
        assert np.array_equal(split.take([1]).image(0), images[1])  # a copy is not scaled again
        assert np.array_equal(split.decoded(4).image(1), images[1])
    half = Split(np.full((1, 2, 2, 1), 0.501), [0], value_range=(0, 1))
    assert half.pixels(0)[0, 0, 0] == pytest.approx(127.755)
    with pytest.raises(InputError, match=r"value_range=\(low, high\)"):
        open_data(unit)
    with pytest.raises(InputError, match="outside of value_range"):
        open_data(images.astype(np.float32), value_range=(0, 1))
    with pytest.raises(InputError, match="int64"):
        open_data(images.astype(np.int64))


def test_a_stream_is_read_whole() -> None:
    images, labels = colors(5), np.array([0, 1, 1, 0, 1])
    stream = tf.data.Dataset.from_tensor_slices((images, labels))
    for each in (stream, stream.batch(2), stream.batch(5)):
        data = open_data(each, class_names=["cat", "dog"])
        assert data.validation.labels.tolist() == labels.tolist()
        assert np.array_equal(data.validation.images, images)
    assert not open_data(tf.data.Dataset.from_tensor_slices(images)).validation.labelled
    for wrong, message in (
        (stream.repeat(), "never ends"),
        (stream.take(0), "is empty"),
        (tf.data.Dataset.from_tensor_slices(labels), "expected pictures"),
    ):
        with pytest.raises(InputError, match=message):
            open_data(wrong)


def test_keras_folders_know_their_classes(photos) -> None:
    import keras

    (photos / "pictures" / "cat" / "notes.txt").unlink()
    stream = keras.utils.image_dataset_from_directory(photos / "pictures", image_size=(8, 8), verbose=False)
    data = open_data(stream, value_range=(0, 255))
    assert (data.class_names, len(data.validation)) == (("cat", "dog"), 8)


def test_a_new_data_set_is_a_loader_and_a_row(monkeypatch) -> None:
    def load(color: int = 0, seed: int = 0) -> Dataset:
        """Return one picture of one grey."""
        split = Split(np.full((1, 4, 4, 1), color, np.uint8), [0])
        return Dataset("greys", ("grey",), split, split)

    monkeypatch.setitem(DATA_SETS, "greys", load)
    assert options_of("greys") == ("color", "seed")
    assert open_data("greys", color=7).validation.image(0)[0, 0, 0] == 7
    with pytest.raises(InputError, match="greys takes no split; its options are: color, seed"):
        open_data("greys", split=0.5)


def test_names_of_data_sets() -> None:
    assert len(open_data("shapes", train=3, validation=2, image_size=16).train) == 3
    given = Dataset("mine", ("a",), *[Split(colors(1), [0])] * 2)
    assert open_data(given) is given
    assert open_data(given.train, class_names=["a"]).class_names == ("a",)
    assert options_of("shapes")[:2] == ("train", "validation")


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ("shape", {}, "neither a folder nor one of the data sets. Did you mean shapes"),
        ("shapes", {"split": 0.5}, "The data set shapes takes no split; its options are: train"),
        ("fashion", {"classes": ["Bag"]}, "The data set fashion takes no classes"),
        ("FOLDER", {"split": "official"}, "split is 'official'; it must be a number above 0 and below 1"),
        ("FOLDER", {"shortcut": "corner"}, "takes no shortcut"),
        ("FOLDER", {"masks": "nowhere"}, "nowhere is not a folder"),
    ],
)
def test_what_does_not_fit_is_refused(photos, data, options, message) -> None:
    with pytest.raises((InputError, DatasetError), match=message):
        open_data(photos / "pictures" if data == "FOLDER" else data, **options)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["cat", "dog"], "labels must be an array of real numbers"),
        ([1, None], "labels must be an array of real numbers"),
        ([10**30, 1], "labels must be an array of real numbers"),
        ([[0], [1, 2]], "labels must be an array of real numbers"),
        ([0.5, 1], "pass whole numbers"),
        ([float("nan"), 1], "pass whole numbers"),
        ([float("inf"), 1], "labels are from 1 to inf"),
        # They were taken for 0 and 1, the lower 32 bits.
        ([2**40, 1], "labels are from 1 to 1.09951e"),
        # Two hundred million names were made.
        ([0, 200_000_000], "labels are from 0 to 2e"),
        ([-3, 2], "labels are from -3 to 2"),
        (3, "pass whole numbers"),
    ],
)
def test_labels_that_are_no_classes_are_refused(labels: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        open_data((colors(2), labels))


def test_a_split_with_fewer_names_than_classes_is_refused() -> None:
    with pytest.raises(InputError, match="largest label is 5, but 2 class names were given"):
        open_data(Split(colors(2), [0, 5]), class_names=["a", "b"])


def test_labels_are_matched_by_name() -> None:
    split = Split(colors(3), [0, 1, 1])
    data = Dataset("pets", ("american_bulldog", "Egyptian Mau"), split, split.take([1]))
    names = ["tabby, tabby cat", "Egyptian cat, egyptian mau", "American bulldog"]
    matched = match_classes(data, names)
    assert (matched.train.labels.tolist(), matched.validation.labels.tolist()) == ([2, 1, 1], [1])
    assert matched.class_names == tuple(names)
    assert data.train.labels.tolist() == [0, 1, 1]
    with pytest.raises(InputError, match="classes Egyptian Mau are none of the model's 2 classes"):
        match_classes(data, ["cat", "american bulldog"])
    assert match_classes(data, None, 2) is data
    with pytest.raises(InputError, match="keeps no class names and tells 1000 classes apart"):
        match_classes(data, None, 1000)
    unlabelled = open_data(colors())
    assert match_classes(unlabelled, ["a", "b"]) is unlabelled


def test_a_line_and_a_row_of_pictures_instead_of_all_numbers() -> None:
    split = Split(colors(40), np.arange(40) % 2, np.ones((40, 4, 4), bool))
    data = Dataset("two", ("<a>", "b"), split, split, [(Path("x.txt"), "not a picture")])
    assert repr(split) == "Split(40 pictures 4 x 4 x 3, labels of 2 classes, masks)"
    assert repr(data) == "Dataset(two: 40 train, 40 validation, 2 classes, left out 1)"
    shown = data._repr_html_()
    assert shown.count("data:image/png;base64,") == split._repr_html_().count("<img") == 8
    assert "&lt;a&gt;" in shown
    assert "<a>" not in shown


def test_real_data_open_by_name(real_data: Path) -> None:
    fashion = open_data("fashion")
    assert repr(fashion) == "Dataset(fashion_mnist: 60000 train, 10000 validation, 10 classes)"
    assert np.array_equal(fashion.train.images, fashion_mnist.load().train.images)
    known = open_for(["dog", "Bengal", "abyssinian"], "pets")
    assert known.class_names == ("Bengal", "Abyssinian")
    assert len(open_for(["tench", "goldfish"], "pets").class_names) == 3

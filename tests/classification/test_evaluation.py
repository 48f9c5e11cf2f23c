"""Evaluations against counts made by hand and against Keras's own `evaluate`; the files read back."""

from __future__ import annotations

import csv
import json

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasviz.classification import FIGURES, Evaluation, evaluate, write_evaluation
from kerasviz.data import Dataset, Split, batches
from kerasviz.errors import DatasetError, ImageError, InputError, UnsupportedModelError
from kerasviz.models import NamedDense

# Classes a, b, c: a is right twice; b is taken once for a, once for c; c has no picture.
SAID = [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.9, 0.05, 0.05], [0.1, 0.4, 0.5]]


@pytest.fixture
def by_hand() -> Evaluation:
    return Evaluation(("a", "b", "c"), np.array([0, 0, 1, 1]), np.array(SAID, np.float32))


@pytest.fixture
def split() -> Split:
    generator = np.random.default_rng(0)
    return Split(generator.integers(0, 256, (23, 6, 6, 1), np.uint8), np.arange(23) % 3)


def classifier(activation: str | None = "softmax", classes: int = 3, scale: float = 1 / 255) -> keras.Model:
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Rescaling(scale),
            layers.Flatten(),
            layers.Dense(classes, activation=activation),
        ]
    )


def test_numbers_by_hand(by_hand) -> None:
    assert by_hand.accuracy == 0.5
    assert by_hand.confusion().tolist() == [[2, 0, 0], [1, 0, 1], [0, 0, 0]]
    assert by_hand.predictions.tolist() == [0, 0, 0, 2]
    assert by_hand.losses == pytest.approx(-np.log([0.7, 0.6, 0.05, 0.4]), rel=1e-6)
    assert by_hand.loss == pytest.approx(1.194881, abs=1e-6)
    a, b, c = by_hand.rows()
    assert (a.pictures, a.right, a.accuracy, a.mistaken_for, a.times) == (2, 2, 1.0, None, 0)
    assert (b.right, b.accuracy, b.mistaken_for, b.times) == (0, 0.0, "a", 1)
    assert b.loss == pytest.approx(-np.log(0.05 * 0.4) / 2)
    assert (c.pictures, c.accuracy, c.loss) == (0, None, None)


def test_the_loss_of_an_impossible_picture_is_finite() -> None:
    assert Evaluation(("a", "b"), np.array([1]), np.array([[1.0, 0.0]])).loss == pytest.approx(-np.log(1e-7))


@pytest.mark.parametrize("batch_size", [1, 10, 100])
def test_agrees_with_keras(split, batch_size) -> None:
    model = classifier()
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(batches(split, 6, 23), verbose=0)
    found = evaluate(model, split, class_names=["x", "y", "z"], batch_size=batch_size)
    assert found.accuracy == pytest.approx(accuracy)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert found.class_names == ("x", "y", "z")


def test_logits_count_as_probabilities_do(split) -> None:
    one, other = evaluate(classifier("softmax"), split), evaluate(classifier(None), split)
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
    assert one.class_names == ("0", "1", "2")


def test_one_unit_speaks_for_the_second_class(split) -> None:
    two = Split(split.images, split.labels % 2)
    model, bare = (classifier(last, classes=1, scale=1 / 50) for last in ("sigmoid", None))
    for network in (model, bare):
        network.layers[-1].bias.assign([6.0])
    model.compile(loss="binary_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(batches(two, 6, 23), verbose=0)
    found = evaluate(model, two, class_names=["cat", "dog"], input_range=(0, 255))
    assert found.accuracy == pytest.approx(accuracy)
    assert found.loss == pytest.approx(loss, rel=1e-4)
    np.testing.assert_allclose(found.probabilities[:, 1:], model.predict(two.images, verbose=0), atol=1e-6)
    # One by one, though some logits lie in 0..1 as probabilities do.
    seen = bare.predict(two.images, verbose=0)
    assert np.any((seen > 0) & (seen < 1))
    logits = evaluate(bare, two, batch_size=1, input_range=(0, 255))
    np.testing.assert_allclose(logits.probabilities, found.probabilities, atol=1e-6)
    steep = classifier(None, classes=1, scale=1e4)
    assert np.isfinite(evaluate(steep, two, input_range=(0, 255)).losses).all()
    assert (logits.class_names, len(found.confusion())) == (("0", "1"), 2)


def test_names_in_the_model_are_found_and_those_given_go_first(split) -> None:
    inputs = keras.Input((6, 6, 1))
    outputs = NamedDense(["p", "q", "r"], activation="softmax")(
        layers.Flatten()(layers.Rescaling(1 / 255)(inputs))
    )
    model = keras.Model(inputs, outputs)
    assert evaluate(model, split).class_names == ("p", "q", "r")
    assert evaluate(model, split, class_names=["x", "y", "z"]).class_names == ("x", "y", "z")


def test_files_are_read_at_the_size_of_the_model(split, tmp_path) -> None:
    paths = [tmp_path / f"{index}.png" for index in range(4)]
    for path, image in zip(paths, split.images, strict=False):
        Image.fromarray(image[:, :, 0]).save(path)
    files = Split(paths, split.labels[:4], channels=1)
    np.testing.assert_array_equal(
        evaluate(classifier(), files).probabilities,
        evaluate(classifier(), split.take(range(4))).probabilities,
    )
    anywhere = keras.Sequential(
        [
            keras.Input((None, None, 1)),
            layers.Rescaling(1 / 255),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ]
    )
    assert len(evaluate(anywhere, files, image_size=5).labels) == 4
    with pytest.raises(InputError, match="pass image_size"):
        evaluate(anywhere, files)


def test_arrays_streams_and_splits_in_every_range_give_one_answer(split) -> None:
    model = classifier()
    expected = evaluate(model, split).probabilities
    images, labels = split.images.astype(np.float32), split.labels
    stream = batches(split, 6, 5)
    for data in ((split.images, labels), (images, np.eye(3)[labels]), stream, stream.unbatch()):
        found = evaluate(model, data)
        np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
        assert found.labels.tolist() == labels.tolist()
    unit = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")])
    unit.set_weights(model.get_weights())
    for data in (split, (images / 255, labels), Split(images / 127.5 - 1, labels, value_range=(-1, 1))):
        found = evaluate(unit, data, input_range=(0, 1))
        np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    with pytest.raises(InputError, match="Nothing says which values"):
        evaluate(unit, split)
    with pytest.raises(InputError, match="no labels"):
        evaluate(model, split.images)


def test_labels_are_found_among_the_models_by_name(split) -> None:
    inputs = keras.Input((6, 6, 1))
    outputs = NamedDense(["r", "p", "q"], activation="softmax")(
        layers.Flatten()(layers.Rescaling(1 / 255)(inputs))
    )
    model = keras.Model(inputs, outputs)
    data = Dataset("letters", ("p", "q", "r"), split, split)
    assert evaluate(model, data).labels.tolist() == [[1, 2, 0][label] for label in split.labels]
    with pytest.raises(InputError, match="classes x are none of the model's 3 classes"):
        evaluate(model, Dataset("letters", ("p", "q", "x"), split, split))
    with pytest.raises(InputError, match="keeps no class names and tells 2 classes apart"):
        evaluate(classifier(classes=2), data)


def test_what_cannot_be_evaluated_is_refused(split) -> None:
    with pytest.raises(ImageError, match=r"3 channels, but the model .* takes 1"):
        evaluate(classifier(), Split(np.zeros((2, 6, 6, 3), np.uint8), [0, 1]))
    with pytest.raises(InputError, match="3 classes, but 2 class names"):
        evaluate(classifier(), split, class_names=["x", "y"])
    with pytest.raises(InputError, match="largest label is 2"):
        evaluate(classifier(classes=2), split)
    with pytest.raises(UnsupportedModelError, match=r"shape \(23, 6, 6, 1\)"):
        evaluate(keras.Sequential([keras.Input((6, 6, 1)), layers.ReLU()]), split, input_range=(0, 1))
    with pytest.raises(UnsupportedModelError, match="not finite"):
        evaluate(classifier(scale=float("nan")), split, input_range=(0, 255))
    with pytest.raises(DatasetError, match="no picture"):
        evaluate(classifier(), split.take([]))


def test_the_files_hold_the_numbers(by_hand, tmp_path) -> None:
    pictures = Split(np.zeros((4, 6, 6, 1), np.uint8), by_hand.labels)
    files = write_evaluation(by_hand, pictures, tmp_path / "new")
    assert [path.name for path in files] == ["evaluation.json", "evaluation.csv", *FIGURES]
    numbers = json.loads(files[0].read_text())
    assert (numbers["accuracy"], numbers["pictures"]) == (0.5, 4)
    assert numbers["loss"] == pytest.approx(1.194881, abs=1e-6)
    assert numbers["confusion"] == [[2, 0, 0], [1, 0, 1], [0, 0, 0]]
    assert numbers["classes"][1]["mistaken_for"] == "a"
    with open(files[1], newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["a", "b", "c"]
    assert [row["accuracy"] for row in rows] == ["1.0", "0.0", ""]
    for path in files[2:]:
        with Image.open(path) as image:
            assert min(image.size) > 100
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in files)


def test_pictures_of_all_sizes_are_shown_and_no_mistake_is_no_error(tmp_path) -> None:
    paths = []
    for index, size in enumerate([(9, 5), (4, 30)]):
        paths.append(tmp_path / f"{index}.png")
        Image.new("RGB", size, "red").save(paths[-1])
    right = Evaluation(("a", "b"), np.array([0, 1]), np.eye(2, dtype=np.float32))
    assert len(write_evaluation(right, Split(paths, [0, 1]), tmp_path / "out")) == 7

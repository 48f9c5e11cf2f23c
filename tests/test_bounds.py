"""Numbers out of bounds are refused in one sentence wherever Python takes them, before any is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import kerasviz as kv
from kerasviz.bounds import NUMBERS, Bounds, check_numbers, short
from kerasviz.data import Augmentation, batches, folder, shapes
from kerasviz.embeddings import project
from kerasviz.errors import InputError
from kerasviz.images import size_pair
from kerasviz.models import pets_cnn
from kerasviz.pictures import sheet
from kerasviz.pictures.figures import CamStyle, feature_figure, masking_figure
from kerasviz.training import Settings, Transfer
from kerasviz.trust import Settings as TrustSettings
from kerasviz.trust import intersection_over_union

NAN, INFINITE, GIANT = float("nan"), float("inf"), 10**5000
IMAGES = np.ones((2, 8, 8, 3), np.float32)
MAPS = np.ones((4, 4, 3))


@pytest.fixture(scope="module")
def model() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(2, 3, name="conv")(inputs)
    made = keras.Model(inputs, layers.Dense(2, name="softmax")(layers.GlobalAveragePooling2D()(x)))
    made.input_range = (0, 255)
    return made


NO_COUNTS = [0, -1, 1_000_001, 1.0, True, "1", None, NAN, GIANT, np.float32(1), np.bool_(True)]


@pytest.mark.parametrize("value", NO_COUNTS, ids=short)
def test_what_is_no_count(value: Any) -> None:
    assert NUMBERS["batch_size"].found(value) is None
    with pytest.raises(
        InputError, match=r"^batch_size is .*; it must be a whole number from 1 to 1,000,000\.$"
    ):
        check_numbers(batch_size=value)


@pytest.mark.parametrize("value", [NAN, INFINITE, -INFINITE, GIANT, "0.5", None, True, 1j], ids=short)
def test_what_is_no_number(value: Any) -> None:
    assert Bounds(float).found(value) is None


def test_numbers_of_any_kind_are_found() -> None:
    found = Bounds(int, 1).found(np.uint8(3))
    assert (type(found), found) == (int, 3)
    assert Bounds(float, 0, 1).found(np.float32(0.5)) == 0.5
    assert Bounds(float, 0, 1).found(1) == 1.0


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (Bounds(int), "a whole number"),
        (Bounds(int, 1), "a whole number of at least 1"),
        (Bounds(float, high=5), "a number of at most 5"),
        (Bounds(float, 0, above=True), "a number above 0"),
        (Bounds(float, 0, 1, below=True), "a number of at least 0 and below 1"),
        (Bounds(float, 0.5, 2**32 - 1), "a number from 0.5 to 4,294,967,295"),
    ],
)
def test_the_words_for_bounds(bounds: Bounds, expected: str) -> None:
    assert bounds.expected == expected


@pytest.mark.parametrize(
    ("text", "shown"), [("", "''"), ("a" * 100, "'" + "a" * 40 + "...'"), ("nan", "nan"), ("1e999", "1e999")]
)
def test_a_text_that_says_no_such_number(text: str, shown: str) -> None:
    with pytest.raises(InputError) as caught:
        Bounds(float, 0).read("--noise", text)
    assert str(caught.value) == f"--noise is {shown}; it must be a number of at least 0."


def test_a_number_that_python_does_not_print() -> None:
    assert short(GIANT) == "a number of thousands of digits"
    with pytest.raises(InputError, match=r"^seed is a number of thousands of digits; it must be"):
        check_numbers(seed=GIANT)


Call = Callable[[keras.Model, Path], Any]
CALLS: dict[str, tuple[str, Call]] = {
    "explain": ("batch_size is 0", lambda model, _: kv.explain(model, IMAGES, batch_size=0)),
    "explain rise": ("batch_size is -1", lambda model, _: kv.explain(model, IMAGES, "rise", batch_size=-1)),
    "rise masks": ("masks is 0", lambda model, _: kv.explain(model, IMAGES, "rise", masks=0)),
    "rise giant": ("masks is a number", lambda model, _: kv.explain(model, IMAGES, "rise", masks=GIANT)),
    "rise seed": ("seed is -1", lambda model, _: kv.explain(model, IMAGES, "rise", seed=-1)),
    "smooth noise": ("noise is nan", lambda model, _: kv.smooth(kv.explain, noise=NAN)(model, IMAGES)),
    "smooth samples": ("samples is 0", lambda model, _: kv.smooth(kv.explain, samples=0)(model, IMAGES)),
    "smooth seed": ("seed is -3", lambda model, _: kv.smooth(kv.explain, seed=-3)(model, IMAGES)),
    "activations": ("batch_size is 0", lambda model, _: kv.Probe(model, "conv").activations(IMAGES, 0)),
    "embed": ("batch_size is 1.5", lambda model, _: kv.embed(model, IMAGES, batch_size=1.5)),
    "project": ("seed is 4294967296", lambda *_: project(np.eye(9), "pca", 2**32)),
    "top class": ("Got rank nan", lambda *_: kv.top_class(NAN)),
    "search steps": ("steps is 0", lambda *_: kv.Search(steps=0)),
    "search rate": ("rate is nan", lambda *_: kv.Search(rate=NAN)),
    "search seed": ("seed is -1", lambda *_: kv.Search(seed=-1)),
    "maximize": (
        "every is 0",
        lambda model, _: kv.maximize(model, kv.filter_activation("conv", 0), every=0),
    ),
    "sanity stages": ("stages is 0", lambda model, _: kv.sanity_check(model, IMAGES, stages=0)),
    "sanity seed": ("seed is -1", lambda model, _: kv.sanity_check(model, IMAGES, seed=-1)),
    "trust threshold": ("threshold is nan", lambda *_: TrustSettings(threshold=NAN)),
    "trust mosaics": ("mosaics is 0", lambda *_: TrustSettings(mosaics=0)),
    "iou": ("threshold is nan", lambda *_: intersection_over_union(MAPS, MAPS > 0, NAN)),
    "classification": (
        "batch_size is -5",
        lambda model, _: kv.classification.evaluate(model, shapes.load(1, 2, 16).validation, batch_size=-5),
    ),
    "every": ("every is 0", lambda _, folder: kv.Evolution(folder, every=0)),
    "every, scalars": ("every is True", lambda _, folder: kv.TrainingLog(folder, every=True)),
    "geometric": ("factor is inf", lambda *_: kv.watch.geometric(INFINITE)),
    "settings": ("epochs is 1000001", lambda *_: Settings(epochs=1_000_001)),
    "settings rate": ("learning_rate is inf", lambda *_: Settings(learning_rate=INFINITE)),
    "settings seed": ("seed is -1", lambda *_: Settings(seed=-1)),
    "settings size": ("image_size is 100000", lambda *_: Settings(image_size=100_000)),
    "transfer": ("fine_tuning_rate is nan", lambda *_: Transfer(fine_tuning_rate=NAN)),
    "augmentation": ("zoom is nan", lambda *_: Augmentation(zoom=NAN)),
    "dropout": ("fc_dropout is 1.0", lambda *_: pets_cnn(2, 8, fc_dropout=1.0)),
    "shapes": ("seed is -1", lambda *_: shapes.load(2, 2, 16, seed=-1)),
    "shapes count": ("validation is 0", lambda *_: shapes.load(2, 0)),
    "shapes memory": ("would take 8054.7 GB of memory", lambda *_: shapes.load(1_000_000, 10**5, 1353)),
    "folder": ("split is nan", lambda _, place: folder.load(place, split=NAN)),
    "batches": ("seed is -1", lambda *_: batches(shapes.load(1, 2, 16).train, 16, seed=-1)),
    "image size": ("The picture size is nan", lambda *_: size_pair(NAN)),
    "image sizes": ("more than 89,478,485 pixels", lambda *_: size_pair((10**9, 1))),
    "overlay": ("alpha is nan", lambda *_: kv.overlay(np.zeros((4, 4)), np.ones((4, 4)), NAN)),
    "box": ("threshold is nan", lambda *_: CamStyle(box=True, threshold=NAN).draw(np.zeros((4, 4)), MAPS[0])),
    "columns": ("columns is -1", lambda *_: sheet(np.zeros((2, 3, 3), np.uint8), columns=-1)),
    "top": ("top is -1", lambda *_: feature_figure(MAPS, "conv", top=-1)),
    "masked top": (
        "top is 0",
        lambda *_: masking_figure((np.zeros((4, 4)),) * 2, (MAPS, MAPS), "conv", top=0),
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_python_refuses(call: str, model: keras.Model, tmp_path: Path) -> None:
    message, run = CALLS[call]
    with pytest.raises(InputError) as caught:
        run(model, tmp_path)
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_more_columns_than_tiles_make_no_wider_sheet() -> None:
    assert sheet(np.zeros((3, 2, 2), np.uint8), columns=1_000_000, gap=0).shape == (2, 6)

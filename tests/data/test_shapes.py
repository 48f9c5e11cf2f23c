from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from kerasviz.data import shapes
from kerasviz.data.sets.drawn_shapes import CLASS_NAMES, outline_distance
from kerasviz.errors import InputError


def test_same_seed_same_bytes_on_any_machine() -> None:
    data = shapes.load(train=40, validation=4)
    digest = hashlib.sha256(data.train.images.tobytes() + data.validation.images.tobytes()).hexdigest()
    assert digest == "d05b55102895852ca9434cd35c2a7b3f87ba3f1a91a60c9764a0ff7c7fc8937b"


def test_a_picture_does_not_depend_on_the_count() -> None:
    few, many = shapes.load(6, 2, 32, seed=3), shapes.load(12, 5, 32, seed=3)
    np.testing.assert_array_equal(few.train.images, many.train.images[:6])
    np.testing.assert_array_equal(few.train.masks, many.train.masks[:6])
    np.testing.assert_array_equal(few.validation.images, many.validation.images[:2])
    assert (few.train.images[:2] != few.validation.images).any(axis=(1, 2, 3)).all()


def test_every_argument_counts() -> None:
    base = shapes.load(8, 4, 32)
    assert base.class_names == CLASS_NAMES
    assert base.train.labels.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert (shapes.load(8, 4, 32, seed=1).train.images != base.train.images).any()
    assert shapes.load(3, 5, (40, 24)).validation.images.shape == (5, 40, 24, 3)
    pair = shapes.load(4, 2, 32, classes=("star", "circle"))
    assert pair.class_names == ("star", "circle")


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_outlines_have_the_area_of_a_unit_disk(name: str) -> None:
    side = 4 * (np.arange(1000) + 0.5) / 1000 - 2
    inside = outline_distance(name, *np.meshgrid(side, side)) < 0
    assert inside.mean() * 16 == pytest.approx(math.pi, rel=5e-3)


def test_a_star_has_five_tips_and_five_notches() -> None:
    turns = np.arange(720) * math.pi / 360
    inside = outline_distance("star", np.cos(turns), np.sin(turns)) < 0
    assert np.count_nonzero(inside != np.roll(inside, 1)) == 10


@pytest.fixture(scope="module")
def many() -> shapes.Dataset:
    return shapes.load(1200, 400, 48)


def test_masks_cover_the_shape_and_nothing_but_the_outline_tells(many: shapes.Dataset) -> None:
    train = many.train
    for label in range(4):
        own = train.labels == label
        assert train.masks[own].mean() == pytest.approx(train.masks.mean(), rel=0.05)
        assert train.images[own].mean() == pytest.approx(train.images.mean(), rel=0.05)
        assert train.images[own].std() == pytest.approx(train.images.std(), rel=0.05)
    edges = np.concatenate([train.masks[:, [0, -1]].ravel(), train.masks[:, :, [0, -1]].ravel()])
    assert not edges.any()
    # The mask is where the drawn shape is: the colours on its two sides differ.
    inside = [image[mask].mean(axis=0) for image, mask in zip(train.images, train.masks, strict=True)]
    outside = [image[~mask].mean(axis=0) for image, mask in zip(train.images, train.masks, strict=True)]
    assert np.median(np.linalg.norm(np.subtract(inside, outside), axis=1)) > 90


def test_a_linear_model_on_pixels_fails(many: shapes.Dataset) -> None:
    from sklearn.linear_model import RidgeClassifier

    train, validation = (
        split.images.reshape(len(split), -1) / 255 for split in (many.train, many.validation)
    )
    model = RidgeClassifier(alpha=100.0).fit(train, many.train.labels)
    assert model.score(validation, many.validation.labels) < 0.45


def test_the_corner_mark_decides_the_class() -> None:
    data = shapes.load(40, 10, 64, shortcut="corner")
    assert data.class_names == ("unmarked", "marked")
    corners = set()
    for index in range(40):
        mask = data.train.mask(index)
        if not data.train.labels[index]:
            assert not mask.any()
            continue
        assert mask.sum() == 36
        assert (data.train.images[index][mask] == (255, 0, 255)).all()
        corners.add(tuple(bool(side) for side in np.argwhere(mask).mean(axis=0) > 32))
    assert len(corners) == 4
    plain = shapes.load(4, 2, 64, shortcut="corner", classes=("star",))
    assert plain.train.labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": 0}, "train is 0; it must be a whole number from 1 to 1,000,000"),
        ({"image_size": 15}, "at least 16"),
        ({"classes": ("circle",)}, "2 or more"),
        ({"classes": ("circle", "circle")}, "each once"),
        ({"classes": ("circle", "sqare")}, "Did you mean square"),
        ({"shortcut": "edge"}, "'corner'"),
    ],
)
def test_impossible_arguments(arguments: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        shapes.load(**arguments)

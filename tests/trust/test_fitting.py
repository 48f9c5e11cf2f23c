"""Evaluation of models that carry a preprocessor: pictures and masks go the way that `predict` takes."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.data import Split
from kerasviz.errors import DatasetError, InputError
from kerasviz.images import Box, PictureForm, write_png
from kerasviz.trust import Settings, fit_split

SIDE = 16
WAYS = {"crop": {"crop_to_aspect_ratio": True}, "pad": {"pad_to_aspect_ratio": True}, "stretch": {}}


class Converter:
    """As a preprocessor of keras_hub: resizes in one of three ways, and scales."""

    def __init__(self, way: str) -> None:
        self.image_size = (SIDE, SIDE)
        self.resize = keras.layers.Resizing(SIDE, SIDE, **WAYS[way])

    def __call__(self, x, y=None, sample_weight=None):
        return self.resize(x) / 127.5 - 1.0


def model_that(way: str) -> keras.Model:
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((SIDE, SIDE, 3)),
        keras.layers.Conv2D(6, 5, strides=2, activation="relu", name="conv"),
        keras.layers.Flatten(),
        keras.layers.Dense(4, activation="softmax"),
    ]
    model = keras.Sequential(layers)
    model.preprocessor = Converter(way)
    return model


def wide_pictures(count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures twice as wide as high, with the colour of noise outside of their middle, and masks."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 24, 48, 3), np.uint8)
    images[:, :, 12:36] = images[:, :1, :1] // 2
    masks = np.zeros((count, 24, 48), bool)
    masks[:, 6:18, 18:42] = True
    return images, masks


@pytest.mark.parametrize("way", WAYS)
def test_the_classes_are_those_that_predict_gives(way) -> None:
    model = model_that(way)
    images, masks = wide_pictures()
    fitted = fit_split(Split(images, np.zeros(len(images)), masks), PictureForm.of(model))
    ready = keras.ops.convert_to_numpy(model.preprocessor(images.astype(np.float32)))
    np.testing.assert_allclose(fitted.images, ready, atol=1e-6)
    evaluator = kv.Evaluator(
        model, fitted.images, fitted.masks, settings=Settings(("energy",)), preprocessed=True
    )
    expected = model.predict(ready, verbose=0)
    assert len(np.unique(expected.argmax(axis=1))) > 1
    assert evaluator.classes.tolist() == expected.argmax(axis=1).tolist()
    if way != "stretch":
        stretched = [kv.images.resize_image(image, SIDE) for image in images]
        others = model.predict(np.stack(stretched) / np.float32(127.5) - 1, verbose=0)
        assert np.abs(others - expected).max() > 0.05, "stretching would not be noticed"


@pytest.mark.parametrize("way", WAYS)
def test_masks_lie_where_the_model_sees_the_object(way) -> None:
    images, masks = wide_pictures(1)
    images[:] = masks[..., None] * np.uint8(255)
    model = model_that(way)
    evaluator = kv.Evaluator(model, images, masks, settings=Settings(("energy",)))
    seen = evaluator.images[0].mean(axis=-1) > 0
    assert (evaluator.masks[0] ^ seen).sum() <= 2
    fitted = fit_split(Split(images, [0], masks), PictureForm.of(model))
    np.testing.assert_array_equal(fitted.masks, evaluator.masks)


def test_masks_of_another_size_and_preprocessors_that_cannot_be_followed_are_refused() -> None:
    images, masks = wide_pictures(2)
    model = model_that("crop")
    with pytest.raises(
        InputError, match=r"masks of shape \(2, 16, 16\); expected masks of the pictures' size"
    ):
        kv.Evaluator(model, images, masks[:, :16, :16])
    straight = model.preprocessor
    model.preprocessor = lambda x: keras.ops.flip(straight(x), axis=2)
    with pytest.raises(InputError, match="masks cannot follow"):
        kv.Evaluator(model, images, masks)


def test_an_object_that_the_model_does_not_see_is_left_out() -> None:
    images, masks = wide_pictures(3)
    masks[1] = False
    masks[1, :, :8] = True
    form = PictureForm.of(model_that("crop"))
    fitted = fit_split(Split(images, [5, 6, 7], masks), form)
    assert (fitted.labels.tolist(), fitted.unseen, len(fitted.masks)) == ([5, 7], 1, 2)
    assert repr(fitted) == "FittedPictures(2 pictures, masks, 1 left out)"
    with pytest.raises(DatasetError, match="sees nothing of the object of any of 1 pictures"):
        fit_split(Split(images[1:2], [0], masks[1:2]), form)
    assert fit_split(Split(images, [5, 6, 7]), form).masks is None


@pytest.mark.parametrize(
    "box", [Box(0.0, 0.25, 1.0, 0.75), Box(-0.5, 0.0, 1.5, 1.0), Box(0.0, 0.0, 1.0, 1.0)]
)
def test_a_mask_put_back_is_the_mask(box) -> None:
    mask = np.zeros((32, 64), bool)
    mask[8:24, 20:44] = True
    back = box.placed(box.seen(mask, (64, 64)).astype(np.float32), mask.shape, fill=0.0)
    back = kv.images.resize_image(back, mask.shape)
    assert ((back > 0.5) ^ mask).mean() < 0.02


def test_the_command_explains_what_predict_says(tmp_path: Path, monkeypatch, capsys) -> None:
    """Before, pictures were stretched to the model's size first, and its preprocessor cropped nothing."""
    model = model_that("crop")
    images, masks = wide_pictures(6)
    for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
        write_png(tmp_path / "images" / f"{number}.png", image)
        write_png(tmp_path / "masks" / f"{number}.png", mask.astype(np.uint8) * 255)
    write_png(tmp_path / "masks" / "3.png", np.pad(np.full((24, 4), 255, np.uint8), ((0, 0), (0, 44))))
    monkeypatch.setattr("kerasviz.models.load_model", lambda *_, **__: model)
    classes = []
    score = kv.Evaluator.score

    def noting(self, method):
        classes.append(self.classes.tolist())
        return score(self, method)

    monkeypatch.setattr(kv.Evaluator, "score", noting)
    command = ["evaluate", "any.keras", "--data", str(tmp_path / "images"), "--measure", "energy"]
    assert main([*command, "--masks", str(tmp_path / "masks"), "--out", str(tmp_path / "out")]) == 0
    assert "left out 1: of their object the model sees nothing" in capsys.readouterr().out
    expected = model.predict(model.preprocessor(images.astype(np.float32)), verbose=0).argmax(axis=1)
    assert classes[0] == np.delete(expected, 3).tolist()

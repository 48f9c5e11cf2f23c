"""One picture without a batch axis is told from a batch, also where Keras would take it as something else."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl

from kerasviz.errors import ImageError
from kerasviz.probe import checked
from kerasviz.probe.specs import ensure_built


def taking(*shape: int | None) -> keras.Model:
    image = keras.Input(shape)
    return keras.Model(image, kl.Activation("linear")(image))


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ((12, 12, 3), (12, 12, 3)),
        ((28, 28, 1), (28, 28, 1)),
        ((28, 28, 1), (28, 28)),
        ((28, 28), (28, 28)),
        ((28, 28), (28, 28, 1)),
        ((None, None, 1), (28, 28, 1)),
        ((None, None, 1), (28, 28)),
        ((9, 8, 7, 1), (9, 8, 7, 1)),
        ((9, 8, 7, 1), (9, 8, 7)),
        ((40, 1), (40, 1)),
    ],
)
def test_one_picture_gets_the_sentence(expected: tuple, given: tuple) -> None:
    with pytest.raises(ImageError, match=r"Got pictures of shape .* add the batch axis, images\[None\]\."):
        checked(taking(*expected), np.ones(given, np.float32))


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ((28, 28, 1), (5, 28, 28)),
        ((28, 28), (5, 28, 28, 1)),
        ((28, 28, 1), (28, 28, 28)),
        ((28, 1, 1), (5, 28, 1)),
        ((None, None, 1), (5, 28, 28)),
        ((40, 1), (5, 40)),
    ],
)
def test_a_batch_may_lack_or_have_a_last_axis_of_one(expected: tuple, given: tuple) -> None:
    model, images = taking(*expected), np.random.default_rng(0).random(given, np.float32)
    assert checked(model, images) is images
    assert np.asarray(model(images)).ravel().tolist() == images.ravel().tolist()


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 3)])
def test_a_model_without_weights_says_it_too(shape: tuple) -> None:
    model = keras.Sequential([kl.Conv2D(2, 3), kl.GlobalAveragePooling2D()])
    with pytest.raises(
        ImageError, match=r"cannot be built for pictures of shape \(28, .* which images\[None\] adds"
    ):
        ensure_built(model, np.ones(shape, np.float32))
    assert not model.built


def test_another_size_needs_another_mending() -> None:
    with pytest.raises(ImageError, match=r"shape \(2, 27, 28\); the model expects \(N, 28, 28, 1\)\.$"):
        checked(taking(28, 28, 1), np.ones((2, 27, 28), np.float32))

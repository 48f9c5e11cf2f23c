"""A network that decides by a small mark in a corner: every method has to point there."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl
from maps_of import maps_of

from kerasviz.explanation import CAM, METHODS

SIZE, MARK = 24, 4
CORNERS = {0: (slice(0, MARK), slice(0, MARK)), 1: (slice(-MARK, None), slice(-MARK, None))}


def pictures(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise pictures; the class is the corner that holds a bright mark."""
    rng = np.random.default_rng(seed)
    images = rng.random((count, SIZE, SIZE, 1), np.float32) * 0.5
    labels = rng.integers(0, 2, count)
    for image, label in zip(images, labels, strict=True):
        # Stripes one way in one class and the other way in the other: pooling must not lose the class.
        stripes = np.indices((MARK, MARK))[label] % 2
        image[(*CORNERS[int(label)], 0)] = stripes * 2
    return images, labels


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((SIZE, SIZE, 1))])
    model.add(kl.Conv2D(8, 3, padding="same", activation="relu"))
    model.add(kl.MaxPooling2D())
    model.add(kl.Conv2D(16, 3, padding="same", activation="relu", name="last"))
    model.add(kl.GlobalAveragePooling2D())
    model.add(kl.Dense(2, activation="softmax"))
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = pictures(512, 0)
    model.fit(images, labels, batch_size=32, epochs=8, verbose=0)
    images, labels = pictures(100, 1)
    assert model.evaluate(images, labels, verbose=0)[1] > 0.97
    return model


@pytest.mark.parametrize("method", [method.name for method in METHODS if method.family == CAM])
def test_every_method_points_to_the_mark(network: keras.Model, method: str) -> None:
    images, labels = pictures(40, 2)
    maps = maps_of(network, images, method, target=list(labels))
    hits = 0
    for values, label in zip(maps, labels, strict=True):
        row, column = np.unravel_index(values.argmax(), values.shape)
        end = (0, 0) if label == 0 else (SIZE - 1, SIZE - 1)
        hits += abs(row - end[0]) < MARK + 2 and abs(column - end[1]) < MARK + 2
    # By chance: 36 of 576 places, 6 %.
    assert hits >= 36

"""What the tests of the methods share: a small residual network and its pictures."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """A residual network with batch normalisation and a softmax, on 12 x 10 RGB pictures."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((12, 10, 3))
    x = layers.Conv2D(6, 3, strides=2, padding="same", name="first")(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    y = layers.Conv2D(6, 3, padding="same", name="inner")(x)
    x = layers.ReLU(name="last")(layers.Add()([x, y]))
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(4, activation="softmax", name="head", bias_initializer="normal")(x)
    return keras.Model(inputs, outputs)


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(1).random((3, 12, 10, 3), dtype=np.float32)

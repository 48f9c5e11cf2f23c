"""Small models and data for the training room."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture
def small_model() -> Callable[..., keras.Model]:
    def make(seed: int = 0, learning_rate: float = 0.1) -> keras.Model:
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1"),
                layers.SeparableConv2D(5, 3, activation="relu", name="sep"),
                layers.GlobalAveragePooling2D(name="pool"),
                layers.Dense(2, activation="softmax", name="softmax"),
            ],
            name="small",
        )
        model.compile(
            keras.optimizers.SGD(learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        return model

    return make


@pytest.fixture
def pictures() -> tuple[np.ndarray, np.ndarray]:
    """Twelve random pictures and labels: six steps at batch size 2."""
    generator = np.random.default_rng(0)
    return generator.normal(size=(12, 8, 8, 3)).astype("float32"), np.arange(12) % 2

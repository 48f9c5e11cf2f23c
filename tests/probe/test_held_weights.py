"""However weights change, a frozen forward notices at its next look."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

from kerasviz.probe import frozen_forward

NUMBERS = np.array([[1, 2, 0]], np.int32)


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    numbers = keras.Input((3,), dtype="int32")
    words = kl.Embedding(4, 5, name="words")(numbers)
    features = kl.BatchNormalization(name="norm")(kl.Dense(6, name="dense")(words))
    model = keras.Model(numbers, kl.Dense(2, name="last")(kl.GlobalAveragePooling1D()(features)))
    model.compile(keras.optimizers.Adam(0.1), "mse")
    return model


def assign(model: keras.Model) -> None:
    model.get_layer("last").bias.assign([5.0, -5.0])


def add(model: keras.Model) -> None:
    model.get_layer("last").kernel.value.assign_add(np.ones((6, 2), np.float32))


def subtract_one_number(model: keras.Model) -> None:
    value = np.zeros((6, 2), np.float32)
    value[3, 1] = 2.0
    model.get_layer("last").kernel.value.assign_sub(value)


def scatter(model: keras.Model) -> None:
    table = model.get_layer("words").embeddings.value
    table.scatter_nd_add([[1], [2]], np.ones((2, 5), np.float32))


def train(model: keras.Model) -> None:
    model.train_on_batch(np.repeat(NUMBERS, 4, axis=0), np.ones((4, 2), np.float32))


def swap_rows(model: keras.Model) -> None:
    kernel = model.get_layer("last").kernel
    kernel.assign(np.asarray(kernel.value)[::-1])


def set_weights(model: keras.Model) -> None:
    model.set_weights([weights + 0.5 for weights in model.get_weights()])


@pytest.mark.parametrize("change", [assign, add, subtract_one_number, scatter, train, swap_rows, set_weights])
def test_every_way_of_changing_weights(change: Callable[[keras.Model], None]) -> None:
    model = network()
    forward = frozen_forward(model)
    found = forward(NUMBERS)
    for _ in range(3):
        before = found
        change(model)
        found = forward(NUMBERS)
        np.testing.assert_allclose(found, model.predict_on_batch(NUMBERS), atol=1e-5)
        if change is not assign:
            assert np.abs(found - before).max() > 1e-3


def test_the_same_numbers_in_another_place_are_no_change() -> None:
    traced = []

    class Noting(kl.Layer):
        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            traced.append(1)
            return inputs

    numbers = keras.Input((3,))
    dense = kl.Dense(2, kernel_initializer=keras.initializers.Constant(np.nan))
    model = keras.Model(numbers, dense(Noting()(numbers)))
    forward = frozen_forward(model)
    forward(np.ones((1, 3), np.float32))
    count = len(traced)
    dense.kernel.assign(np.array(dense.kernel.value))
    forward(np.ones((1, 3), np.float32))
    assert len(traced) == count


def test_a_model_without_weights() -> None:
    image = keras.Input((2, 2, 1))
    model = keras.Model(image, kl.GlobalAveragePooling2D()(image))
    assert frozen_forward(model)(np.ones((1, 2, 2, 1), np.float32)).tolist() == [[1.0]]

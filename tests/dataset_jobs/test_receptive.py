"""What a place of a feature map sees, against arithmetic: kernel sizes, strides and padding added up."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from kerasviz.dataset_jobs import Receptive, receptive_area
from kerasviz.errors import LayerNotFoundError, UnsupportedModelError


def pixels(part: np.ndarray, length: int) -> list[list[int]]:
    return (part * length).round(6).astype(int).tolist()


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((20, 26, 3))
    x = layers.Conv2D(4, 3, activation="relu", name="conv1")(inputs)  # 18 x 24, sees 3
    x = layers.MaxPooling2D(2, name="pool")(x)  # 9 x 12, sees 4, every 2
    side = layers.Conv2D(4, 3, padding="same", activation="relu", name="conv2")(x)  # sees 8
    x = layers.Add(name="sum")([x, side])
    scale = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Multiply(name="scaled")([x, scale])
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, layers.Dense(2, name="fc")(x))


def test_arithmetic_of_layers(network: keras.Model) -> None:
    first = receptive_area(network, "conv1")
    assert pixels(first.rows, 20) == [[at, at + 3] for at in range(18)]
    pool = receptive_area(network, "pool")
    assert pixels(pool.rows, 20) == [[2 * at, 2 * at + 4] for at in range(9)]
    assert pixels(pool.columns, 26) == [[2 * at, 2 * at + 4] for at in range(12)]
    # A neighbour on either side more, where there is one.
    expected = [[max(2 * at - 2, 0), min(2 * at + 6, 20)] for at in range(9)]
    assert pixels(receptive_area(network, "sum").rows, 20) == expected
    assert pool.area(12 + 3) == (2 / 20, 6 / 26, 6 / 20, 10 / 26)


def test_a_global_mean_sees_the_whole_picture(network: keras.Model) -> None:
    found = receptive_area(network, "scaled")
    assert (found.rows == [0, 1]).all()
    assert (found.columns == [0, 1]).all()
    assert found.rows.shape == (9, 2)


def test_many_rows_are_measured_at_some() -> None:
    model = keras.Sequential([keras.Input((90, 8, 1)), layers.Conv2D(2, (5, 3), padding="same", name="conv")])
    found = pixels(receptive_area(model, "conv").rows, 90)
    assert found[0] == [0, 3]
    assert found[-1] == [87, 90]
    assert len(found) == 90
    for at, (low, high) in enumerate(found):
        assert low <= max(at - 2, 0)
        assert min(at + 3, 90) <= high
        assert high - low <= 7


def test_a_dead_layer_may_depend_on_everything() -> None:
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Conv2D(2, 3, kernel_initializer="zeros", name="conv")]
    )
    assert (receptive_area(model, "conv").rows == [0, 1]).all()


def test_read_back(network: keras.Model) -> None:
    found = receptive_area(network, "pool")
    again = Receptive.of_json(found.to_json())
    np.testing.assert_array_equal(again.rows, found.rows)
    np.testing.assert_array_equal(again.columns, found.columns)


def test_what_has_no_places_is_refused(network: keras.Model) -> None:
    with pytest.raises(UnsupportedModelError, match="not maps"):
        receptive_area(network, "mean")
    with pytest.raises(LayerNotFoundError):
        receptive_area(network, "conv9")

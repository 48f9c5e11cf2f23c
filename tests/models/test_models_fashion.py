"""The two-conv network."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.models import class_names, fashion_cnn


def test_literal_number_of_parameters():
    model = fashion_cnn()
    assert model.count_params() == 42_706
    assert {layer.name: layer.count_params() for layer in model.layers if layer.weights} == {
        "conv1": 160,
        "conv2": 4_640,
        "fc": 37_656,
        "softmax": 250,
    }
    assert model.input_shape == (None, 28, 28, 1)


def test_it_scales_raw_pictures_itself():
    keras.utils.set_random_seed(0)
    model = fashion_cnn()
    x = np.full((1, 28, 28, 1), 255, np.uint8)
    assert float(keras.ops.max(model.layers[0](x))) == pytest.approx(1.0)
    np.testing.assert_allclose(keras.ops.sum(model(x)), 1, atol=1e-6)


def test_names_are_kept_and_counted():
    model = fashion_cnn(["shirt", "coat", "bag"])
    assert class_names(model) == ["shirt", "coat", "bag"]
    assert model.output_shape == (None, 3)
    with pytest.raises(InputError, match="two classes"):
        fashion_cnn(1)


def test_same_seed_same_weights():
    kernels = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        kernels.append(fashion_cnn().get_layer("conv2").get_weights()[0])
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])

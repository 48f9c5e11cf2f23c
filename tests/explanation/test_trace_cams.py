"""A trace gives CAMs: several methods from one run."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl

import kerasviz as kv
from kerasviz.errors import InputError

IMAGES = np.random.default_rng(0).random((3, 8, 8, 1), np.float32)


@pytest.fixture
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            kl.Conv2D(3, 3, activation="relu", name="first"),
            kl.Conv2D(4, 3, name="second"),
            kl.GlobalAveragePooling2D(),
            kl.Dense(3, activation="softmax"),
        ]
    )


@pytest.mark.parametrize("method", ["grad_cam", "layer_cam", "eigen_cam"])
def test_the_maps_of_explain(model: keras.Model, method: str) -> None:
    trace = kv.Probe(model, ["first", "second"]).trace(IMAGES, target=1)
    for layer in ("first", "second"):
        found = trace.cam(method, layer=layer)
        expected = kv.explain(model, IMAGES, method, layer=layer, target=1, raw=True)
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=1e-5)


def test_of_several_layers_one_is_named(model: keras.Model) -> None:
    trace = kv.Probe(model, ["first", "second"]).trace(IMAGES)
    with pytest.raises(InputError, match=r"say which, layer="):
        trace.cam()
    with pytest.raises(InputError, match=r"no layer 'frist'\. Did you mean first"):
        trace.cam(layer="frist")
    assert trace.model is model
    np.testing.assert_array_equal(trace.images, IMAGES)

"""Explanations of networks whose last map is made by an operator, not by a layer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

from kerasviz.explanation import METHODS, explain

PICTURES = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)


def network(by_operators: bool) -> keras.Model:
    """A residual network whose last map a ReLU makes of two branches."""
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 3))
    x = kl.Conv2D(4, 3, padding="same", activation="relu", name="stem")(image)
    y = kl.BatchNormalization()(kl.Conv2D(4, 3, padding="same", name="branch")(x))
    last = keras.ops.relu(x + y) if by_operators else kl.ReLU()(kl.add([x, y]))
    pooled = kl.GlobalAveragePooling2D()(last)
    return keras.Model(image, kl.Dense(3, bias_initializer="normal")(pooled))


@pytest.mark.parametrize("method", [method.name for method in METHODS if method.takes_layer])
def test_an_operator_gives_the_map_that_a_layer_gives(method: str) -> None:
    options = {"progress": False} if method.endswith(("score_cam", "ablation_cam", "occlusion")) else {}
    if method == "occlusion":
        options["of"] = "activations"
    found = [explain(network(bare), PICTURES, method, **options) for bare in (False, True)]
    assert found[0].layer != found[1].layer
    assert found[0].maps.any()
    np.testing.assert_array_equal(found[0].maps, found[1].maps)


def test_grad_cam_at_an_operation_equals_a_tape_of_ones_own() -> None:
    model = network(by_operators=True)
    operation = next(one for one in model.operations if one.name.startswith("relu"))
    both = keras.Model(model.input, [operation.output, model.output])
    with tf.GradientTape() as tape:
        activations, outputs = both(PICTURES)
        scores = tf.reduce_max(outputs, axis=1)
    weights = tf.reduce_mean(tape.gradient(scores, activations), axis=(1, 2), keepdims=True)
    expected = tf.nn.relu(tf.reduce_sum(weights * activations, axis=-1))
    found = explain(model, PICTURES, layer=operation.name, raw=True)
    assert found.layer == operation.name
    assert expected.numpy().any()
    np.testing.assert_allclose(found.maps, expected, atol=1e-6)

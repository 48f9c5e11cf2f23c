"""Grad-CAM on large networks agrees with a reference written without kerasviz."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl
from maps_of import maps_of

from kerasviz.probe import class_score

IMAGES = np.random.default_rng(0).random((2, 64, 64, 3), np.float32)


def densenet() -> keras.Model:
    return keras.applications.DenseNet169(weights=None, classes=7, input_shape=(64, 64, 3))


def resnet() -> keras.Model:
    return keras.applications.ResNet50(weights=None, classes=7, input_shape=(64, 64, 3))


def reference(model: keras.Model, layer: str, label: int) -> np.ndarray:
    """Grad-CAM from a sub-model of two outputs and a tape that records the whole graph."""
    model.layers[-1].activation = None
    both = keras.Model(model.input, [model.get_layer(layer).output, model.output])
    with tf.GradientTape() as tape:
        activations, logits = both(tf.constant(IMAGES), training=False)
        score = logits[:, label]
    gradients = tape.gradient(score, activations).numpy()
    weights = gradients.mean(axis=(1, 2))
    return np.einsum("nhwc,nc->nhw", activations.numpy(), weights)


@pytest.mark.parametrize(
    ("build", "layer"), [(densenet, "pool4_conv"), (resnet, "conv4_block6_out")], ids=["densenet", "resnet"]
)
def test_agrees_with_a_full_tape(build, layer: str) -> None:
    keras.utils.set_random_seed(0)
    model = build()
    found = maps_of(model, IMAGES, layer=layer, target=3, raw=True, relu=False)
    expected = reference(model, layer, 3)
    largest = np.abs(expected).max()
    assert largest > 0
    np.testing.assert_allclose(found / largest, expected / largest, atol=1e-5)


def test_a_nested_mixed_network_of_two_outputs() -> None:
    keras.utils.set_random_seed(0)
    base_image, image = keras.Input((16, 16, 3)), keras.Input((16, 16, 3))
    conv = kl.Conv2D(4, 3, strides=2, activation="relu", name="conv", dtype="mixed_bfloat16")
    base = keras.Model(base_image, conv(base_image), name="base")
    flat = kl.Flatten(dtype="mixed_bfloat16")(base(image))
    heads = [kl.Dense(3, name=name, activation="softmax", dtype="float32")(flat) for name in ("one", "two")]
    model = keras.Model(image, heads)
    images = IMAGES[:, :16, :16]
    found = maps_of(model, images, layer="base/conv", target=class_score(1, output="two"), raw=True)
    activations = np.asarray(keras.ops.cast(conv(images), "float32"))
    # The head is linear: each gradient is one weight of the dense layer, rounded by the cast to bfloat16.
    kernel = tf.cast(tf.cast(model.get_layer("two").kernel.value, tf.bfloat16), tf.float32).numpy()
    weights = kernel[:, 1].reshape(7, 7, 4).mean(axis=(0, 1))
    expected = np.maximum(activations @ weights, 0)
    np.testing.assert_allclose(found, expected, atol=1e-5)

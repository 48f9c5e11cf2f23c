"""Guided backpropagation against a network worked out by hand, nested and flat, and after errors."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl
from maps_of import maps_of

from kerasviz.errors import LayerNotFoundError, UnsupportedModelError
from kerasviz.explanation import resize


def two_layers(activation=None, nested: bool = False) -> keras.Model:
    """Two dense layers with ReLUs and a score, over pictures of one row of two pixels.

    First layer: z1 = x1 + x2, z2 = x1 - x2. Second: u1 = z1+ - z2+, u2 = -z1+ + 3 z2+.
    Score: S = 2 u1+ - 1 u2+ for class 1.
    """
    image = keras.Input((1, 2, 1))
    inner = keras.Input((1, 2, 1)) if nested else image
    act = activation or "relu"
    values = kl.Flatten()(inner)
    values = kl.Dense(2, activation=act, use_bias=False, name="first")(values)
    values = kl.Dense(2, activation=act, use_bias=False, name="second")(values)
    if nested:
        base = keras.Model(inner, values, name="base")
        values = base(image)
    model = keras.Model(image, kl.Dense(1, use_bias=False, name="score")(values))
    kernels = [[[1, 1], [1, -1]], [[1, -1], [-1, 3]], [[2], [-1]]]
    model.set_weights([np.array(kernel, np.float32) for kernel in kernels])
    return model


IMAGE = np.array([[[[3.0], [1.0]]]], np.float32)
# z = (4, 2), u = (2, 2): every ReLU is open. From above: R_u = (2, -1), and only (2, 0) passes.
# R_z = 2 * (1, -1) = (2, -2), and only (2, 0) passes. R_x = 2 * (1, 1).
GUIDED = [2.0, 2.0]
# The plain gradient: (2, -1) at u gives (2 + 1, -2 - 3) = (3, -5) at z, (3 - 5, 3 + 5) at x.
PLAIN = [-2.0, 8.0]


def found(model: keras.Model, method: str, image: np.ndarray = IMAGE) -> list[float]:
    return maps_of(model, image, method, target=1, channels="sum")[0, 0].tolist()


@pytest.mark.parametrize("nested", [False, True])
def test_by_hand(nested: bool) -> None:
    model = two_layers(nested=nested)
    assert found(model, "guided_backpropagation") == GUIDED
    assert found(model, "saliency") == PLAIN
    assert found(model, "guided_backpropagation") == GUIDED
    # x = (1, 3): z = (4, 0), the second unit is closed; u = (4, 0), R_u = (2, 0), R_z = (2, 0).
    assert found(model, "guided_backpropagation", IMAGE[:, :, ::-1]) == [2.0, 2.0]
    # x = (-3, -1): z = (-4, -2), all closed.
    assert found(model, "guided_backpropagation", -IMAGE) == [0.0, 0.0]


class OwnRelu(kl.Layer):
    def call(self, values):
        return keras.ops.relu(values)


@pytest.mark.parametrize(
    "activation", [keras.activations.relu, keras.ops.relu, tf.nn.relu, kl.ReLU(), kl.ReLU(6.0), OwnRelu()]
)
def test_every_kind_of_relu_is_reached(activation) -> None:
    model = two_layers(activation)
    assert found(model, "guided_backpropagation") == GUIDED
    assert [layer.activation for layer in model.layers if layer.name in ("first", "second")] == [
        activation
    ] * 2


def test_relu6_is_closed_above_6() -> None:
    model = two_layers(kl.ReLU(6.0))
    # x = (5, 2): z = (7, 3), the first is cut to 6; u = (3, 3), R_z = (2, -2): nothing passes.
    image = np.array([[[[5.0], [2.0]]]], np.float32)
    assert found(model, "guided_backpropagation", image) == [0.0, 0.0]


def test_a_deeply_nested_network_equals_its_flat_twin() -> None:
    keras.utils.set_random_seed(3)
    layers = [kl.Conv2D(4, 3, activation="relu", name=f"conv{at}") for at in range(3)]
    head = [kl.GlobalAveragePooling2D(), kl.Dense(3, activation="softmax")]
    flat = keras.Sequential([keras.Input((10, 10, 3)), *layers, *head])
    inner = keras.Sequential([keras.Input((8, 8, 4)), *layers[1:]], name="inner")
    outer = keras.Sequential([keras.Input((10, 10, 3)), layers[0], inner], name="outer")
    nested = keras.Sequential([keras.Input((10, 10, 3)), outer, *head])
    images = np.random.default_rng(0).random((2, 10, 10, 3), np.float32)
    for method in ("guided_backpropagation", "guided_grad_cam"):
        maps = maps_of(flat, images, method, target=1)
        assert maps.max() > 0
        np.testing.assert_allclose(maps_of(nested, images, method, target=1), maps, rtol=1e-5, atol=1e-8)
        assert np.abs(maps - maps_of(flat, images, "saliency", target=1)).max() > 1e-4


def test_guided_grad_cam_is_the_product() -> None:
    keras.utils.set_random_seed(4)
    model = keras.Sequential([keras.Input((9, 9, 2)), kl.Conv2D(4, 3, activation="relu", name="one")])
    model.add(kl.Conv2D(4, 3, activation="relu", name="two"))
    model.add(kl.GlobalAveragePooling2D())
    model.add(kl.Dense(2, activation="softmax", kernel_initializer=keras.initializers.RandomUniform(0.1, 1)))
    images = np.random.default_rng(0).random((2, 9, 9, 2), np.float32)
    signal = maps_of(model, images, "guided_backpropagation", target=0, channels="all")
    for layer in ("one", None):
        coarse = maps_of(model, images, "grad_cam", layer=layer, target=0, raw=True)
        wanted = resize(coarse, (9, 9))[..., None] * signal
        maps = maps_of(model, images, "guided_grad_cam", layer=layer, target=0, channels="all")
        np.testing.assert_allclose(maps, wanted, rtol=1e-4, atol=1e-8)
    one = maps_of(model, images, "guided_grad_cam", layer="one", target=0)
    assert np.abs(one - maps_of(model, images, "guided_grad_cam", target=0)).max() > 1e-6


class Hidden(kl.Layer):
    @tf.function
    def call(self, values):
        return tf.nn.relu(values)


def test_networks_that_it_cannot_guide_are_refused_and_left_as_they_were() -> None:
    smooth = two_layers("gelu")
    with pytest.raises(UnsupportedModelError, match="has no ReLU"):
        maps_of(smooth, IMAGE, "guided_backpropagation", target=1)
    with pytest.raises(UnsupportedModelError, match="compiled on its own"):
        maps_of(two_layers(Hidden()), IMAGE, "guided_backpropagation", target=1)
    model = two_layers()
    before = {layer.name: dict(vars(layer)) for layer in model.layers}

    def broken(outputs):
        raise RuntimeError("broken target")

    with pytest.raises(RuntimeError, match="broken target"):
        maps_of(model, IMAGE, "guided_backpropagation", target=broken)
    with pytest.raises(LayerNotFoundError):
        maps_of(model, IMAGE, "guided_grad_cam", layer="nowhere")
    assert {layer.name: dict(vars(layer)) for layer in model.layers} == before
    assert found(model, "saliency") == PLAIN
    with tf.GradientTape() as tape:
        image = tf.constant(IMAGE)
        tape.watch(image)
        score = model(image)
    assert tape.gradient(score, image).numpy().ravel().tolist() == PLAIN

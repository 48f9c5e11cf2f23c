"""CAM is defined for global average pooling and one linear layer, and says so elsewhere."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl

from kerasviz.errors import UnsupportedModelError
from kerasviz.explanation import Probe, explain
from kerasviz.probe import class_score

PICTURES = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)


def network(*head: kl.Layer, size: int = 8, **last) -> keras.Model:
    keras.utils.set_random_seed(1)
    image = keras.Input((size, size, 3))
    x = kl.Conv2D(4, 3, padding="same", name="maps")(image)
    x = kl.Conv2D(4, 2, **last)(x) if last else x
    for layer in (*head, kl.Dense(3, bias_initializer="normal", name="head")):
        x = layer(x)
    return keras.Model(image, x)


def one_by_one() -> list[kl.Layer]:
    """A head as that of MobileNet, a convolution of one pixel."""
    return [kl.GlobalAveragePooling2D(keepdims=True), kl.Dropout(0.5), kl.Conv2D(5, 1), kl.Flatten()]


@pytest.mark.parametrize(
    "head",
    [
        [kl.GlobalAveragePooling2D()],
        [kl.GlobalAveragePooling2D(), kl.BatchNormalization(), kl.Dense(6)],
        one_by_one(),
    ],
    ids=["one dense layer", "two, and nothing between", "a convolution of one pixel"],
)
def test_heads_that_are_one_linear_layer_give_its_weights(head: list[kl.Layer]) -> None:
    model = network(*head)
    maps = Probe(model, "maps").activations(PICTURES)["maps"]
    upper = keras.Input(maps.shape[1:])
    x = upper
    for layer in model.layers[2:]:
        x = layer(x)
    after = keras.Model(upper, x)
    # The head's answer to one channel that is 1 everywhere, less its bias: that channel's weights.
    ones = np.concatenate([np.zeros((1, 4)), np.eye(4)])[:, None, None] * np.ones((8, 8, 1))
    said = after.predict(ones, verbose=0)
    weights = said[1:] - said[0]
    found = explain(model, PICTURES, "cam", target=2, relu=False, raw=True)
    np.testing.assert_allclose(found.maps, maps @ weights[:, 2], atol=1e-5)


@pytest.mark.parametrize(
    "head",
    [
        [kl.GlobalAveragePooling2D(), kl.Dense(6, "relu")],
        [kl.GlobalAveragePooling2D(), kl.LayerNormalization()],
        [kl.GlobalAveragePooling2D(), kl.Dense(6, "tanh"), kl.Dense(6)],
    ],
)
def test_more_of_the_means_than_a_linear_layer_is_refused(head: list[kl.Layer]) -> None:
    sentence = (
        r"between layer maps and the score\. This network averages the maps, and computes more of the means "
        "than a linear layer does, so that no channel has one weight: use grad_cam"
    )
    with pytest.raises(UnsupportedModelError, match=sentence):
        explain(network(*head), PICTURES, "cam")
    with pytest.raises(UnsupportedModelError, match=sentence):
        Probe(network(*head), "maps").trace(PICTURES).cam("cam")


def test_a_probability_is_not_linear_in_the_means() -> None:
    model = network(kl.GlobalAveragePooling2D(), kl.Dense(3, "softmax"))
    model = keras.Model(model.input, model.layers[-2].output)
    assert explain(model, PICTURES, "cam", target=1).layer == "maps"
    with pytest.raises(UnsupportedModelError, match="computes more of the means"):
        explain(model, PICTURES, "cam", target=class_score(1, probability=True))


def test_maps_of_one_pixel_are_why_a_network_of_the_right_kind_is_refused() -> None:
    model = network(kl.GlobalAveragePooling2D(), size=2, name="last")
    with pytest.raises(
        UnsupportedModelError, match="For pictures of this size the feature maps from layer last on"
    ):
        explain(model, PICTURES[:, :2, :2], "cam")
    with pytest.raises(UnsupportedModelError, match="goes on otherwise from there: use grad_cam"):
        explain(model, PICTURES[:, :2, :2], "cam", layer="maps")

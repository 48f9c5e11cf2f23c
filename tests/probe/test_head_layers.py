"""The layer that describes a picture to the classifier, and the layer that classifies."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from kerasviz.errors import UnsupportedModelError
from kerasviz.models import fashion_cnn
from kerasviz.probe import feature_layer, output_layer


def sequential(*stack) -> keras.Model:
    return keras.Sequential([keras.Input((8, 8, 3)), *stack])


def conv(name: str = "conv") -> layers.Layer:
    return layers.Conv2D(4, 3, name=name)


@pytest.mark.parametrize(
    ("model", "features", "output"),
    [
        (fashion_cnn, "fc", "softmax"),
        # The classifier's softmax apart; dropout passes everything.
        (
            lambda: sequential(
                conv(),
                layers.Flatten(),
                layers.Dense(5, name="fc"),
                layers.Dropout(0.5),
                layers.Dense(2, name="logits"),
                layers.Softmax(name="softmax"),
            ),
            "fc",
            "softmax",
        ),
        # No dense layer before the classifier: what it reads, dropout left out.
        (
            lambda: sequential(
                conv(),
                layers.GlobalAveragePooling2D(name="pool"),
                layers.Dropout(0.2),
                layers.Dense(2, name="classes"),
            ),
            "pool",
            "classes",
        ),
        # A convolution that classifies: what it reads.
        (
            lambda: sequential(conv("features"), conv("classes"), layers.GlobalAveragePooling2D(name="mean")),
            "features",
            "mean",
        ),
    ],
    ids=["fashion", "softmax apart", "pooling", "convolutional"],
)
def test_which_layer(model, features: str, output: str) -> None:
    built = model()
    assert feature_layer(built) == features
    assert output_layer(built) == output


def test_a_dense_gate_between_convolutions_is_not_it() -> None:
    inputs = keras.Input((8, 8, 3))
    x = conv()(inputs)
    gate = layers.Dense(4, activation="sigmoid", name="gate")(layers.GlobalAveragePooling2D()(x))
    x = layers.Multiply(name="gated")([x, layers.Reshape((1, 1, 4))(gate)])
    x = layers.GlobalMaxPooling2D(name="pool")(x)
    model = keras.Model(inputs, layers.Dense(2, name="classes")(x))
    assert feature_layer(model) == "pool"


def test_two_outputs_share_their_features() -> None:
    inputs = keras.Input((8, 8, 3))
    x = layers.Dense(5, name="fc")(layers.Flatten()(inputs))
    model = keras.Model(inputs, [layers.Dense(2, name="kind")(x), layers.Dense(3, name="age")(x)])
    assert feature_layer(model) == "fc"
    assert output_layer(model) is None


def test_inside_a_nested_model() -> None:
    base = keras.Sequential([keras.Input((8, 8, 3)), conv(), layers.Flatten()], name="base")
    base.add(layers.Dense(5, name="fc"))
    model = keras.Sequential([keras.Input((8, 8, 3)), base, layers.Dense(2, name="classes")])
    assert feature_layer(model) == "base/fc"


def test_none_before_the_classifier() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="linear")
    with pytest.raises(UnsupportedModelError, match="'linear' has no layer before its classifier"):
        feature_layer(model)
    with pytest.raises(UnsupportedModelError, match="run it once, or name the layer"):
        feature_layer(keras.Sequential([layers.Dense(2)]))

"""Small models of every kind, each with a layer to cut at."""

from __future__ import annotations

import keras
import pytest
from keras import layers


def head(features: keras.KerasTensor, classes: int = 3, activation: str = "softmax") -> keras.KerasTensor:
    pooled = layers.GlobalAveragePooling2D(name="pool")(features)
    return layers.Dense(classes, activation=activation, name="predictions")(pooled)


def functional() -> keras.Model:
    image = keras.Input((12, 12, 3))
    first = layers.Conv2D(4, 3, activation="relu", name="conv1")(image)
    second = layers.Conv2D(5, 3, activation="relu", name="conv2")(first)
    return keras.Model(image, head(second), name="plain")


def nested() -> keras.Model:
    inner_image = keras.Input((10, 10, 4))
    inner = keras.Model(inner_image, layers.Conv2D(5, 3, name="conv2")(inner_image), name="inner")
    base_image = keras.Input((12, 12, 3))
    base = keras.Model(base_image, inner(layers.Conv2D(4, 3, name="conv1")(base_image)), name="base")
    image = keras.Input((12, 12, 3))
    return keras.Model(image, head(base(image * 2.0)))


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = layers.Conv2D(4, 3, activation="relu", name="conv1")
        self.conv2 = layers.Conv2D(5, 3, name="conv2")
        self.predictions = layers.Dense(3, activation="softmax", name="predictions")

    def call(self, images: keras.KerasTensor) -> keras.KerasTensor:
        features = self.conv2(self.conv1(images))
        return self.predictions(keras.ops.mean(features, axis=(1, 2)))


def multi_output() -> keras.Model:
    image = keras.Input((12, 12, 3))
    features = layers.Conv2D(5, 3, activation="relu", name="conv2")(layers.Conv2D(4, 3, name="conv1")(image))
    pooled = layers.GlobalAveragePooling2D()(features)
    age = layers.Dense(1, name="age")(layers.GlobalAveragePooling2D()(image))
    return keras.Model(
        image, {"kind": layers.Dense(3, activation="softmax", name="kind")(pooled), "age": age}
    )


def multi_input() -> keras.Model:
    image = keras.Input((12, 12, 3), name="image")
    extra = keras.Input((2,), name="extra")
    features = layers.Conv2D(5, 3, activation="relu", name="conv2")(image)
    joined = layers.Concatenate()([layers.GlobalAveragePooling2D()(features), extra])
    return keras.Model([image, extra], layers.Dense(3, activation="softmax")(joined))


def sequential(built: bool) -> keras.Model:
    model = keras.Sequential([keras.Input((12, 12, 3))] if built else [])
    for layer in (
        layers.Conv2D(4, 3, activation="relu", name="conv1"),
        layers.Conv2D(5, 3, name="conv2"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
        layers.Softmax(),
    ):
        model.add(layer)
    return model


KINDS = {
    "functional": functional,
    "sequential": lambda: sequential(True),
    "unbuilt": lambda: sequential(False),
    "nested": nested,
    "subclassed": Subclassed,
    "multi_output": multi_output,
}


@pytest.fixture(params=list(KINDS))
def model(request: pytest.FixtureRequest) -> keras.Model:
    keras.utils.set_random_seed(3)
    return KINDS[request.param]()


@pytest.fixture
def build():
    """Return the builders of models by name."""
    return {**KINDS, "multi_input": multi_input}

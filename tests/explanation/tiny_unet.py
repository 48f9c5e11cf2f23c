"""A U-Net whose every number can be worked out by hand, and one with random weights."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as kl

# A bright block with one dark pixel at the upper left, a darker block at the lower right.
PICTURE = np.array([[4, 4, 0, 0], [4, 0, 0, 0], [0, 0, 2, 2], [0, 0, 2, 2]], np.float32)[None, ..., None]


def by_hand(activation: str | None = "softmax") -> keras.Model:
    """Logits of a pixel a in a block of mean m: class 0 has 1, class 1 a + m, class 2 has 2 m - 1.

    On `PICTURE` class 1 is predicted at 7 pixels, with 7 at three of them and 4 at four; class 2 at the dark
    pixel, with 5; class 0 at the others.
    """
    image = keras.Input((4, 4, 1))
    down = kl.AveragePooling2D(2, name="down")(image)
    up = kl.UpSampling2D(2, name="up")(down)
    both = kl.Concatenate(name="both")([image, up])
    model = keras.Model(image, kl.Conv2D(3, 1, activation=activation, name="classes")(both))
    kernel = np.array([[0, 1, 0], [0, 1, 2]], np.float32)[None, None]
    model.get_layer("classes").set_weights([kernel, np.array([1, 0, -1], np.float32)])
    return model


def random(channels: int, activation: str, axes: int = 2) -> keras.Model:
    keras.utils.set_random_seed(8)
    conv, pool = getattr(kl, f"Conv{axes}D"), getattr(kl, f"MaxPooling{axes}D")
    image = keras.Input((*[8] * axes, 2))
    first = conv(4, 3, padding="same", activation="relu", name="first")(image)
    low = conv(6, 3, padding="same", activation="relu", name="low")(pool(2)(first))
    both = kl.Concatenate()([first, getattr(kl, f"UpSampling{axes}D")(2)(low)])
    last = conv(5, 3, padding="same", activation="relu", name="last")(both)
    return keras.Model(image, conv(channels, 1, activation=activation, name="classes")(last))

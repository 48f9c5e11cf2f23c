"""The convolutional networks of the contract: two convolutions and a head, in the shapes people give them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers as kl
from model_kind import Case

HEIGHT, WIDTH = 12, 10


def noise(*shape: int, low: float = 0, high: float = 1) -> np.ndarray:
    """Return two pictures."""
    return np.random.default_rng(1).uniform(low, high, (2, *shape)).astype(np.float32)


def convolved(x: Any, axes: int = 2, **settings: Any) -> Any:
    """Return what two convolutions make of a picture."""
    conv = getattr(kl, f"Conv{axes}D")
    x = conv(4, 3, activation="relu", padding="same", **settings)(x)
    return conv(5, 3, activation="relu", strides=2, padding="same", **settings)(x)


def headed(x: Any, units: int = 3, activation: str | None = "softmax", **settings: Any) -> Any:
    """Return a dense layer on top, with a bias that is not 0."""
    return kl.Dense(units, activation, bias_initializer="normal", **settings)(x)


def network(
    units: int = 3,
    activation: str | None = "softmax",
    pool: type[kl.Layer] = kl.GlobalAveragePooling2D,
    **case: Any,
) -> Case:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    model = keras.Model(inputs, headed(pool()(convolved(inputs)), units, activation))
    return Case(model, noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH), activation or "linear", **case)


def nested() -> Case:
    keras.utils.set_random_seed(3)
    inputs, picture = keras.Input((HEIGHT, WIDTH, 3)), keras.Input((HEIGHT, WIDTH, 3))
    base = keras.Model(inputs, convolved(inputs), name="base")
    model = keras.Model(picture, headed(kl.GlobalAveragePooling2D()(base(picture))))
    return Case(model, noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))


def sequential() -> Case:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((HEIGHT, WIDTH, 1)),
            kl.Conv2D(4, 3, activation="relu"),
            kl.MaxPooling2D(),
            kl.Conv2D(8, 3, activation="relu"),
            kl.GlobalAveragePooling2D(),
            kl.Dropout(0.5),
            kl.Dense(5, "softmax"),
        ]
    )
    return Case(model, noise(HEIGHT, WIDTH, 1), (HEIGHT, WIDTH))


class Own(keras.Model):
    """A subclassed model, its layers held as attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.first = kl.Conv2D(4, 3, activation="relu")
        self.second = kl.Conv2D(5, 3, activation="relu")
        self.pool = kl.GlobalAveragePooling2D()
        self.head = kl.Dense(3, "softmax")

    def call(self, images):
        return self.head(self.pool(self.second(self.first(images))))


def subclassed() -> Case:
    keras.utils.set_random_seed(3)
    return Case(Own(), noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))


def several_inputs() -> Case:
    keras.utils.set_random_seed(3)
    picture, facts = keras.Input((HEIGHT, WIDTH, 3), name="picture"), keras.Input((4,), name="facts")
    pooled = kl.GlobalAveragePooling2D()(convolved(picture))
    model = keras.Model([picture, facts], headed(kl.Concatenate()([pooled, kl.Dense(3)(facts)])))
    return Case(model, [noise(HEIGHT, WIDTH, 3), noise(4)], (HEIGHT, WIDTH))


def several_outputs(**case: Any) -> Case:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    pooled = kl.GlobalAveragePooling2D()(convolved(inputs))
    outputs = [headed(pooled, 3, name="breed"), headed(pooled, 1, "sigmoid", name="ill")]
    return Case(keras.Model(inputs, outputs), noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH), **case)


def of_axes(axes: int) -> Case:
    keras.utils.set_random_seed(3)
    size = (12, 10, 6)[:axes] if axes > 1 else (20,)
    inputs = keras.Input((*size, 2))
    pooled = getattr(kl, f"GlobalAveragePooling{axes}D")()(convolved(inputs, axes))
    return Case(keras.Model(inputs, headed(pooled)), noise(*size, 2), size)


def shared() -> Case:
    keras.utils.set_random_seed(3)
    inputs, again = keras.Input((HEIGHT, WIDTH, 3)), kl.Conv2D(4, 3, activation="relu", padding="same")
    x = again(again(kl.Conv2D(4, 3, activation="relu")(inputs)))
    model = keras.Model(inputs, headed(kl.GlobalAveragePooling2D()(x)))
    return Case(model, noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))


def residual() -> Case:
    """Two branches, added by an operator."""
    # Not that of the others, with which all evidence is against the classes.
    keras.utils.set_random_seed(4)
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    x = convolved(inputs)
    y = kl.Conv2D(x.shape[-1], 3, padding="same")(x)
    model = keras.Model(inputs, headed(kl.GlobalAveragePooling2D()(keras.ops.relu(x + y))))
    return Case(model, noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))


def half(policy: str) -> Case:
    """A network in half precision; with a mixed policy its head is in float32, as Keras advises."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    pooled = kl.GlobalAveragePooling2D(dtype=policy)(convolved(inputs, dtype=policy))
    outputs = headed(pooled, dtype="float32" if policy.startswith("mixed") else policy)
    return Case(keras.Model(inputs, outputs), noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH), tolerance=0.02)


def channels_first() -> Case:
    """Convolutions and a mean: of channels-first pooling by windows TensorFlow has none on the CPU."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((3, HEIGHT, WIDTH))
    pooled = kl.GlobalAveragePooling2D("channels_first")(convolved(inputs, data_format="channels_first"))
    return Case(keras.Model(inputs, headed(pooled)), noise(3, HEIGHT, WIDTH), (HEIGHT, WIDTH))


def of_range(low: float, high: float, **case: Any) -> Case:
    """A network that takes `low` for black and `high` for white, and does not say so."""
    pixels = np.random.default_rng(1).integers(0, 256, (2, HEIGHT, WIDTH, 3), np.uint8)
    images = low + (high - low) * pixels.astype(np.float32) / 255
    model = network().model
    return Case(model, images, (HEIGHT, WIDTH), pixels=pixels, asked={"input_range": (low, high)}, **case)


def rescaling() -> Case:
    """A network that takes 0..255 and scales it at its front."""
    keras.utils.set_random_seed(3)
    pixels = np.random.default_rng(1).integers(0, 256, (2, HEIGHT, WIDTH, 3), np.uint8)
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    pooled = kl.GlobalAveragePooling2D()(convolved(kl.Rescaling(1 / 127.5, -1)(inputs)))
    return Case(keras.Model(inputs, headed(pooled)), pixels, (HEIGHT, WIDTH), pixels=pixels)


def softmax_layer() -> Case:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    logits = headed(kl.GlobalAveragePooling2D()(convolved(inputs)), activation=None)
    model = keras.Model(inputs, kl.Softmax()(logits))
    return Case(model, noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))


class Preprocessor:
    """Makes raw pictures of any size what a network takes, as those of `keras_hub` do."""

    def __init__(self) -> None:
        self.resize = kl.Resizing(HEIGHT, WIDTH)

    def __call__(self, pictures: Any) -> Any:
        return self.resize(pictures) / 127.5 - 1


def carrying() -> Case:
    """A network that carries a preprocessor, which keras_hub's `predict` applies and Keras's does not."""
    model = network().model
    model.preprocessor = Preprocessor()
    raw = np.random.default_rng(1).integers(0, 256, (2, 30, 26, 3), np.uint8)

    def fed(pictures: np.ndarray) -> np.ndarray:
        return np.asarray(model.preprocessor(pictures.astype(np.float32)))

    return Case(model, raw, (HEIGHT, WIDTH), fed=fed)

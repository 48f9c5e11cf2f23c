"""A small vision transformer, as those of Keras's examples and of keras_hub are built."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops


class Patches(layers.Layer):
    """Patches cut out of a picture, as in Keras's example `image_classification_with_vision_transformer`."""

    def __init__(self, patch_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, images: Any) -> Any:
        shape, side = ops.shape(images), self.patch_size
        patches = ops.image.extract_patches(images, size=side)
        count = (images.shape[1] // side) * (images.shape[2] // side)
        return ops.reshape(patches, (shape[0], count, side * side * images.shape[3]))


class ExtraTokens(layers.Layer):
    """Class, distillation and register tokens before the others."""

    def __init__(self, count: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count = count

    def build(self, shape: Any) -> None:
        self.tokens = self.add_weight(shape=(1, self.count, shape[-1]), initializer="normal", name="tokens")

    def call(self, tokens: Any) -> Any:
        batch = ops.shape(tokens)[0]
        own = ops.broadcast_to(self.tokens, (batch, self.count, self.tokens.shape[-1]))
        return ops.concatenate([own, tokens], axis=1)


def vision_transformer(
    size: tuple[int, int] = (32, 32),
    patch: int = 8,
    extra: int = 1,
    pooled: bool = False,
    blocks: int = 2,
    convolved: bool = True,
    seed: int = 0,
    **attention: Any,
) -> keras.Model:
    """Return one of three classes; layers of block 0 are `norm0`, `attention0`, `mixed0`, `block0`."""
    keras.utils.set_random_seed(seed)
    dim = 8
    image = keras.Input((*size, 3))
    if convolved:
        tokens = layers.Reshape((-1, dim), name="flat")(
            layers.Conv2D(dim, patch, patch, name="patches")(image)
        )
    else:
        tokens = layers.Dense(dim, name="projection")(Patches(patch, name="patches")(image))
    if extra:
        tokens = ExtraTokens(extra, name="extra")(tokens)
    for number in range(blocks):
        normed = layers.LayerNormalization(name=f"norm{number}")(tokens)
        seen = layers.MultiHeadAttention(2, 4, name=f"attention{number}", **attention)(normed, normed)
        tokens = layers.Add(name=f"mixed{number}")([tokens, seen])
        tokens = layers.Add(name=f"block{number}")([tokens, layers.Dense(dim, "gelu")(tokens)])
    tokens = layers.LayerNormalization(name="last")(tokens)
    read = layers.GlobalAveragePooling1D()(tokens) if pooled or not extra else tokens[:, 0]
    return keras.Model(image, layers.Dense(3, activation="softmax", name="classes")(read), name="vit")


def images(count: int = 3, size: tuple[int, int] = (32, 32)) -> np.ndarray:
    return np.random.default_rng(0).random((count, *size, 3), np.float32)

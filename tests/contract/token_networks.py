"""The networks of the contract with sequences in them: tokens, columns of a line, frames of a film."""

from __future__ import annotations

import keras
from convolutional_networks import convolved, headed, noise
from keras import layers as kl
from model_kind import Case

HEIGHT, WIDTH, PATCH, WIDE = 16, 12, 4, 8
GRID = (HEIGHT // PATCH, WIDTH // PATCH)


class WithClassToken(kl.Layer):
    """Puts a learned token before those of the picture, and adds what says where each of them lies."""

    def build(self, shape):
        self.token = self.add_weight(shape=(1, 1, shape[-1]), initializer="normal")
        self.places = self.add_weight(shape=(1, shape[1] + 1, shape[-1]), initializer="normal")

    def call(self, tokens):
        token = keras.ops.repeat(self.token, keras.ops.shape(tokens)[0], axis=0)
        return keras.ops.concatenate([token, tokens], axis=1) + self.places

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] + 1, shape[2])


class FirstToken(kl.Layer):
    """Takes the class token out of all."""

    def call(self, tokens):
        return tokens[:, 0]


def vision_transformer(class_token: bool) -> Case:
    """Two blocks on 4 x 3 patches; its head sees the class token, or the mean of all tokens."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((HEIGHT, WIDTH, 3))
    x = kl.Reshape((-1, WIDE))(kl.Conv2D(WIDE, PATCH, PATCH)(inputs))
    if class_token:
        x = WithClassToken()(x)
    for _ in range(2):
        x = attending(x)
    x = FirstToken()(x) if class_token else kl.GlobalAveragePooling1D()(x)
    return Case(keras.Model(inputs, headed(x)), noise(HEIGHT, WIDTH, 3), (HEIGHT, WIDTH))


def attending(x):
    """Return what a block of a transformer makes of tokens."""
    normal = kl.LayerNormalization()(x)
    x = kl.Add()([x, kl.MultiHeadAttention(2, 4)(normal, normal)])
    return kl.Add()([x, kl.Dense(WIDE, "gelu")(kl.LayerNormalization()(x))])


def windowed_transformer() -> Case:
    """A block as Swin's: attention within the left and the right half, blocks that return (N, h, w, C)."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((HEIGHT, 16, 3))
    x = kl.Conv2D(WIDE, PATCH, PATCH)(inputs)
    halves = kl.Reshape((2, 4, 2, WIDE))(kl.Permute((2, 1, 3))(x))
    tokens = kl.Reshape((2, 8, WIDE))(halves)
    normal = kl.LayerNormalization()(tokens)
    attended = kl.MultiHeadAttention(2, 4, attention_axes=(2,))(normal, normal)
    back = kl.Permute((2, 1, 3))(kl.Reshape((4, 4, WIDE))(attended))
    x = kl.Add()([x, back])
    model = keras.Model(inputs, headed(kl.GlobalAveragePooling2D()(x)))
    return Case(model, noise(HEIGHT, 16, 3), (HEIGHT, 16))


def crnn() -> Case:
    """A line of text: columns of feature maps go through a recurrent layer."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((HEIGHT, WIDTH, 1))
    x = convolved(inputs)
    columns = kl.Reshape((x.shape[2], -1))(kl.Permute((2, 1, 3))(x))
    sequence = kl.Bidirectional(kl.GRU(4, return_sequences=True))(columns)
    model = keras.Model(inputs, headed(kl.GlobalAveragePooling1D()(sequence)))
    return Case(model, noise(HEIGHT, WIDTH, 1), (HEIGHT, WIDTH))


def film() -> Case:
    """Frames that go through one convolution, then through a recurrent layer."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((4, 8, 6, 3))
    x = kl.TimeDistributed(kl.Conv2D(4, 3, padding="same", activation="relu"))(inputs)
    frames = kl.TimeDistributed(kl.GlobalAveragePooling2D())(x)
    model = keras.Model(inputs, headed(kl.GRU(5)(frames)))
    return Case(model, noise(4, 8, 6, 3), (4, 8, 6))

"""Tokens in the picture, and the layer that is explained where nobody names one."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from vision_transformer import images, vision_transformer

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.probe import Layout, default_layer


def grid(model: keras.Model, path: str, batch: np.ndarray) -> tuple[int, ...] | None:
    shape = model.get_layer(path).output.shape
    return Layout.of(model, batch).grid(path, shape[1])


@pytest.mark.parametrize("extra", [0, 1, 2, 5])
def test_the_patches_convolution_says_how_tokens_lie(extra: int) -> None:
    model = vision_transformer((24, 40), extra=extra)
    assert grid(model, "norm1", images(1, (24, 40))) == (3, 5, extra)


def test_a_patch_size_says_it_where_nothing_is_convolved() -> None:
    model = vision_transformer(
        (64, 64), patch=8, convolved=False
    )  # 64 tokens, as many as the picture has rows
    assert grid(model, "norm1", images(1, (64, 64))) == (8, 8, 1)


def network(size: tuple[int, ...], *stack: layers.Layer) -> keras.Model:
    return keras.Sequential([keras.Input(size), *stack, layers.GlobalAveragePooling1D(), layers.Dense(2)])


def test_proportions_say_it_where_no_layer_does() -> None:
    model = network((24, 40, 3), layers.Reshape((15, 192), name="cut"), layers.Dense(4, name="tokens"))
    assert grid(model, "tokens", images(1, (24, 40))) == (3, 5, 0)


@pytest.mark.parametrize("steps", [24, 40, 30])
def test_steps_that_are_no_patches_are_no_grid(steps: int) -> None:
    model = network((24, 40, 3), layers.Reshape((steps, 2880 // steps), name="steps"))
    assert grid(model, "steps", images(1, (24, 40))) is None


def test_merged_patches_are_a_smaller_grid() -> None:
    model = network(
        (32, 32, 3),
        layers.Conv2D(4, 4, 4),
        layers.Reshape((64, 4), name="first"),
        layers.Reshape((16, 16), name="merged"),
    )
    assert grid(model, "merged", images(1)) == (4, 4, 0)


class Cut(layers.Layer):
    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, tokens):
        return tokens


def test_what_may_be_two_grids_is_asked_for() -> None:
    model = network((24, 24, 3), Cut((6, 6)), layers.Reshape((16, 108)), Cut((12, 3), name="tokens"))
    with pytest.raises(InputError, match=r"tokens may be \(2, 8, 0\), \(4, 4, 0\): say which, token_grid"):
        grid(model, "tokens", images(1, (24, 24)))


@pytest.mark.parametrize(("pooled", "expected"), [(False, "norm1"), (True, "last")])
def test_the_default_is_the_last_whose_patches_have_a_part(pooled: bool, expected: str) -> None:
    assert default_layer(vision_transformer(pooled=pooled), images()) == expected


def test_a_crnn_is_cut_where_the_picture_has_both_axes() -> None:
    model = keras.Sequential(
        [
            keras.Input((16, 32, 1)),
            layers.Conv2D(4, 3, padding="same"),
            layers.MaxPooling2D((2, 2), name="pool"),
            layers.Permute((2, 1, 3)),
            layers.Reshape((16, 32), name="columns"),
            layers.LSTM(4, return_sequences=True, name="lstm"),
            layers.Dense(3, name="letters"),
        ]
    )
    # The permuted map has two axes too, but in another order.
    assert default_layer(model, np.zeros((1, 16, 32, 1), np.float32)) == "pool"


def test_time_distributed_layers_count_where_the_input_has_time() -> None:
    timed = layers.TimeDistributed
    model = keras.Sequential(
        [
            keras.Input((4, 8, 8, 1)),
            timed(layers.Conv2D(3, 3), name="frames"),
            timed(layers.GlobalAveragePooling2D(), name="steps"),
            layers.LSTM(4),
            layers.Dense(2),
        ]
    )
    assert default_layer(model, np.zeros((1, 4, 8, 8, 1), np.float32)) == "frames"


def test_no_layer_with_the_pictures_axes_is_a_sentence_that_names_one() -> None:
    model = network((24, 40, 3), layers.Reshape((30, 96)), layers.Conv1D(4, 3, name="steps"))
    with pytest.raises(
        UnsupportedModelError, match=r"steps, \(None, 28, 4\): ask for that layer and raw=True"
    ):
        default_layer(model, images(1, (24, 40)))

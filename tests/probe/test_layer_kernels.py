from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe import has_kernel, layer_kernels


def built(layer: keras.Layer, *shape: int) -> keras.Layer:
    layer.build((None, *shape))
    return layer


def numbered(layer: keras.Layer) -> np.ndarray:
    """Give the layer's first weight the values 0, 1, 2, ... and return them in the layer's own shape."""
    values = np.arange(np.prod(layer.weights[0].shape), dtype="float32").reshape(layer.weights[0].shape)
    layer.weights[0].assign(values)
    return values


def test_convolutions_are_as_they_are() -> None:
    for layer in (
        built(layers.Conv1D(5, 3), 9, 2),
        built(layers.Conv2D(5, 3), 9, 9, 2),
        built(layers.Conv3D(5, 3), 9, 9, 9, 2),
    ):
        values = numbered(layer)
        (kernel,) = layer_kernels(layer)
        np.testing.assert_array_equal(kernel.filters(), values)


def test_a_depthwise_filter_sees_one_channel() -> None:
    layer = built(layers.DepthwiseConv2D(3, depth_multiplier=2), 9, 9, 4)
    values = numbered(layer)
    (kernel,) = layer_kernels(layer)
    filters = kernel.filters()
    assert filters.shape == (3, 3, 1, 8)
    # filter 2 * channel + multiple, which is also the order of the layer's output channels
    np.testing.assert_array_equal(filters[:, :, 0, 2 * 3 + 1], values[:, :, 3, 1])


def test_a_transposed_convolution_has_its_filters_last() -> None:
    layer = built(layers.Conv2DTranspose(5, 3), 9, 9, 2)
    values = numbered(layer)  # (kh, kw, filters, in)
    (kernel,) = layer_kernels(layer)
    assert kernel.filters().shape == (3, 3, 2, 5)
    np.testing.assert_array_equal(kernel.filters()[:, :, 1, 4], values[:, :, 4, 1])


def test_a_separable_convolution_has_two() -> None:
    views = layer_kernels(built(layers.SeparableConv2D(4, 3, depth_multiplier=3), 9, 9, 2))
    assert [(view.name, view.filters().shape) for view in views] == [
        ("depthwise_kernel", (3, 3, 1, 6)),
        ("pointwise_kernel", (1, 1, 6, 4)),
    ]


def test_a_dense_kernel_has_the_shape_of_what_was_flattened() -> None:
    image = keras.Input((4, 5, 3))
    x = layers.Dropout(0.1)(layers.Flatten()(image))
    first, second = layers.Dense(7), layers.Dense(2)
    keras.Model(image, second(first(x)))
    assert layer_kernels(first)[0].filters().shape == (4, 5, 3, 7)
    assert layer_kernels(second)[0].filters().shape == (7, 1, 1, 2)
    # the reshaped kernel applied to the picture is what the layer computes
    picture = np.random.default_rng(0).normal(size=(1, 4, 5, 3)).astype("float32")
    by_hand = np.einsum("hwc,hwcu->u", picture[0], layer_kernels(first)[0].filters())
    np.testing.assert_allclose(first(picture.reshape(1, -1))[0], by_hand, rtol=1e-4, atol=1e-5)


def test_lora_kernels_are_what_the_layer_uses() -> None:
    layer = built(layers.Dense(3), 4)
    layer.enable_lora(2)
    layer.lora_kernel_b.assign(np.ones((2, 3)))
    np.testing.assert_allclose(layer_kernels(layer)[0].copy(), layer(np.eye(4)), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (built(layers.ReLU(), 4), "has no kernel"),
        (layers.Conv2D(3, 3), "no weights yet"),
        (layers.LSTM(3), "no weights"),
    ],
)
def test_the_rest_is_refused(layer: keras.Layer, words: str) -> None:
    with pytest.raises(UnsupportedModelError, match=words):
        layer_kernels(layer)
    assert not has_kernel(layer)


def test_the_copy_is_float32_and_the_callers() -> None:
    layer = layers.Conv2D(2, 1, dtype="bfloat16")
    layer.build((None, 4, 4, 1))
    (kernel,) = layer_kernels(layer)
    copied = kernel.copy()
    assert copied.dtype == np.float32
    copied[:] = 7
    assert not np.any(kernel.copy() == 7)

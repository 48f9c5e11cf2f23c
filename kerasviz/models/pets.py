"""The four-conv network for photographs of pets."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError
from kerasviz.models.named_classes import Classes, probabilities_layer
from kerasviz.models.preprocessing import MeanSubtraction


def pets_cnn(
    classes: Classes = 2,
    image_size: int = 224,
    widths: tuple[int, int] = (32, 64),
    fc_width: int = 512,
    pool_dropout: float = 0.8,
    fc_dropout: float = 0.5,
    mean_image: Any = None,
) -> keras.Model:
    """Return the four-conv network: raw 0..255 RGB pictures in, class probabilities out.

    Layers, in order: `mean_subtraction`; `conv1_1`, `conv1_2` (3x3, same, ReLU), `pool1` (2x2), `dropout1`;
    `conv2_1`, `conv2_2`, `pool2`, `dropout2`; `flatten`; `fc1` (ReLU), `dropout3`; `softmax`. Kernels start
    truncated normal with stddev 0.1, the biases of `fc1` at 1, all others at 0;
    `keras.utils.set_random_seed` makes them repeatable. With two classes and the defaults the network has
    102,827,554 parameters, of which `fc1` holds 102,760,960.

    Args:
        classes: the number of classes, or their names, which are then kept with the model (`class_names`).
        image_size: height and width of the pictures in pixels.
        widths: filters of `conv1_*` and of `conv2_*`.
        fc_width: units of `fc1`.
        pool_dropout: share of values dropped after each pooling while training, in [0, 1). At 0 the dropout
            layers stay, and pass everything.
        fc_dropout: share of values dropped after `fc1` while training, in [0, 1).
        mean_image: what the model subtracts from its input: the training pictures' mean `(h, w, 3)` of
            `datasets.mean_image`, one number a channel, or a number. None means 127.5, the middle of the
            range; 0 subtracts nothing.

    Raises:
        InputError: a value above is out of its range, or the mean image has another size.

    >>> model = pets_cnn(["cat", "dog"], image_size=8, widths=(2, 4), fc_width=3)
    >>> model.input_shape, model.output_shape
    ((None, 8, 8, 3), (None, 2))
    """
    if len(widths) != 2:
        raise InputError(f"widths must be two numbers of filters, for conv1 and conv2, but it is {widths!r}.")
    _check_sizes(conv1_width=widths[0], conv2_width=widths[1], fc_width=fc_width)
    check_numbers(image_size=image_size, pool_dropout=pool_dropout, fc_dropout=fc_dropout)
    softmax = probabilities_layer(classes, keras.initializers.TruncatedNormal(stddev=0.1))
    mean = MeanSubtraction(127.5 if mean_image is None else mean_image, name="mean_subtraction")

    inputs = keras.Input((image_size, image_size, 3), name="image")
    x = mean(inputs)
    for block, width in enumerate(widths, start=1):
        x = _convolution(width, f"conv{block}_1")(x)
        x = _convolution(width, f"conv{block}_2")(x)
        x = layers.MaxPooling2D(2, strides=2, padding="same", name=f"pool{block}")(x)
        x = layers.Dropout(pool_dropout, name=f"dropout{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(
        fc_width,
        activation="relu",
        kernel_initializer=keras.initializers.TruncatedNormal(stddev=0.1),
        bias_initializer="ones",
        name="fc1",
    )(x)
    x = layers.Dropout(fc_dropout, name="dropout3")(x)
    return keras.Model(inputs, softmax(x), name="pets_cnn")


def _convolution(width: int, name: str) -> layers.Layer:
    initializer = keras.initializers.TruncatedNormal(stddev=0.1)
    return layers.Conv2D(
        width, 3, padding="same", activation="relu", kernel_initializer=initializer, name=name
    )


def _check_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InputError(f"{name} must be a whole number of 1 or more, but {size!r} was given.")

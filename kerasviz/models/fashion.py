"""The two-conv network for the 28x28 grey pictures of Fashion-MNIST."""

from __future__ import annotations

import keras
from keras import layers

from kerasviz.models.named_classes import Classes, probabilities_layer


def fashion_cnn(classes: Classes = 10) -> keras.Model:
    """Return the two-conv network: raw 0..255 grey 28x28x1 pictures in, class probabilities out.

    Layers, in order: `rescaling` (to [0, 1]); `conv1` (16 filters 3x3, same, ReLU), `pool1` (2x2);
    `conv2` (32 filters), `pool2`; `flatten`; `fc` (24, ReLU); `dropout` (0.5); `softmax`. With ten classes it
    has 42,706 parameters.

    The network is known from a PyTorch lesson. Two faults of that lesson are not repeated here: it trains a
    network that ends in a softmax with a cross-entropy that applies a softmax again, which flattens the
    gradients (here the loss is cross-entropy of the probabilities, without a second softmax); and the test
    loss that it prints is that of a stale batch (here `evaluate` runs over the whole test set).

    Args:
        classes: the number of classes, or their names, which are then kept with the model (`class_names`).

    Raises:
        InputError: fewer than two classes, or a name given twice.

    >>> fashion_cnn().count_params()
    42706
    """
    softmax = probabilities_layer(classes)
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Rescaling(1 / 255, name="rescaling"),
            layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Flatten(name="flatten"),
            layers.Dense(24, activation="relu", name="fc"),
            layers.Dropout(0.5, name="dropout"),
            softmax,
        ],
        name="fashion_cnn",
    )

"""The networks of the contract that answer for every pixel."""

from __future__ import annotations

import keras
import numpy as np
from convolutional_networks import noise
from keras import layers as kl
from model_kind import Case

from kerasviz.probe import region_score

SIZE = (12, 8)


def u_net() -> Case:
    """Answers in logits, so that a score can be told from the prediction."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((*SIZE, 3))
    above = kl.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    below = kl.Conv2D(6, 3, padding="same", activation="relu")(kl.MaxPooling2D()(above))
    x = kl.Concatenate()([above, kl.UpSampling2D()(below)])
    x = kl.Conv2D(4, 3, padding="same", activation="relu")(x)
    model = keras.Model(inputs, kl.Conv2D(3, 1)(x))
    return Case(model, noise(*SIZE, 3), SIZE)


def region() -> Case:
    """Explains class 1 within a rectangle."""
    case = u_net()
    mask = np.zeros(SIZE, np.float32)
    mask[2:6, 3:7] = 1

    def said(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.ones(len(outputs)), outputs[:, 2:6, 3:7, 1].mean(axis=(1, 2))

    return Case(case.model, case.images, SIZE, asked={"target": region_score(mask, 1)}, said=said)


def predicted_region() -> Case:
    """Explains, without being asked, the class other than 0 that most pixels have, over these pixels."""
    case = u_net()
    return Case(case.model, case.images, SIZE, said=_of_most_common)


def segmented_line() -> Case:
    """A signal, and a class for each of its steps."""
    keras.utils.set_random_seed(3)
    inputs = keras.Input((20, 2))
    x = kl.Conv1D(4, 3, padding="same", activation="relu")(inputs)
    x = kl.Conv1D(4, 5, padding="same", activation="relu")(x)
    model = keras.Model(inputs, kl.Conv1D(3, 1)(x))
    return Case(model, noise(20, 2), (20,), said=_of_most_common)


def _of_most_common(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    classes = [1 + np.bincount(one.argmax(-1).ravel(), minlength=3)[1:].argmax() for one in outputs]
    scores = [one[one.argmax(-1) == at][:, at].mean() for one, at in zip(outputs, classes, strict=True)]
    return np.array(classes), np.array(scores)

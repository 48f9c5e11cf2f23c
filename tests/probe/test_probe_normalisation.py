"""Batch normalisation in one operation, or folded into convolutions, is the batch normalisation of Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

from kerasviz.probe import as_target, frozen_forward, input_gradients
from kerasviz.probe.engine.tensorflow.normalisation import folded_normalisation, fused_normalisation

FUSED = "FusedBatchNormV3"
IMAGES = np.random.default_rng(0).normal(size=(3, 8, 8, 4)).astype(np.float32)


def normalised(*before: Any, rank: int = 2, **options: Any) -> keras.Model:
    """Return layers, a batch normalisation with lively weights, and a ReLU."""
    model = keras.Sequential(
        [keras.Input((8,) * rank + (4,)), *before, kl.BatchNormalization(**options), kl.ReLU()]
    )
    randomise(model)
    return model


def randomise(model: keras.Model) -> None:
    random = np.random.default_rng(1)
    for variable in model.variables:
        low = 0.5 if "variance" in variable.path else -1
        if "seed" not in variable.path:
            variable.assign(random.uniform(low, 1, variable.shape))


def operations(model: keras.Model, block: Any, images: np.ndarray = IMAGES) -> list[str]:
    """Return the operations that a call of the model adds to a graph within the block."""

    @tf.function(autograph=False)
    def run(batch: tf.Tensor) -> tf.Tensor:
        with keras.StatelessScope(), block:
            return model(batch, training=False)

    return [op.type for op in run.get_concrete_function(tf.constant(images)).graph.get_operations()]


def folded(model: keras.Model) -> Any:
    return folded_normalisation(model, [(v, tf.convert_to_tensor(v.value)) for v in model.variables])


def test_the_numbers_of_the_formula() -> None:
    model = keras.Sequential([keras.Input((1, 1, 2)), kl.BatchNormalization(epsilon=0.5)])
    model.set_weights([np.array(w, np.float32) for w in ([3, 3], [10, 10], [1, 2], [3.5, 8.5])])
    picture = np.array([[[[5.0, -4.0]]]], np.float32)
    # 3 (5 - 1) / sqrt(3.5 + 0.5) + 10 = 16 and 3 (-4 - 2) / sqrt(8.5 + 0.5) + 10 = 4.
    np.testing.assert_allclose(frozen_forward(model)(picture), [[[[16, 4]]]], rtol=1e-6)
    gradients = input_gradients(model)(picture, as_target(lambda outputs: outputs[:, 0, 0, 0]), [])
    np.testing.assert_allclose(gradients.gradients, [[[[1.5, 0]]]], rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        ({}, True),
        ({"axis": 3, "scale": False}, True),
        ({"center": False, "epsilon": 0.3}, True),
        ({"epsilon": 1e-6}, False),
        ({"axis": 1}, False),
        ({"rank": 1}, False),
        ({"rank": 3}, False),
        ({"dtype": "mixed_float16"}, True),
        ({"dtype": "float64"}, False),
    ],
)
def test_fused_where_it_fits_and_the_same_everywhere(options: dict, fits: bool) -> None:
    model = normalised(**options)
    images = np.random.default_rng(0).normal(size=(3, *model.input_shape[1:])).astype(np.float32)
    assert (FUSED in operations(model, fused_normalisation(model), images)) == fits
    expected = model.predict_on_batch(images)
    tolerance = 2e-3 if expected.dtype == np.float16 else 1e-5
    np.testing.assert_allclose(frozen_forward(model)(images), expected, atol=tolerance)
    gradients = input_gradients(model)(images, as_target(energy), []).gradients
    np.testing.assert_allclose(gradients, plain_gradients(model, images), rtol=1e-3, atol=20 * tolerance)


def energy(outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.cast(outputs, tf.float32) ** 2, range(1, len(outputs.shape)))


def plain_gradients(model: keras.Model, images: np.ndarray) -> np.ndarray:
    batch = tf.constant(images)
    with tf.GradientTape() as tape:
        tape.watch(batch)
        scores = energy(model(batch, training=False))
    return tape.gradient(scores, batch).numpy()


@pytest.mark.parametrize(
    "layer",
    [
        kl.Conv2D(6, 3),
        kl.Conv2D(6, 3, strides=2, use_bias=False, padding="same"),
        kl.Conv2D(6, 3, groups=2, dilation_rate=2),
        kl.DepthwiseConv2D(3, depth_multiplier=2),
        kl.SeparableConv2D(5, 3, depth_multiplier=2, use_bias=False),
    ],
)
def test_a_convolution_takes_the_normalisation_in(layer: keras.layers.Layer) -> None:
    model = normalised(layer, epsilon=0.2)
    assert FUSED not in operations(model, folded(model))
    expected = model.predict_on_batch(IMAGES)
    assert expected.std() > 0.1
    np.testing.assert_allclose(frozen_forward(model)(IMAGES), expected, atol=1e-5)


@pytest.mark.parametrize(
    "before",
    [
        [kl.Conv2D(4, 3, activation="sigmoid")],
        [kl.Conv2D(4, 3), kl.ReLU()],
        [kl.Conv2D(4, 3, dtype="mixed_float16")],
        [kl.Conv2DTranspose(4, 3)],
    ],
)
def test_what_cannot_take_it_in_runs_as_it_is(before: list) -> None:
    model = normalised(*before)
    assert FUSED in operations(model, folded(model))
    np.testing.assert_allclose(frozen_forward(model)(IMAGES), model.predict_on_batch(IMAGES), atol=2e-3)


def test_convolutions_that_are_used_twice_and_nested() -> None:
    image = keras.Input((8, 8, 4))
    convolution = kl.Conv2D(4, 3, padding="same")
    first, again = convolution(image), convolution(kl.ReLU()(convolution(image)))
    inner_image = keras.Input((8, 8, 4))
    inner = keras.Model(inner_image, kl.BatchNormalization()(kl.Conv2D(4, 1)(inner_image)))
    both = kl.Add()([kl.BatchNormalization()(first), kl.BatchNormalization()(again), first])
    model = keras.Model(image, inner(both))
    randomise(model)
    assert FUSED not in operations(model, folded(model))
    expected = model.predict_on_batch(IMAGES)
    np.testing.assert_allclose(frozen_forward(model)(IMAGES), expected, rtol=1e-4, atol=1e-4)


def test_training_mode_inside_a_model_is_left_to_keras() -> None:
    class Always(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.normalisation = kl.Conv2D(4, 3), kl.BatchNormalization()

        def call(self, inputs: Any) -> Any:
            return self.normalisation(self.convolution(inputs), training=True)

    model = Always()
    found = frozen_forward(model)(IMAGES)
    np.testing.assert_allclose(found.mean((0, 1, 2)), np.zeros(4), atol=1e-4)


def test_a_subclass_that_does_otherwise_does_so() -> None:
    class Doubled(kl.BatchNormalization):
        def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            return 2 * super().call(inputs, training=training, mask=mask)

    model = keras.Sequential([keras.Input((8, 8, 4)), kl.Conv2D(4, 3), Doubled()])
    randomise(model)
    np.testing.assert_allclose(frozen_forward(model)(IMAGES), model.predict_on_batch(IMAGES), atol=1e-5)


def test_the_model_is_as_before_after_an_error() -> None:
    model = normalised(kl.Conv2D(4, 3))
    with pytest.raises(RuntimeError, match="stop"), folded(model):
        raise RuntimeError("stop")
    with pytest.raises(RuntimeError, match="stop"), fused_normalisation(model):
        raise RuntimeError("stop")
    assert all("call" not in vars(layer) for layer in model.layers)

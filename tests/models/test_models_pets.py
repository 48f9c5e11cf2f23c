"""The four-conv network."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.models import NamedDense, class_names, load_model, pets_cnn, save_model

SMALL = {"image_size": 8, "widths": (4, 6), "fc_width": 16}


def test_the_full_network_has_its_literal_number_of_parameters():
    model = pets_cnn(2)
    assert model.count_params() == 102_827_554
    assert model.get_layer("fc1").count_params() == 102_760_960
    assert model.input_shape == (None, 224, 224, 3)
    assert model.get_layer("pool2").output.shape == (None, 56, 56, 64)


def test_layers_in_order():
    assert [layer.name for layer in pets_cnn(3, **SMALL).layers] == [
        "image",
        "mean_subtraction",
        "conv1_1",
        "conv1_2",
        "pool1",
        "dropout1",
        "conv2_1",
        "conv2_2",
        "pool2",
        "dropout2",
        "flatten",
        "fc1",
        "dropout3",
        "softmax",
    ]


def test_parameters_of_a_small_network_counted_by_hand():
    # odd sizes: 9 -> 5 -> 3 with same padding
    model = pets_cnn(3, image_size=9, widths=(4, 6), fc_width=5)
    convolutions = (27 * 4 + 4) + (36 * 4 + 4) + (36 * 6 + 6) + (54 * 6 + 6)
    assert model.count_params() == convolutions + (3 * 3 * 6 * 5 + 5) + (5 * 3 + 3)


def test_initial_values():
    keras.utils.set_random_seed(1)
    model = pets_cnn(2, image_size=16, widths=(32, 64), fc_width=32)
    for name in ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "fc1", "softmax"):
        kernel, bias = model.get_layer(name).get_weights()
        assert np.abs(kernel).max() <= 0.2  # cut off at two standard deviations
        assert bias.tolist() == [1.0 if name == "fc1" else 0.0] * len(bias)
        if kernel.size > 5000:
            assert kernel.std() == pytest.approx(0.08796, rel=0.02)  # what the cut leaves of 0.1
    first, second = (model.get_layer(name).get_weights()[0] for name in ("conv1_2", "conv2_1"))
    assert not np.array_equal(first, second[..., :32])


def test_same_seed_same_weights():
    weights = []
    for seed in (5, 5, 6):
        keras.utils.set_random_seed(seed)
        weights.append(np.concatenate([w.ravel() for w in pets_cnn(2, **SMALL).get_weights()]))
    np.testing.assert_array_equal(weights[0], weights[1])
    assert np.abs(weights[0] - weights[2]).max() > 0.05


def test_dropout_rates_and_their_stable_names():
    model = pets_cnn(2, **SMALL)
    assert [model.get_layer(f"dropout{i}").rate for i in (1, 2, 3)] == [0.8, 0.8, 0.5]
    model = pets_cnn(2, **SMALL, pool_dropout=0, fc_dropout=0.25)
    assert [model.get_layer(f"dropout{i}").rate for i in (1, 2, 3)] == [0, 0, 0.25]


def test_without_dropout_training_and_inference_agree():
    model = pets_cnn(2, **SMALL, pool_dropout=0, fc_dropout=0)
    x = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_array_equal(model(x, training=True), model(x, training=False))


def test_the_mean_image_changes_what_the_network_sees():
    x = np.full((1, 8, 8, 3), 100.0, np.float32)
    seen = {}
    for label, mean in {"none": None, "zero": 0, "image": np.full((8, 8, 3), 99.0)}.items():
        model = pets_cnn(2, **SMALL, mean_image=mean)
        first = keras.Model(model.input, model.get_layer("mean_subtraction").output)
        seen[label] = float(keras.ops.max(first(x)))
    assert seen == {"none": -27.5, "zero": 100.0, "image": 1.0}


def test_saved_model_takes_raw_pictures_and_keeps_names(tmp_path):
    rng = np.random.default_rng(3)
    model = pets_cnn(["cat", "dog"], **SMALL, mean_image=rng.uniform(0, 255, (8, 8, 3)))
    assert isinstance(model.get_layer("softmax"), NamedDense)
    x = rng.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    loaded = load_model(save_model(model, tmp_path / "pets.keras"))
    assert class_names(loaded) == ["cat", "dog"]
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    np.testing.assert_allclose(model.predict(x, verbose=0).sum(axis=1), 1, atol=1e-6)


@pytest.fixture(params=["mixed_float16", "mixed_bfloat16"])
def mixed_precision(request: pytest.FixtureRequest):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield request.param.removeprefix("mixed_")
    keras.config.set_dtype_policy(before)


def test_mixed_precision_ends_in_float32(mixed_precision: str):
    model = pets_cnn(["cat", "dog"], **SMALL)
    assert model.get_layer("conv1_1").output.dtype == mixed_precision
    assert model.output.dtype == "float32"
    x = np.random.default_rng(0).uniform(0, 255, (2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(model.predict(x, verbose=0).sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": 1}, "two classes or more"),
        ({"classes": True}, "number or a list of names"),
        ({"classes": 2.0}, "number or a list of names"),
        ({"classes": "cat"}, "list of strings"),
        ({"classes": ["a", "a"]}, "more than one a"),
        ({"image_size": 0}, "image_size is .*; it must be a whole number from 1 to"),
        ({"image_size": 8.5}, "image_size is .*; it must be a whole number from 1 to"),
        ({"widths": (4,)}, "two numbers of filters"),
        ({"widths": (4, 0)}, "conv2_width must be"),
        ({"fc_width": -1}, "fc_width must be"),
        ({"pool_dropout": 1}, "pool_dropout is 1; it must be a number of at least 0 and below 1"),
        ({"fc_dropout": -0.1}, "fc_dropout is -0.1; it must be a number of at least 0 and below 1"),
        ({"mean_image": np.zeros((9, 9, 3))}, r"mean of shape \(9, 9, 3\) cannot be subtracted"),
    ],
)
def test_bad_values_are_refused(settings: dict, message: str):
    with pytest.raises(InputError, match=message):
        pets_cnn(**{**SMALL, **settings})

"""The mean subtracted inside the model."""

from __future__ import annotations

import gc
import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.models import MeanSubtraction, save_model


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (4, 5, 3)).astype(np.float32)


def model_of(mean, policy: str | None = None) -> keras.Model:
    inputs = keras.Input((4, 5, 3))
    return keras.Model(inputs, MeanSubtraction(mean, dtype=policy, name="mean")(inputs))


def test_it_subtracts(image: np.ndarray):
    x = np.random.default_rng(1).uniform(0, 255, (2, 4, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(model_of(image)(x), x - image)
    np.testing.assert_array_equal(model_of([1, 2, 3])(x), x - np.float32([1, 2, 3]))
    np.testing.assert_array_equal(model_of(7)(x), x - np.float32(7))


def test_the_mean_is_no_weight_and_not_in_the_config(tmp_path: Path, image: np.ndarray):
    model = model_of(image)
    assert model.weights == []
    save_model(model, tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        config = archive.read("config.json").decode()
    assert len(config) < 3000
    assert "digest" in config


def test_a_mean_of_a_channel_is_in_the_config():
    layer = MeanSubtraction([1, 2, 3])
    config = json.loads(json.dumps(layer.get_config()))
    assert config["mean"] == [1.0, 2.0, 3.0]
    assert MeanSubtraction.from_config(config).mean.tolist() == [1.0, 2.0, 3.0]


def test_a_file_brings_the_mean_when_no_layer_lives(tmp_path: Path, image: np.ndarray):
    expected = image + 0
    file = save_model(model_of(image), tmp_path / "m.keras")
    gc.collect()
    loaded = keras.models.load_model(file)
    np.testing.assert_array_equal(loaded.get_layer("mean").mean, expected)
    np.testing.assert_array_equal(loaded(expected[None]), np.zeros((1, 4, 5, 3)))


def test_a_clone_of_a_living_layer_has_its_mean(image: np.ndarray):
    model = model_of(image)
    clone = keras.models.clone_model(model)
    np.testing.assert_array_equal(clone.get_layer("mean").mean, image)


def test_a_config_alone_refuses_to_run_until_weights_are_loaded(tmp_path: Path, image: np.ndarray):
    model = model_of(image)
    model.save_weights(tmp_path / "m.weights.h5")
    config = model.to_json()
    del model
    gc.collect()
    alone = keras.models.model_from_json(config)
    assert not alone.get_layer("mean").known
    with pytest.raises(UnsupportedModelError, match="made from its config alone"):
        alone(image[None])
    alone.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(alone(image[None]), np.zeros((1, 4, 5, 3)))


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_another_mean_is_not_loaded_into_a_layer_that_has_run(tmp_path: Path, image: np.ndarray):
    model_of(image + 1).save_weights(tmp_path / "other.weights.h5")
    fresh, used = model_of(image), model_of(image)
    fresh.load_weights(tmp_path / "other.weights.h5")
    np.testing.assert_array_equal(fresh.get_layer("mean").mean, image + 1)
    used(image[None])
    with pytest.raises(ValueError, match="already used"):
        used.load_weights(tmp_path / "other.weights.h5")


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_a_mean_of_another_size_is_not_loaded(tmp_path: Path, image: np.ndarray):
    model_of([1, 2, 3]).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(ValueError, match=r"shape \(4, 5, 3\), but the file holds one of shape \(3,\)"):
        model_of(image).load_weights(tmp_path / "other.weights.h5")


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_subtracts_in_float32(image: np.ndarray, policy: str):
    model = model_of(np.full((4, 5, 3), 199.97), policy)
    output = model(np.full((1, 4, 5, 3), 200.0, np.float32))
    assert output.dtype == policy.removeprefix("mixed_")
    # 199.97 is 200 in either half precision: a subtraction in half precision gives 0.
    np.testing.assert_allclose(keras.ops.convert_to_numpy(keras.ops.cast(output, "float32")), 0.03, rtol=0.01)


def test_in_a_compiled_function_and_an_exported_model(tmp_path: Path, image: np.ndarray):
    import tensorflow as tf

    model = model_of(image)
    x = image[None] + 3
    np.testing.assert_allclose(tf.function(model)(x), np.full(x.shape, 3.0), atol=1e-4)
    model.export(tmp_path / "exported", verbose=False)
    reloaded = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(reloaded.serve(x), np.full(x.shape, 3.0), atol=1e-4)


def test_the_callers_array_stays_its_own(image: np.ndarray):
    layer = MeanSubtraction(image)
    before = layer.mean.copy()
    image += 1
    np.testing.assert_array_equal(layer.mean, before)
    with pytest.raises(ValueError, match="read-only"):
        layer.mean[0, 0, 0] = 5


@pytest.mark.parametrize(
    ("mean", "message"),
    [
        (np.zeros((4, 5)), r"its shape is \(4, 5\)"),
        (np.full((4, 5, 3), np.nan), "60 values that are not finite"),
        (np.zeros((5, 4, 3)), r"cannot be subtracted from pictures of shape \(4, 5, 3\)"),
        ([1.0, 2.0], "cannot be subtracted"),
    ],
)
def test_bad_means_are_refused(mean, message: str):
    with pytest.raises(InputError, match=message):
        model_of(mean)

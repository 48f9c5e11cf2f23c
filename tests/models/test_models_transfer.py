"""Backbones with a new head: forms, preprocessing, weights, and what trains."""

from __future__ import annotations

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasviz.errors import InputError, ModelFileError, UnsupportedModelError
from kerasviz.models import (
    backbone_names,
    class_names,
    densenet169,
    freeze_backbone,
    load_model,
    resnet50,
    save_model,
    transfer,
    unfreeze_last_blocks,
)
from kerasviz.models.backbones import preprocess

pytestmark = pytest.mark.filterwarnings("ignore:.*HDF5 file", "ignore:.*`input_shape` is undefined")
SMALL = {"weights": None, "image_size": 32, "hidden": 8}


def pictures(size: int = 32) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, size, size, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def flat() -> keras.Model:
    keras.utils.set_random_seed(0)
    return transfer("MobileNet", ["cat", "dog"], **SMALL)


@pytest.fixture(scope="module")
def nested() -> keras.Model:
    keras.utils.set_random_seed(0)
    return transfer("MobileNet", ["cat", "dog"], **SMALL, nested=True)


@pytest.fixture(scope="module")
def densenet() -> keras.Model:
    return densenet169(weights=None, image_size=64)


def test_densenet169_has_its_literal_number_of_parameters(densenet: keras.Model):
    backbone = 12_642_880
    assert densenet.count_params() == backbone + (1664 * 1024 + 1024) + (1024 * 200 + 200)
    assert densenet.get_layer("conv5_block32_concat").output.shape == (None, 2, 2, 1664)
    assert densenet.output_shape == (None, 200)
    # The names of the article's layers, as Keras 3 has them.
    names = {layer.name for layer in densenet.layers}
    assert {"conv1_relu", "pool2_conv", "pool3_conv", "pool4_conv", "conv5_block32_concat"} <= names


def test_resnet50_nested():
    model = resnet50(3, nested=True, **SMALL)
    assert model.count_params() == 23_587_712 + (2048 * 8 + 8) + (8 * 3 + 3)
    assert [layer.name for layer in model.layers[-4:]] == ["resnet50", "global_pool", "fc1", "softmax"]
    assert model.get_layer("resnet50").get_layer("conv5_block3_out").output.shape == (None, 1, 1, 2048)


def test_both_forms_compute_the_same(flat: keras.Model, nested: keras.Model):
    nested.set_weights(flat.get_weights())
    np.testing.assert_allclose(flat(pictures()), nested(pictures()), atol=1e-6)
    assert flat.get_layer("conv_pw_13").output.shape == (None, 1, 1, 1024)
    assert class_names(flat) == class_names(nested) == ["cat", "dog"]


def test_same_seed_same_weights(flat: keras.Model):
    keras.utils.set_random_seed(0)
    again = transfer("mobile-net", ["cat", "dog"], **SMALL)
    np.testing.assert_array_equal(again(pictures()), flat(pictures()))


@pytest.mark.parametrize("name", backbone_names())
def test_preprocessing_is_that_of_keras(name: str):
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, keras.layers.Identity()(preprocess(inputs, name)))
    module = sys.modules[getattr(keras.applications, name).__module__]
    x = pictures(4)
    expected = module.preprocess_input(x.copy())
    np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=1e-5)


def test_every_network_of_keras_is_known():
    classes = {name for name in dir(keras.applications) if name[0].isupper() and name != "ConvNeXtBase"}
    assert classes | {"ConvNeXtBase"} == set(backbone_names())


@pytest.mark.parametrize("name", ["DenseNet169", "ResNet50", "Xception"])
def test_symmetric_preprocessing(name: str):
    inputs = keras.Input((1, 1, 3))
    model = keras.Model(inputs, preprocess(inputs, name, "symmetric"))
    found = np.asarray(model(np.float32([[[[0, 127.5, 255]]]])))
    np.testing.assert_allclose(found.ravel(), [-1, 0, 1], atol=1e-6)


def test_preprocessing_changes_the_result():
    model = transfer("VGG16", 2, **SMALL)
    symmetric = transfer("VGG16", 2, **SMALL, preprocessing="symmetric")
    symmetric.set_weights(model.get_weights())
    assert np.abs(np.asarray(model(pictures())) - np.asarray(symmetric(pictures()))).max() > 1e-3


def test_round_trip(flat: keras.Model, nested: keras.Model, tmp_path: Path):
    for model in (flat, nested):
        loaded = load_model(save_model(model, tmp_path / "m.keras"))
        np.testing.assert_array_equal(loaded(pictures()), model(pictures()))
        assert class_names(loaded) == ["cat", "dog"]


@pytest.mark.parametrize(
    ("kind", "target_nested"),
    [
        ("b.weights.h5", False),
        ("b.weights.h5", True),
        ("b.keras", False),
        ("b.h5", False),
        ("whole", True),
        ("nested whole", False),
    ],
)
def test_weights_from_a_file(
    kind: str, target_nested: bool, flat: keras.Model, nested: keras.Model, tmp_path: Path
):
    backbone = nested.get_layer("mobilenet_1.00_32")
    file = tmp_path / kind
    if kind == "b.weights.h5":
        backbone.save_weights(file)
    elif kind.startswith("b."):
        backbone.save(file)
    else:
        file = save_model(nested if "nested" in kind else flat, tmp_path / "m.keras")
    source = flat if kind == "whole" else nested
    settings = {**SMALL, "weights": file, "hidden": 5}
    model = transfer("MobileNet", 7, nested=target_nested, **settings)
    for found, expected in zip(model.get_weights()[:-4], source.get_weights()[:-4], strict=True):
        np.testing.assert_array_equal(found, expected)


def test_weights_that_do_not_fit(flat: keras.Model, tmp_path: Path):
    file = save_model(flat, tmp_path / "m.keras")
    with pytest.raises(ModelFileError, match=r"do not fit the backbone: weight 0 has shape \(3, 3, 3, 32\)"):
        transfer("VGG16", 2, **{**SMALL, "weights": file})
    small = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    small.save_weights(tmp_path / "s.weights.h5")
    with pytest.raises(ModelFileError, match=r"do not fit MobileNet without its top"):
        transfer("MobileNet", 2, **{**SMALL, "weights": tmp_path / "s.weights.h5"})
    with pytest.raises(ModelFileError, match="no model file"):
        transfer("MobileNet", 2, **{**SMALL, "weights": str(tmp_path / "none.keras")})


@pytest.mark.parametrize("form", ["flat", "nested"])
def test_two_phases(form: str):
    model = transfer("ResNet50V2", 2, nested=form == "nested", **SMALL)
    freeze_backbone(model)
    head = {"fc1/kernel", "fc1/bias", "softmax/kernel", "softmax/bias"}
    assert {weight.path for weight in model.trainable_weights} == head
    unfrozen = unfreeze_last_blocks(model, 2)
    assert unfrozen == [f"conv5_block{block}_{i}_conv" for block in (2, 3) for i in (1, 2, 3)]
    trained = {"/".join(weight.path.split("/")[-2:]) for weight in model.trainable_weights}
    # The middle convolution of this backbone's blocks has no bias.
    biases = {f"{name}/bias" for name in unfrozen if "_1_" not in name and "_2_" not in name}
    assert trained == head | {f"{name}/kernel" for name in unfrozen} | biases
    # Batch normalisation stays in inference mode: a training pass leaves every weight as it was.
    before = model.get_weights()
    model(pictures(), training=True)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert unfreeze_last_blocks(model, 0) == []
    assert {weight.path for weight in model.trainable_weights} == head


def test_untouched_batch_normalisation_would_have_moved(flat: keras.Model):
    model = keras.models.clone_model(flat)
    before = model.get_layer("conv1_bn").get_weights()[2]
    model(pictures(), training=True)
    assert not np.array_equal(before, model.get_layer("conv1_bn").get_weights()[2])


def test_what_is_frozen_survives_a_file(flat: keras.Model, tmp_path: Path):
    model = keras.models.clone_model(flat)
    unfreeze_last_blocks(model, 1)
    loaded = load_model(save_model(model, tmp_path / "m.keras"))
    assert [w.path for w in loaded.trainable_weights] == [w.path for w in model.trainable_weights]
    assert unfreeze_last_blocks(loaded, 2) == unfreeze_last_blocks(model, 2)


def test_blocks_of_densenet(densenet: keras.Model):
    assert unfreeze_last_blocks(densenet, 2) == [
        "conv5_block31_1_conv",
        "conv5_block31_2_conv",
        "conv5_block32_1_conv",
        "conv5_block32_2_conv",
    ]
    # 6 + 12 + 32 + 32 dense blocks; the two convolutions and poolings between stages join the next one.
    with pytest.raises(InputError, match="the backbone has 82 blocks, but the last 83"):
        unfreeze_last_blocks(densenet, 83)
    with pytest.raises(InputError, match="the last -1"):
        unfreeze_last_blocks(densenet, -1)


def test_blocks_without_merging_layers():
    assert unfreeze_last_blocks(transfer("VGG16", 2, **SMALL), 1) == [f"block5_conv{i}" for i in (1, 2, 3)]


def test_other_models_have_no_backbone():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(UnsupportedModelError, match="only models made by"):
        freeze_backbone(model)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backbone": "densenet"}, "no network named 'densenet'. Did you mean DenseNet"),
        ({"preprocessing": "zscore"}, "must be 'keras' or 'symmetric'"),
        ({"backbone": "EfficientNetB0", "preprocessing": "symmetric"}, "would scale them twice"),
        ({"classes": 1}, "two classes or more"),
        ({"hidden": 0}, "hidden is 0; it must be a whole number"),
        ({"image_size": 16}, r"cannot be made for pictures of \(16, 16, 3\)"),
        ({"image_size": 16, "weights": "imagenet"}, "cannot be made for pictures"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict, message: str):
    with pytest.raises(InputError, match=message):
        transfer(**{"backbone": "MobileNet", "classes": 2, **SMALL, **arguments})

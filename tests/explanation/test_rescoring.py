"""Occlusion, RISE, Score-CAM and Ablation-CAM: options, interruption, memory, models of every kind."""

from __future__ import annotations

import tracemalloc

import keras
import numpy as np
import pytest
from keras import layers
from maps_of import maps_of

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation import Interrupted, explain
from kerasviz.explanation.perturbation.rescoring import Sample
from kerasviz.probe import class_score, region_score

OPTIONS = {
    "occlusion": {"patch": 3, "stride": 2},
    "rise": {"masks": 40, "cells": 3},
    "score_cam": {},
    "ablation_cam": {},
}


@pytest.mark.parametrize("method", OPTIONS)
def test_predicted_class_is_that_of_the_whole_picture(
    network: keras.Model, pictures: np.ndarray, method: str
) -> None:
    classes = network.predict_on_batch(pictures).argmax(axis=1).tolist()
    default = maps_of(network, pictures, method, **OPTIONS[method])
    named = maps_of(network, pictures, method, target=classes, **OPTIONS[method])
    np.testing.assert_array_equal(default, named)
    others = maps_of(network, pictures, method, target=[(c + 1) % 4 for c in classes], **OPTIONS[method])
    assert not np.allclose(default, others)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("occlusion", {"patch": 4}),
        ("occlusion", {"stride": 1}),
        ("occlusion", {"fill": "mean"}),
        ("occlusion", {"of": "activations"}),
        ("rise", {"masks": 41}),
        ("rise", {"cells": 4}),
        ("rise", {"keep": 0.3}),
        ("rise", {"fill": "blur"}),
        ("rise", {"seed": 1}),
        ("score_cam", {"channels": 2}),
        ("score_cam", {"layer": "inner"}),
        ("ablation_cam", {"relu": False}),
        ("ablation_cam", {"layer": "inner"}),
    ],
)
def test_every_option_changes_the_result(
    network: keras.Model, pictures: np.ndarray, method: str, options: dict
) -> None:
    one = maps_of(network, pictures[:1], method, target=0, **OPTIONS[method])
    again = maps_of(network, pictures[:1], method, target=0, **OPTIONS[method])
    np.testing.assert_array_equal(one, again)
    assert not np.allclose(one, maps_of(network, pictures[:1], method, target=0, **OPTIONS[method] | options))


@pytest.mark.parametrize("method", OPTIONS)
def test_bfloat16_is_near_and_batches_do_not_matter(
    network: keras.Model, pictures: np.ndarray, method: str
) -> None:
    exact = maps_of(network, pictures, method, target=0, **OPTIONS[method])
    batched = maps_of(network, pictures, method, target=0, batch_size=7, **OPTIONS[method])
    np.testing.assert_allclose(batched, exact, atol=1e-5)
    rough = maps_of(network, pictures, method, target=0, precision="bfloat16", **OPTIONS[method])
    assert np.corrcoef(rough.ravel(), exact.ravel())[0, 1] > 0.95
    with pytest.raises(InputError, match="bfloat16"):
        maps_of(network, pictures, method, precision="float8")


@pytest.mark.parametrize("method", OPTIONS)
def test_nothing_of_the_caller_changes(network: keras.Model, method: str) -> None:
    pixels = (np.random.default_rng(2).random((2, 12, 10, 3)) * 255).astype(np.uint8)
    before, weights = pixels.copy(), network.get_weights()
    names, policy = [layer.name for layer in network.layers], keras.config.dtype_policy()
    maps_of(network, pixels, method, target=0, **OPTIONS[method])
    np.testing.assert_array_equal(pixels, before)
    for old, new in zip(weights, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [layer.name for layer in network.layers] == names
    assert all("call" not in vars(layer) for layer in network.layers)
    assert keras.config.dtype_policy() == policy


def test_changed_weights_are_noticed(pictures: np.ndarray) -> None:
    model = keras.Sequential([keras.Input((12, 10, 3)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()])
    before = {m: maps_of(model, pictures, m, target=0, **OPTIONS[m]) for m in OPTIONS}
    model.set_weights([w + 0.5 for w in model.get_weights()])
    for method, old in before.items():
        assert not np.allclose(old, maps_of(model, pictures, method, target=0, **OPTIONS[method]))


@pytest.mark.parametrize(("method", "done"), [("occlusion", 8), ("rise", 8), ("score_cam", 4)])
def test_interruption_keeps_what_is_done(
    network: keras.Model, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch, method: str, done: int
) -> None:
    options = OPTIONS[method] | ({"layer": "last"} if method == "score_cam" else {})
    whole = maps_of(network, pictures, method, target=0, batch_size=4, **options)
    score, calls = Sample.score, []

    def stop_in_second_picture(self: Sample, pixels: np.ndarray) -> np.ndarray:
        if len(pixels) > 1:
            calls.append(self.pixels[0, 0, 0])
            if calls.count(pictures[1, 0, 0, 0]) > done // 4:
                raise KeyboardInterrupt
        return score(self, pixels)

    monkeypatch.setattr(Sample, "score", stop_in_second_picture)
    with pytest.raises(Interrupted, match=f"{method} stopped after [1-9]") as caught:
        maps_of(network, pictures, method, target=0, batch_size=4, progress=False, **options)
    maps = caught.value.explanation.maps
    assert maps.shape == whole.shape
    np.testing.assert_array_equal(maps[0], whole[0])
    assert np.isnan(maps[2]).all()
    if method == "occlusion":
        assert not np.isnan(maps[1, :3]).any()
        assert np.isnan(maps[1, -2:]).all()
    elif method == "rise":
        monkeypatch.setattr(Sample, "score", score)
        short = maps_of(network, pictures, "rise", target=0, batch_size=4, **options | {"masks": done})
        np.testing.assert_allclose(maps[1], short[1], rtol=1e-6)
    else:
        monkeypatch.setattr(Sample, "score", score)
        short = maps_of(network, pictures, "score_cam", layer="last", target=0, channels=done)
        np.testing.assert_allclose(maps[1], short[1], atol=1e-6)


@pytest.mark.parametrize("allowed", [0, 8])
def test_interruption_between_pictures(
    network: keras.Model, pictures: np.ndarray, monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    """The first pass of a picture is interrupted: of the first one, or of the second after 8 runs."""
    score, calls = Sample.score, []

    def stop(self: Sample, pixels: np.ndarray) -> np.ndarray:
        calls.append(len(pixels))
        if len(calls) > allowed:
            raise KeyboardInterrupt
        return score(self, pixels)

    monkeypatch.setattr(Sample, "score", stop)
    with pytest.raises(KeyboardInterrupt) as caught:
        maps_of(network, pictures, "occlusion", target=0, batch_size=4, **OPTIONS["occlusion"])
    if allowed:
        assert calls == [4] * 7 + [2, 4]
        assert isinstance(caught.value, Interrupted)
        assert np.isnan(caught.value.explanation.maps).all(axis=(1, 2)).tolist() == [False, True, True]
        assert not np.isnan(caught.value.explanation.maps[0]).any()
    else:
        assert not isinstance(caught.value, Interrupted)


def test_memory_is_flat_in_the_number_of_masks(network: keras.Model, pictures: np.ndarray) -> None:
    def peak(masks: int) -> int:
        tracemalloc.start()
        maps_of(network, pictures[:1], "rise", target=0, masks=masks)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    maps_of(network, pictures[:1], "rise", target=0, masks=1)
    # 600 masks and masked pictures more would be 1.1 MB, held all at once.
    assert peak(700) < peak(100) + 400_000


def test_several_inputs_and_outputs(pictures: np.ndarray) -> None:
    image, factor = keras.Input((12, 10, 3), name="a"), keras.Input((1,), name="b")
    x = layers.Conv2D(2, 3, name="conv")(image)
    pooled = layers.Multiply()([layers.GlobalAveragePooling2D()(x), factor])
    model = keras.Model({"a": image, "b": factor}, {"one": layers.Dense(2)(pooled), "two": pooled})
    inputs = {"a": pictures[:2], "b": np.array([[1.0], [2.0]], np.float32)}
    target = class_score(0, output="two")
    for method, options in OPTIONS.items():
        both = (
            maps_of(model, inputs, method, layer="conv", target=target, relu=False)
            if "cam" in method
            else maps_of(model, inputs, method, target=target, **options)
        )
        assert both.shape == (2, 12, 10)
        assert np.ptp(both[0]) > 0
    drop = maps_of(model, inputs | {"a": pictures[[0, 0]]}, "occlusion", target=target, patch=4)
    np.testing.assert_allclose(drop[1], 2 * drop[0], rtol=1e-3, atol=1e-6)


def test_one_and_three_dimensions_and_data_sets() -> None:
    import tensorflow as tf

    line = keras.Sequential([keras.Input((16, 2)), layers.Conv1D(3, 3), layers.GlobalAveragePooling1D()])
    solid = keras.Sequential(
        [keras.Input((6, 7, 8, 1)), layers.Conv3D(3, 3), layers.GlobalAveragePooling3D()]
    )
    rng = np.random.default_rng(0)
    for model, shape in ((line, (2, 16)), (solid, (2, 6, 7, 8))):
        pixels = rng.random((*shape, model.input_shape[-1]), dtype=np.float32)
        stream = tf.data.Dataset.from_tensor_slices(pixels).batch(1)
        for method, options in OPTIONS.items():
            found = maps_of(model, pixels, method, **options)
            assert found.shape == shape
            np.testing.assert_allclose(maps_of(model, stream, method, **options), found, atol=1e-5)


def test_segmentation_target_and_grey_pictures_without_channels() -> None:
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3, padding="same", name="body")])
    model.add(layers.Conv2D(3, 1, activation="softmax"))
    pixels = np.random.default_rng(0).random((2, 8, 8), dtype=np.float32)
    mask = np.zeros((8, 8))
    mask[:3, :3] = 1
    found = maps_of(model, pixels, "occlusion", target=region_score(mask, 1), patch=2, stride=1)
    assert np.abs(found[:, :3, :3]).max() > 0
    assert np.abs(found[:, 6:, 6:]).max() < 1e-6


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("occlusion", {"patch": 99}, "patch is 99"),
        ("occlusion", {"stride": 4, "patch": 3}, "stride is 4"),
        ("occlusion", {"fill": "grey"}, "fill is 'grey'"),
        ("occlusion", {"of": "layer"}, "of is 'layer'"),
        ("rise", {"masks": 0}, "masks is 0"),
        ("rise", {"keep": 1.0}, "keep is 1.0"),
        ("score_cam", {"channels": 0}, "channels is 0"),
        ("occlusion", {"batch_size": 0}, "batch_size is 0; it must be a whole number from 1"),
    ],
)
def test_refusals(
    network: keras.Model, pictures: np.ndarray, method: str, options: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        maps_of(network, pictures, method, **options)


def test_models_without_a_picture_or_a_spatial_layer(network: keras.Model, pictures: np.ndarray) -> None:
    flat = keras.Sequential([keras.Input((5,)), layers.Dense(2)])
    with pytest.raises(UnsupportedModelError, match="takes no picture"):
        maps_of(flat, np.ones((1, 5)), "rise")
    for method in ("rise", "occlusion"):
        with pytest.raises(InputError, match="not a layer"):
            maps_of(network, pictures, method, layer="last")
    with pytest.raises(UnsupportedModelError, match="earlier layer"):
        maps_of(network, pictures, "score_cam", layer="head")


def test_occlusion_says_what_it_chose_and_ends() -> None:
    model = keras.Sequential([keras.Input((32, 31, 30, 1)), layers.GlobalAveragePooling3D(), layers.Dense(2)])
    found = explain(model, np.ones((1, 32, 31, 30, 1), np.float32), "occlusion", raw=True, progress=False)
    assert (found.options["patch"], found.options["stride"]) == (5, 3)
    assert found.maps.shape == (1, 10, 10, 10)
    asked = explain(model, np.ones((1, 32, 31, 30, 1), np.float32), "occlusion", patch=16, progress=False)
    assert (asked.options["patch"], asked.options["stride"]) == (16, 8)

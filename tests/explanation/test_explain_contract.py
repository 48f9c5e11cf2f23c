"""Every method on every kind of model keeps the same promises."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl
from maps_of import maps_of

from kerasviz.errors import InputError, LayerNotFoundError, UnsupportedModelError
from kerasviz.explanation import CAM, METHODS
from kerasviz.probe import Probe, class_score


def network(axes: int = 2, policy: str | None = None, nested: bool = False) -> keras.Model:
    keras.utils.set_random_seed(5)
    conv = getattr(kl, f"Conv{axes}D")
    image = keras.Input((*[9] * axes, 2))
    inner_image = keras.Input((*[9] * axes, 2))
    features = conv(4, 3, activation="relu", dtype=policy, name="conv1")(inner_image if nested else image)
    features = conv(3, 3, activation="relu", dtype=policy, name="conv2")(features)
    if nested:
        features = keras.Model(inner_image, features, name="base")(image)
    pooled = getattr(kl, f"GlobalAveragePooling{axes}D")(dtype=policy)(features)
    return keras.Model(image, kl.Dense(3, activation="softmax", dtype="float32")(pooled))


CAMS = tuple(method.name for method in METHODS if method.family == CAM)


class Own(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        keras.utils.set_random_seed(5)
        self.conv1 = kl.Conv2D(4, 3, activation="relu", name="conv1")
        self.conv2 = kl.Conv2D(3, 3, activation="relu", name="conv2")
        self.pool = kl.GlobalAveragePooling2D()
        self.dense = kl.Dense(3, activation="softmax")

    def call(self, images):
        return self.dense(self.pool(self.conv2(self.conv1(images))))


KINDS = {
    "flat": network,
    "line": lambda: network(1),
    "volume": lambda: network(3),
    "nested": lambda: network(nested=True),
    "bfloat16": lambda: network(policy="mixed_bfloat16"),
    "subclassed": Own,
}


@pytest.fixture(scope="module", params=list(KINDS))
def case(request: pytest.FixtureRequest) -> tuple[keras.Model, np.ndarray]:
    axes = {"line": 1, "volume": 3}.get(request.param, 2)
    return KINDS[request.param](), np.random.default_rng(1).random((4, *[9] * axes, 2), np.float32)


@pytest.mark.parametrize("method", CAMS)
def test_contract(case, method: str) -> None:
    model, images = case
    before = images.copy()
    weights = [np.array(weight.numpy()) for weight in model.weights]
    maps = maps_of(model, images, method, target=1)
    assert maps.shape == images.shape[:-1]
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()
    assert maps.min() >= 0
    np.testing.assert_array_equal(images, before)
    for was, weight in zip(weights, model.weights, strict=False):
        np.testing.assert_array_equal(was, weight.numpy())
    np.testing.assert_array_equal(maps_of(model, images, method, target=1), maps)
    tolerance = 1e-6 + 1e-5 * maps.max()
    np.testing.assert_allclose(maps_of(model, images[:1], method, target=1), maps[:1], atol=tolerance)
    np.testing.assert_allclose(maps_of(model, images, method, target=1, batch_size=3), maps, atol=tolerance)


@pytest.mark.parametrize("method", sorted(set(CAMS) - {"cam"}))
def test_every_parameter_changes_the_result(method: str) -> None:
    model, images = network(), np.random.default_rng(1).random((2, 9, 9, 2), np.float32)
    plain = maps_of(model, images, method, target=0, relu=False)
    assert maps_of(model, images, method, target=0, relu=False, raw=True).shape == (2, 5, 5)
    assert maps_of(model, images, method, layer="conv1", target=0, relu=False, raw=True).shape == (2, 7, 7)
    if method != "eigen_cam":
        assert np.abs(maps_of(model, images, method, target=1, relu=False) - plain).max() > 1e-4
        assert plain.min() < 0 or method in ("layer_cam", "grad_cam_plus_plus")
    others = [maps_of(model, images, name, target=0, relu=False) for name in CAMS if name != method]
    # On a network of pooling and one dense layer XGrad-CAM, HiResCAM and Grad-CAM agree, as their papers say.
    assert sum(np.abs(other - plain).max() > 1e-4 for other in others) >= 3


def test_cam_is_grad_cam_times_the_number_of_positions() -> None:
    model, images = network(), np.random.default_rng(1).random((2, 9, 9, 2), np.float32)
    zhou = maps_of(model, images, "cam", target=2, relu=False, raw=True)
    np.testing.assert_allclose(zhou, 25 * maps_of(model, images, target=2, relu=False, raw=True), rtol=1e-4)
    kernel = model.layers[-1].get_weights()[0]
    activations = Probe(model, "conv2").activations(images)["conv2"]
    np.testing.assert_allclose(zhou, activations @ kernel[:, 2], atol=1e-5)
    with pytest.raises(UnsupportedModelError, match="global average pooling"):
        maps_of(model, images, "cam", layer="conv1")


def test_the_default_layer_is_the_last_spatial_one() -> None:
    model, images = network(nested=True), np.ones((1, 9, 9, 2), np.float32)
    np.testing.assert_array_equal(maps_of(model, images), maps_of(model, images, layer="base/conv2"))
    dense = keras.Sequential([keras.Input((4,)), kl.Dense(2)])
    with pytest.raises(UnsupportedModelError, match="no layer with a spatial axis"):
        maps_of(dense, np.ones((1, 4)))


@pytest.mark.parametrize("method", CAMS)
def test_bfloat16_is_near(method: str) -> None:
    model, images = network(), np.random.default_rng(1).random((2, 9, 9, 2), np.float32)
    exact = maps_of(model, images, method, target=0, relu=False)
    rough = maps_of(model, images, method, target=0, relu=False, precision="bfloat16")
    assert np.corrcoef(rough.ravel(), exact.ravel())[0, 1] > 0.95
    np.testing.assert_array_equal(maps_of(model, images, method, target=0, relu=False), exact)
    with pytest.raises(InputError, match="float32 or bfloat16"):
        maps_of(model, images, method, precision="float8")


def test_probabilities_on_request() -> None:
    model, images = network(), np.random.default_rng(1).random((1, 9, 9, 2), np.float32)
    logit = maps_of(model, images, target=0, relu=False)
    probability = maps_of(model, images, target=class_score(0, probability=True), relu=False)
    assert np.abs(logit - probability).max() > 1e-3


def test_a_model_that_grows_is_cut_anew() -> None:
    model = keras.Sequential([keras.Input((6, 6, 1)), kl.Conv2D(2, 3, name="conv1")])
    model.add(kl.GlobalAveragePooling2D())
    images = np.ones((1, 6, 6, 1), np.float32)
    assert maps_of(model, images, raw=True).shape == (1, 4, 4)
    model.pop()
    model.add(kl.Conv2D(2, 3, name="conv2"))
    model.add(kl.GlobalAveragePooling2D())
    assert maps_of(model, images, raw=True).shape == (1, 2, 2)


def test_wrong_requests() -> None:
    model, images = network(), np.ones((1, 9, 9, 2), np.float32)
    with pytest.raises(InputError, match="Got 2 layers, conv1, conv2; expected one"):
        maps_of(model, images, layer="conv*")
    with pytest.raises(LayerNotFoundError, match="Did you mean conv2 or conv1"):
        maps_of(model, images, layer="conv3")
    with pytest.raises(InputError, match="batch_size is 0; it must be a whole number from 1"):
        maps_of(model, images, batch_size=0)


def test_repeated_calls_keep_memory_flat() -> None:
    import gc
    import tracemalloc

    model, images = network(), np.random.default_rng(1).random((1, 9, 9, 2), np.float32)
    for label in (0, 1, 2):
        maps_of(model, images, target=label)
    # Tensors are freed behind tracemalloc's back, which counts them until their place is taken again.
    tensors = tracemalloc.Filter(False, "*/constant_op.py")
    tracemalloc.start()
    try:
        maps_of(model, images)
        gc.collect()
        before = tracemalloc.take_snapshot().filter_traces([tensors])
        for at in range(300):
            maps_of(model, images, target=at % 3)
        gc.collect()
        after = tracemalloc.take_snapshot().filter_traces([tensors])
    finally:
        tracemalloc.stop()
    grown = sum(line.size_diff for line in after.compare_to(before, "filename"))
    assert grown < 300 * 10


@pytest.mark.parametrize("layer", [["conv2"], ("conv2",), "conv2", np.int64(2), [2], "conv[2]"])
def test_ways_to_name_the_one_layer(layer: object) -> None:
    model, images = network(), np.random.default_rng(0).random((2, 9, 9, 2), np.float32)
    expected = maps_of(model, images, layer=model.get_layer("conv2"), target=1, relu=False)
    assert expected.any()
    np.testing.assert_array_equal(maps_of(model, images, layer=layer, target=1, relu=False), expected)


@pytest.mark.parametrize("layer", [["conv1", "conv2"], "conv*", [np.int64(1), 2]])
def test_several_layers_are_refused(layer: object) -> None:
    with pytest.raises(InputError, match=r"Got 2 layers, conv1, conv2; expected one: name it by its path\."):
        maps_of(network(), np.ones((1, 9, 9, 2), np.float32), layer=layer)

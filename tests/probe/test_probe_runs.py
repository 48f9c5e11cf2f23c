"""What a probe reads is what the layers compute, and the model does not notice."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl

from kerasviz.errors import ImageError, InputError, TargetError, UnsupportedModelError
from kerasviz.probe import Probe, class_score, region_score, top_class

IMAGES = np.random.default_rng(0).random((5, 12, 12, 3), np.float32)


def weights_of(model: keras.Model) -> dict[str, np.ndarray]:
    return {weight.path: np.array(weight.numpy()) for weight in model.weights}


def count_traces(model: keras.Model) -> Callable[[], int]:
    """Return what says how often Keras has run the first layer since, be it on tensors or on symbols."""
    layer, calls = model.layers[1], []
    original = layer.call
    layer.call = lambda *args, **kwargs: calls.append(1) or original(*args, **kwargs)
    return lambda: len(calls)


def by_name(model: keras.Model, name: str) -> keras.layers.Layer:
    return next(layer for layer in model._flatten_layers() if layer.name == name)


def test_every_kind_agrees_with_its_layers_called_by_hand(model: keras.Model) -> None:
    before = weights_of(model)
    several = isinstance(getattr(model, "output", None), dict)
    trace = Probe(model, "conv2").trace(IMAGES, class_score(1, output="kind" if several else None))
    (path,) = trace.activations
    factor = 2.0 if "/" in path else 1.0
    expected = np.asarray(by_name(model, "conv2")(by_name(model, "conv1")(IMAGES * factor)))
    np.testing.assert_allclose(trace.activations[path], expected, atol=1e-5)
    flat = model._flatten_layers()
    dense = next(layer for layer in flat if isinstance(layer, kl.Dense) and layer.units == 3)
    kernel, bias = dense.get_weights()
    logits = expected.mean(axis=(1, 2)) @ kernel + bias
    np.testing.assert_allclose(trace.scores, logits[:, 1], atol=1e-5)
    # The mean over 64 positions: each gradient is the class's weight / 64.
    np.testing.assert_allclose(
        trace.gradients[path], np.broadcast_to(kernel[:, 1] / 64, expected.shape), atol=1e-6
    )
    assert trace.score_kind == "logit"
    for name, value in before.items():
        np.testing.assert_array_equal(value, weights_of(model)[name])
    assert all("call" not in vars(layer) for layer in model._flatten_layers())


def test_batches_of_any_length_share_one_function(build) -> None:
    model = build["functional"]()
    traced = count_traces(model)
    probe = Probe(model, "conv2")
    whole = probe.trace(IMAGES)
    parts = probe.trace(IMAGES, batch_size=2)
    np.testing.assert_allclose(whole.gradients["conv2"], parts.gradients["conv2"], atol=1e-6)
    np.testing.assert_array_equal(whole.classes, parts.classes)
    for label in range(3):
        probe.trace(IMAGES[:3], label)
    assert traced() == 1
    streamed = list(probe.stream(iter([IMAGES[:2], IMAGES[2:]])))
    assert [len(part["conv2"]) for part in streamed] == [2, 3]
    dataset = tf.data.Dataset.from_tensor_slices((IMAGES, np.arange(5))).batch(2)
    np.testing.assert_allclose(
        probe.activations(dataset)["conv2"], probe.activations(IMAGES)["conv2"], atol=1e-6
    )


def test_later_weights_count(build) -> None:
    model = build["functional"]()
    probe = Probe(model, "conv2")
    first = probe.trace(IMAGES, 0).scores
    model.get_layer("predictions").bias.assign([7.0, 0.0, 0.0])
    np.testing.assert_allclose(probe.trace(IMAGES, 0).scores, first + 7, atol=1e-5)


def test_multi_input_in_any_structure(build) -> None:
    model = build["multi_input"]()
    extra = np.ones((5, 2), np.float32)
    probe = Probe(model, "conv2")
    forms = [[IMAGES, extra], (IMAGES, extra), {"extra": extra, "image": IMAGES}]
    traces = [probe.trace(form, 0) for form in forms]
    for trace in traces:
        np.testing.assert_allclose(trace.outputs, model.predict_on_batch([IMAGES, extra]), atol=1e-6)
    with pytest.raises(ImageError, match="got none named extra"):
        probe.trace({"image": IMAGES})


def test_multi_output_needs_the_output(build) -> None:
    model = build["multi_output"]()
    probe = Probe(model, "conv2")
    with pytest.raises(TargetError, match=r"2 outputs: .*kind.*say which.*target=top_class\(output="):
        probe.trace(IMAGES)
    with pytest.raises(TargetError, match="no part in the explained score"):
        probe.trace(IMAGES, class_score(1, output="age"))
    assert probe.trace(IMAGES, top_class(2, output="kind")).scores.shape == (5,)


def test_errors_leave_the_model_as_it_was(build) -> None:
    model = build["subclassed"]()
    model(IMAGES)

    def fail(outputs):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        Probe(model, "conv2").trace(IMAGES, fail)
    assert "call" not in vars(model.conv2)


def test_losses_and_states_do_not_leak() -> None:
    image = keras.Input((6, 6, 1))
    features = kl.Conv2D(2, 3, activity_regularizer="l2", name="conv")(image)
    model = keras.Model(image, kl.Dense(2)(kl.GlobalAveragePooling2D()(kl.BatchNormalization()(features))))
    before = len(model.losses)
    Probe(model, "conv").trace(np.ones((2, 6, 6, 1), np.float32))
    assert len(model.losses) == before


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_gives_float32(policy: str) -> None:
    image = keras.Input((6, 6, 1))
    conv = kl.Conv2D(2, 3, activation="relu", dtype=policy, name="conv", kernel_initializer="ones")
    pooled = kl.GlobalAveragePooling2D(dtype=policy)(conv(image))
    dense = kl.Dense(
        2, activation="softmax", dtype=policy, kernel_initializer=keras.initializers.Constant(2e-6)
    )
    model = keras.Model(image, dense(pooled))
    trace = Probe(model, "conv").trace(np.ones((1, 6, 6, 1), np.float32), 1)
    assert trace.activations["conv"].dtype == trace.gradients["conv"].dtype == np.float32
    np.testing.assert_array_equal(trace.activations["conv"], 9)
    # 2e-6 / 16 is far below the smallest normal float16, 6e-5: it survives by its scaling.
    np.testing.assert_allclose(trace.gradients["conv"], 2e-6 / 16, rtol=0.02)


def test_channels_first_is_returned_channels_last() -> None:
    keras.utils.set_random_seed(0)
    image = keras.Input((3, 8, 10))
    conv = kl.Conv2D(4, 3, data_format="channels_first", name="conv")
    pooled = kl.GlobalAveragePooling2D(data_format="channels_first")(kl.ReLU(name="relu")(conv(image)))
    model = keras.Model(image, kl.Dense(2)(pooled))
    images = IMAGES[:2, :8, :10].transpose(0, 3, 1, 2)
    found = Probe(model, "relu").activations(images)["relu"]
    same = kl.Conv2D(4, 3, activation="relu")
    same.build((None, 8, 10, 3))
    same.set_weights(conv.get_weights())
    np.testing.assert_allclose(found, np.asarray(same(images.transpose(0, 2, 3, 1))), atol=1e-5)


def test_a_distribution_strategy(build) -> None:
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = build["functional"]()
    trace = Probe(model, "conv2").trace(IMAGES, 0)
    np.testing.assert_allclose(trace.outputs, np.asarray(model(IMAGES)), atol=1e-6)


def test_a_residual_layer_that_returns_its_input() -> None:
    image = keras.Input((4, 4, 1))
    dropped = kl.Dropout(0.5, name="drop")(image)
    pooled = kl.GlobalAveragePooling2D()(kl.Add()([dropped, image]))
    model = keras.Model(image, kl.Dense(1, kernel_initializer="ones")(pooled))
    trace = Probe(model, "drop").trace(np.ones((1, 4, 4, 1), np.float32), 1)
    np.testing.assert_allclose(trace.gradients["drop"], 1 / 16)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (IMAGES[0], ImageError, "add the batch axis"),
        (IMAGES[:, :5], ImageError, r"expects \(N, 12, 12, 3\)"),
        (IMAGES * np.nan, ImageError, "NaN"),
        (IMAGES[:0], InputError, "no pictures"),
        (np.array([["a", "b"]]), ImageError, "expected numbers"),
        (iter([]), InputError, "no batches"),
    ],
)
def test_unusable_pictures(build, images, error, message) -> None:
    with pytest.raises(error, match=message):
        Probe(build["functional"](), "conv2").activations(images)


def test_bytes_are_pictures_too(build) -> None:
    model = build["functional"]()
    images = (IMAGES * 255).astype(np.uint8)
    probe = Probe(model, "conv2")
    np.testing.assert_allclose(
        probe.activations(images)["conv2"], probe.activations(images.astype(np.float32))["conv2"]
    )


def test_the_cache_does_not_keep_models(build) -> None:
    from kerasviz.probe import as_target, cached_cut, frozen_forward

    model = build["functional"]()
    list(cached_cut(model, None).traces(IMAGES, as_target(None), 8))
    frozen_forward(model)(IMAGES)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


class Looping(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.conv2 = kl.Conv2D(3, 3, padding="same", name="conv2")

    @tf.function
    def inside(self, images):
        return self.conv2(images)

    def call(self, images):
        return keras.ops.mean(self.inside(images), axis=(1, 2))


def test_a_layer_in_a_function_of_its_own_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="inside a function compiled on its own"):
        Probe(Looping(), "conv2").activations(IMAGES)


def segmenter() -> keras.Model:
    image = keras.Input((4, 4, 1))
    conv = kl.Conv2D(2, 1, use_bias=False, name="conv", kernel_initializer="ones")(image)
    kernel = keras.initializers.Constant(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])[None, None])
    return keras.Model(
        image, kl.Conv2D(3, 1, activation="softmax", kernel_initializer=kernel, name="maps")(conv)
    )


def test_region_of_a_segmentation_map() -> None:
    mask = np.zeros((4, 4))
    mask[0, :2] = 1
    images = np.ones((2, 4, 4, 1), np.float32)
    trace = Probe(segmenter(), "conv").trace(images, region_score(mask, 2))
    np.testing.assert_allclose(trace.scores, 9)
    np.testing.assert_allclose(trace.gradients["conv"][0, 0, 0], [1.5, 3.0])
    assert not trace.gradients["conv"][:, 1:].any()
    rows = keras.Sequential([*segmenter().layers, kl.Reshape((16, 3))])
    with pytest.raises(TargetError, match=r"has shape \(N, 16, 3\), rows that lie over no axis"):
        Probe(rows, "conv").trace(images, 2)
    with pytest.raises(TargetError, match="The mask is 2x2"):
        Probe(segmenter(), "conv").trace(images, region_score(np.ones((2, 2)), 2))
    with pytest.raises(TargetError, match="empty"):
        Probe(segmenter(), "conv").trace(images, region_score(np.zeros((4, 4)), 2))


@pytest.mark.parametrize("order", [("image", "factor"), ("factor", "image")])
def test_inputs_by_name_whatever_their_order(order: tuple[str, str]) -> None:
    inputs = {"image": keras.Input((4, 4, 1), name="image"), "factor": keras.Input((1,), name="factor")}
    conv = keras.layers.Conv2D(2, 3, name="conv")(inputs["image"])
    scaled = keras.layers.GlobalAveragePooling2D()(conv) * inputs["factor"]
    model = keras.Model({name: inputs[name] for name in order}, scaled)
    arrays = {"image": np.ones((3, 4, 4, 1), np.float32), "factor": np.full((3, 1), 5, np.float32)}
    probe = Probe(model, "conv")
    by_name = probe.trace({name: arrays[name] for name in reversed(order)}, target=1)
    np.testing.assert_allclose(by_name.outputs, model.predict_on_batch(arrays), atol=1e-6)
    by_position = probe.trace([arrays["factor"], arrays["image"]], target=1)
    np.testing.assert_allclose(by_position.outputs, by_name.outputs, atol=1e-6)


def test_a_probe_and_a_trace_show_themselves_in_a_line(build) -> None:
    probe = Probe(build["functional"](), ["conv1", "conv2"])
    assert repr(probe) == "<Probe of plain at conv1, conv2>"
    assert repr(probe.trace(IMAGES)) == "<Trace of 5 pictures, logit: conv1 (10, 10, 4), conv2 (8, 8, 5)>"

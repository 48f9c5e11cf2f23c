"""Classifiers with a preprocessor: what is explained is what `predict` says."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from hub_tasks import SIDE, hub_task

import kerasviz as kv
from kerasviz.classification import evaluate
from kerasviz.data import open_data
from kerasviz.data.sets import shapes
from kerasviz.explanation import Probe
from kerasviz.images import PictureForm
from kerasviz.probe import model_ready

SHAPE = 48


class Crop:
    """The preprocessor of a small model: crops to a square, resizes and scales, as those of keras_hub do."""

    class_names = ("circle", "square", "triangle")

    def __init__(self) -> None:
        self.resize = keras.layers.Resizing(SIDE, SIDE, crop_to_aspect_ratio=True)

    def __call__(self, x, y=None, sample_weight=None):
        return self.resize(x) * 0.05 - 3.0


def small_task() -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = [
        keras.Input((SIDE, SIDE, 3)),
        keras.layers.Conv2D(8, 3, activation="relu", name="conv"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3),
    ]
    model = keras.Sequential(layers)
    model.preprocessor = Crop()
    return model


TASKS = ["small", "ResNet", "EfficientNet", "ViT"]


def trained(kind: str) -> tuple[keras.Model, np.ndarray]:
    """Return a classifier, trained for a moment, and a few raw pictures twice as wide as high, uint8."""
    model = small_task() if kind == "small" else hub_task(kind)
    split = shapes.load(48, 4, SHAPE, classes=Crop.class_names).train
    images = np.stack([split.image(at) for at in range(len(split))])
    wide = np.concatenate([images, images[:, :, ::-1]], axis=2)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    if kind == "small":
        model.fit(model_ready(model, wide, False), split.labels, verbose=0)
    else:
        model.fit(wide, split.labels, shuffle=False, verbose=0)
    return model, wide[:6]


def predicted(model: keras.Model, raw: np.ndarray) -> np.ndarray:
    if isinstance(model.preprocessor, Crop):
        return model.predict(model.preprocessor(raw.astype(np.float32)), verbose=0)
    return model.predict(raw, verbose=0)


@pytest.mark.parametrize("kind", TASKS)
def test_what_is_explained_is_what_predict_says(kind) -> None:
    model, raw = trained(kind)
    expected = predicted(model, raw)
    method = "saliency"  # it needs no layer with the picture's axes, as the ViT has none
    for images in (raw, raw.astype(np.float32), tf.data.Dataset.from_tensor_slices(raw).batch(4)):
        found = kv.explain(model, images, method)
        np.testing.assert_allclose(found.outputs, expected, atol=1e-5)
        assert found.classes.tolist() == expected.argmax(axis=1).tolist()
        assert found.maps.shape == (6, SIDE, SIDE)
    ready = np.asarray(model.preprocessor(raw.astype(np.float32)))
    same = kv.explain(model, ready, method, preprocessed=True)
    np.testing.assert_allclose(same.maps, kv.explain(model, raw, method).maps, atol=1e-6)
    form = PictureForm.of(model)
    files = form.batch([form.fit(picture) for picture in raw])
    np.testing.assert_allclose(files, ready, atol=1e-5)
    noisy = kv.smooth(kv.explain, samples=2)
    np.testing.assert_allclose(noisy(model, raw, method).outputs, expected, atol=1e-5)
    np.testing.assert_array_equal(
        noisy(model, raw, method).maps, noisy(model, ready, method, preprocessed=True).maps
    )


@pytest.mark.parametrize("kind", ["small", "ResNet", "EfficientNet"])
def test_grad_cam_equals_one_written_by_hand_on_preprocessed_pictures(kind) -> None:
    model, raw = trained(kind)
    ready = tf.convert_to_tensor(np.asarray(model.preprocessor(raw.astype(np.float32))))
    found = kv.explain(model, raw, "grad_cam", raw=True)
    if kind == "small":
        first, rest = model.layers[0], model.layers[1:]
    else:
        last = model.backbone.get_layer(found.layer.removeprefix(f"{model.backbone.name}/"))
        assert last.output is model.backbone.output
        first, rest = model.backbone, [model.pooler, model.output_dense]
    with tf.GradientTape() as tape:
        activations = first(ready, training=False)
        tape.watch(activations)
        values = activations
        for layer in rest:
            values = layer(values)
        scores = tf.reduce_max(values, axis=1)
    weights = tf.reduce_mean(tape.gradient(scores, activations), axis=(1, 2), keepdims=True)
    by_hand = tf.nn.relu(tf.reduce_sum(weights * activations, axis=-1)).numpy()
    assert by_hand.max() > 1e-3
    np.testing.assert_allclose(found.scores, scores, atol=1e-5)
    np.testing.assert_allclose(found.maps, by_hand, atol=1e-5)


@pytest.mark.parametrize("kind", TASKS)
def test_an_evaluation_is_that_of_the_model_itself(kind) -> None:
    model, raw = trained(kind)
    logits = predicted(model, raw)
    labels = np.arange(6) % 3
    found = evaluate(model, open_data((raw, labels)).validation, class_names=["a", "b", "c"])
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        found.probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-5
    )


def test_every_entry_takes_raw_pictures_and_ready_ones() -> None:
    model, raw = trained("small")
    ready = model_ready(model, raw, preprocessed=False)
    probe, of_ready = Probe(model, "conv"), Probe(model, "conv", preprocessed=True)
    np.testing.assert_array_equal(probe.activations(raw)["conv"], of_ready.activations(ready)["conv"])
    traces = probe.trace(raw, 1), of_ready.trace(ready, 1)
    np.testing.assert_array_equal(traces[0].cam().maps, traces[1].cam().maps)
    vectors = kv.embed(model, raw).vectors
    np.testing.assert_array_equal(vectors, kv.embed(model, ready, preprocessed=True).vectors)
    settings = kv.trust.Settings(("deletion",), steps=2)
    one = kv.Evaluator(model, raw, settings=settings).score("grad_cam")
    other = kv.Evaluator(model, ready, settings=settings, preprocessed=True).score("grad_cam")
    assert one.mean("deletion") == other.mean("deletion")
    checks = kv.sanity_check(model, raw, stages=1), kv.sanity_check(model, ready, stages=1, preprocessed=True)
    for first, second in zip(checks[0].stages, checks[1].stages, strict=True):
        np.testing.assert_array_equal(first.maps, second.maps)


def test_a_range_that_is_given_leaves_the_preprocessor_out() -> None:
    model, raw = trained("small")
    ready = model_ready(model, raw, preprocessed=False)
    found = kv.explain(model, ready, input_range=(-3.0, 9.75))
    np.testing.assert_array_equal(found.maps, kv.explain(model, raw).maps)


def test_pictures_and_names_of_an_explanation() -> None:
    model, raw = trained("small")
    found = kv.explain(model, raw, target="square")
    assert set(found.labels) == {"square"}
    ready = model_ready(model, raw, preprocessed=False)
    seen = raw[:, :, SHAPE // 2 : SHAPE // 2 + SHAPE].astype(np.float32)
    expected = keras.ops.convert_to_numpy(keras.layers.Resizing(SIDE, SIDE)(seen))
    np.testing.assert_allclose(kv.explain(model, ready, preprocessed=True).pictures(), expected, atol=1)
    model.class_names = ["a", "b", "c"]
    assert kv.explain(model, raw, target=1).labels[0] == "b"


@pytest.mark.parametrize("kind", TASKS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_arrays_are_drawn_on_the_callers_own_pictures(kind, dtype) -> None:
    model, raw = trained(kind)
    given = raw.astype(dtype)
    found = kv.explain(model, given, "saliency")
    assert found.originals is given
    assert found.images.shape == (6, SIDE, SIDE, 3)
    assert found.pictures().shape == found.overlay().shape == raw.shape
    form = PictureForm.of(model)
    for at, picture in enumerate(form.fit(one) for one in raw):
        np.testing.assert_array_equal(found.pictures()[at], picture.box.dimmed(raw[at]))
        heatmap = picture.box.placed(found.maps[at], raw.shape[1:3], fill=0.0)
        scale = kv.pictures.sequential(heatmap, 99.5)
        np.testing.assert_array_equal(
            found.overlay()[at], kv.overlay(found.pictures()[at], heatmap, scale=scale)
        )
    if kind in ("small", "ResNet"):  # they crop: what they do not see is dark, and has no evidence
        left = found.overlay()[:, :, : SHAPE // 2 - 2]
        np.testing.assert_array_equal(left, raw[:, :, : SHAPE // 2 - 2] // 3)
    some = found[1:3]
    np.testing.assert_array_equal(some.overlay(), found.overlay()[1:3])


def test_a_hot_pixel_of_the_model_lies_on_its_pixel_of_the_callers_picture() -> None:
    model, _ = trained("small")
    raw = np.full((1, 100, 200, 3), 40, np.uint8)
    raw[:, 20:36, 120:136] = 250
    found = kv.explain(model, raw, "input_x_gradient")
    hot = (found.images[0].sum(axis=-1) > found.images.mean() * 3 + 1).astype(np.float32)
    shown = dataclasses.replace(found, maps=hot[None], declaration=kv.explanation.find_method("grad_cam"))
    changed = (shown.overlay() != shown.pictures()).any(axis=-1)[0]
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    assert abs(rows.mean() - 27.5) < 2
    assert abs(columns.mean() - 127.5) < 2


def test_other_entries_keep_the_callers_pictures_too() -> None:
    model, raw = trained("small")
    assert kv.smooth(kv.explain, samples=2)(model, raw).pictures().shape == raw.shape
    (named,) = kv.explain_outputs(model, raw).values()
    assert named.pictures().shape == raw.shape
    stream = tf.data.Dataset.from_tensor_slices(raw).batch(4)
    (named,) = kv.explain_outputs(model, stream).values()
    assert (named.originals, named.maps.shape) == (None, (6, SIDE, SIDE))
    ready = model_ready(model, raw, preprocessed=False)
    assert kv.explain(model, ready, preprocessed=True).originals is None


def test_what_cannot_be_followed_is_drawn_as_the_network_saw_it() -> None:
    model, raw = trained("small")
    straight = model.preprocessor
    model.preprocessor = lambda x: keras.ops.flip(straight(x), axis=2)
    found = kv.explain(model, raw)
    assert found.pictures().shape == (6, SIDE, SIDE, 3)
    assert found.overlay().shape == (6, SIDE, SIDE, 3)

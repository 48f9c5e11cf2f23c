"""Segmentation: what is explained by default, by class, by region; by hand and against a GradientTape."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as kl
from tiny_unet import PICTURE, by_hand, random

import kerasviz as kv
from kerasviz.errors import TargetError
from kerasviz.explanation import PERTURBATION, find_method


def down(**options) -> kv.Explanation:
    return kv.explain(by_hand(), PICTURE, layer="down", raw=True, **options)


def test_the_region_of_the_most_common_class_by_hand() -> None:
    found = down()
    assert found.classes.tolist() == [1]
    assert found.score_kind == "logit"
    # 7 at three pixels, 4 at four.
    np.testing.assert_allclose(found.scores, [37 / 7], rtol=1e-6)
    # dY/dm is 3/7 at the upper left, 4/7 at the lower right: their mean over four places is 1/4.
    np.testing.assert_allclose(found.maps, [[[3 / 4, 0], [0, 2 / 4]]], rtol=1e-6)


@pytest.mark.parametrize(
    "target", [2, kv.class_score(2), kv.top_class(2), kv.region_score(label=2), kv.region_score(None, 2)]
)
def test_another_class_over_its_own_region_by_hand(target) -> None:
    found = down(target=target)
    assert found.classes.tolist() == [2]
    np.testing.assert_allclose(found.scores, [5.0], rtol=1e-6)
    # 2 m - 1 at one pixel: the mean of dY/dm is 2/4.
    np.testing.assert_allclose(found.maps, [[[3 / 2, 0], [0, 2 / 2]]], rtol=1e-6)


def test_a_region_of_ones_own_by_hand() -> None:
    mask = np.zeros((4, 4))
    mask[0] = 1  # two pixels of class 1, two of class 0
    found = down(target=kv.region_score(mask))
    assert (found.classes.tolist(), found.scores.tolist()) == ([1], [(7 + 7 + 0 + 0) / 4])
    dark = np.zeros((4, 4))
    dark[1, 1] = 1
    found = down(target=kv.region_score(dark))
    assert (found.classes.tolist(), found.scores.tolist()) == ([2], [5.0])
    assert down(target=kv.region_score(dark, 0)).scores.tolist() == [1.0]
    assert down(target=kv.region_score(dark, 1)).scores.tolist() == [3.0]


def test_probabilities_of_a_region() -> None:
    found = down(target=kv.region_score(probability=True))
    e = np.exp
    shares = [e(7) / (e(1) + e(7) + e(5))] * 3 + [e(4) / (e(1) + e(4) + e(3))] * 4
    np.testing.assert_allclose(found.scores, [np.mean(shares)], rtol=1e-5)
    assert found.score_kind == "probability"


def test_what_is_changed_is_scored_over_the_region_of_the_whole_picture() -> None:
    options = {"patch": 2, "stride": 2, "progress": False}
    found = kv.explain(by_hand(), PICTURE, "occlusion", raw=True, **options)
    # Without a block its logits of class 1 are 0: at three pixels of seven they were 7, at four 4.
    np.testing.assert_allclose(found.maps, [[[21 / 7, 0], [0, 16 / 7]]], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.scores, [37 / 7], rtol=1e-6)
    path = kv.explain(by_hand(), PICTURE, "integrated_gradients", steps=4)
    # Class 1 over a fixed region is linear: 1/7 of each of its pixels, 1/4 of that for each of its block.
    np.testing.assert_allclose(path.maps[0, :2, :2], [[4 + 3, 4 + 3], [4 + 3, 0]] / np.float32(7), rtol=1e-5)
    np.testing.assert_allclose(path.maps.sum(), 37 / 7, rtol=1e-5)
    noisy = kv.smooth(kv.explain, samples=3, noise=0.5)(by_hand(), PICTURE, layer="down", raw=True)
    assert noisy.classes.tolist() == [1]
    # The gradients are those of the fixed region whatever the noise.
    np.testing.assert_allclose(noisy.scores, [37 / 7], rtol=1e-6)


def test_nothing_but_background_is_no_evidence() -> None:
    pictures = np.concatenate([PICTURE, np.zeros_like(PICTURE)])
    for method in ("grad_cam", "occlusion", "integrated_gradients"):
        options = {"progress": False} if find_method(method).family == PERTURBATION else {}
        found = kv.explain(by_hand(), pictures, method, **options)
        assert found.classes.tolist() == [1, -1]
        assert found.scores[1] == 0
        assert found.without_evidence.tolist() == [False, True]
        np.testing.assert_array_equal(found.maps[1], 0)
    assert down(target=kv.region_score(np.eye(4)[::-1])).classes.tolist() == [-1]
    # Asked for by name, it keeps its name.
    found = kv.explain(by_hand(), pictures, target=2)
    assert found.classes.tolist() == [2, 2]
    assert found.without_evidence.tolist() == [False, True]
    with pytest.raises(TargetError, match="The region is empty"):
        down(target=kv.region_score(np.zeros((4, 4))))


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_channel_is_class_1_where_its_probability_is_above_a_half(activation: str | None) -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), kl.Activation("linear", name="same")])
    model.add(kl.Conv2D(1, 1, activation=activation, name="mark"))
    model.get_layer("mark").set_weights([np.full((1, 1, 1, 1), 2.0), np.array([-5.0])])
    found = kv.explain(model, PICTURE, layer="same", raw=True)
    # 2 * 4 - 5 at three pixels; all others are below 0.
    assert (found.classes.tolist(), found.scores.tolist()) == ([1], [3.0])
    np.testing.assert_allclose(found.maps[0], PICTURE[0, ..., 0] * 2 / 16, rtol=1e-6)
    dark = kv.explain(model, 0 * PICTURE, layer="same")
    assert (dark.classes.tolist(), dark.scores.tolist()) == ([1], [0.0])
    assert dark.without_evidence.all()
    rest = kv.explain(model, PICTURE, target=0)
    np.testing.assert_allclose(rest.scores, [(4 * 1 + 9 * 5) / 13], rtol=1e-6)


@pytest.mark.parametrize(("channels", "activation"), [(3, "softmax"), (1, "sigmoid"), (4, "linear")])
def test_grad_cam_equals_a_tape_of_ones_own(channels: int, activation: str) -> None:
    model = random(channels, activation)
    images = np.random.default_rng(2).normal(size=(5, 8, 8, 2)).astype(np.float32)
    features = keras.Model(model.input, model.get_layer("last").output)(images)
    model.get_layer("classes").activation = keras.activations.linear
    with tf.GradientTape() as tape:
        tape.watch(features)
        logits = model.get_layer("classes")(features)
        both = tf.concat([-logits, logits], -1) if channels == 1 else logits
        predicted = np.argmax(both.numpy(), -1)
        sizes = np.stack([(predicted == c).sum((1, 2)) for c in range(1, both.shape[-1])], -1)
        classes = 1 + sizes.argmax(-1)
        picked = tf.stack([both[n, ..., c] for n, c in enumerate(classes)])
        masks = (predicted == classes[:, None, None]).astype(np.float32)
        # Seg-Grad-CAM's own score is the sum.
        scores = tf.reduce_sum(picked * masks, axis=(1, 2))
    slopes = tape.gradient(scores, features).numpy()
    weights = slopes.mean((1, 2), keepdims=True)
    expected = np.maximum((weights * features.numpy()).sum(-1), 0)
    model.get_layer("classes").activation = keras.activations.get(activation)
    found = kv.explain(model, images, layer="last", raw=True)
    sizes = masks.sum((1, 2))
    assert (sizes > 0).all()
    assert found.classes.tolist() == classes.tolist()
    np.testing.assert_allclose(found.scores * sizes, scores, rtol=1e-4)
    np.testing.assert_allclose(found.maps * sizes[:, None, None], expected, atol=1e-5)


def test_a_segmented_line_equals_a_tape_of_ones_own() -> None:
    model = random(3, "softmax", axes=1)
    images = np.random.default_rng(2).normal(size=(2, 8, 2)).astype(np.float32)
    last, head = model.get_layer("last"), model.get_layer("classes")
    both = keras.Model(model.input, [last.output, head.output])
    with tf.GradientTape() as tape:
        activations, outputs = both(images)
        logits = tf.nn.conv1d(activations, head.kernel.value, 1, "SAME") + head.bias.value
        predicted = outputs.numpy().argmax(-1)
        classes = [1 + np.bincount(one, minlength=3)[1:].argmax() for one in predicted]
        masks = (predicted == np.array(classes)[:, None]).astype(np.float32)
        scores = tf.reduce_sum(tf.gather(logits, classes, axis=2, batch_dims=1) * masks, 1) / masks.sum(1)
    weights = tf.reduce_mean(tape.gradient(scores, activations), axis=1, keepdims=True)
    expected = tf.nn.relu(tf.reduce_sum(weights * activations, axis=-1))
    found = kv.explain(model, images)
    assert found.layer == "last"
    assert found.classes.tolist() == classes
    np.testing.assert_allclose(found.scores, scores, rtol=1e-5)
    np.testing.assert_allclose(found.maps, expected, atol=1e-6)
    of_mask = kv.explain(model, images[:1], target=kv.region_score(masks[0], int(classes[0])))
    np.testing.assert_allclose(of_mask.maps[0], expected[0], atol=1e-6)
    hidden = kv.explain(model, images, "occlusion", patch=4, stride=4, progress=False)
    np.testing.assert_allclose(hidden.scores, found.scores, rtol=1e-5)


def test_rows_that_lie_over_no_input_are_refused() -> None:
    boxes = keras.Sequential([keras.Input((4, 4, 1)), kl.Conv2D(2, 3), kl.Flatten(), kl.Dense(12)])
    boxes.add(kl.Reshape((2, 6)))
    with pytest.raises(TargetError, match=r"shape \(N, 2, 6\), rows that lie over no axis of the inputs"):
        kv.explain(boxes, PICTURE)


def test_volumes() -> None:
    model = random(3, "softmax", axes=3)
    images = np.random.default_rng(2).normal(size=(2, 8, 8, 8, 2)).astype(np.float32)
    found = kv.explain(model, images)
    hidden = kv.explain(model, images, "occlusion", patch=4, stride=4, progress=False)
    assert found.maps.shape == hidden.maps.shape == images.shape[:-1]
    assert hidden.classes.tolist() == found.classes.tolist()
    np.testing.assert_allclose(hidden.scores, found.scores, rtol=1e-5)
    named = kv.explain(model, images, target=found.classes.tolist())
    np.testing.assert_array_equal(named.maps, found.maps)


def test_channels_first() -> None:
    image = keras.Input((1, 4, 4))
    same = kl.Conv2D(2, 1, data_format="channels_first", kernel_initializer="ones", name="same")(image)
    model = keras.Model(image, kl.Conv2D(1, 1, data_format="channels_first", activation="sigmoid")(same))
    model.layers[-1].set_weights([np.ones((1, 1, 2, 1)), np.array([-5.0])])
    for method in ("grad_cam", "occlusion"):
        found = kv.explain(model, np.moveaxis(PICTURE, -1, 1), method)
        assert (found.classes.tolist(), found.scores.tolist()) == ([1], [3.0])
        assert found.maps[0, 1, 0] > found.maps[0, 3, 3]


def test_what_does_not_fit() -> None:
    with pytest.raises(TargetError, match="2 classes beside class 0; there is none of rank 3"):
        down(target=kv.top_class(3))
    with pytest.raises(TargetError, match=r"3 classes, 0\.\.2; got class 3"):
        down(target=3)
    dense = keras.Sequential([keras.Input((4, 4, 1)), kl.Conv2D(2, 3), kl.Flatten(), kl.Dense(3)])
    with pytest.raises(TargetError, match=r"shape \(N, 3\); a region needs \(N, h, w, classes\)"):
        kv.explain(dense, PICTURE, target=kv.region_score())

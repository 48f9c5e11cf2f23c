"""Attention rollout and gradient-weighted attention, and CAMs at the layers of transformers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from vision_transformer import images, vision_transformer

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation import METHODS, Probe, explain
from kerasviz.probe import attention_scores

ATTENTION = ("attention_rollout", "gradient_attention")


def by_hand(query: float = 0.0) -> keras.Model:
    """One block on a picture of 1 x 2 pixels: a token a pixel, no class token, one head of one number.

    q = query x, k = v = x; the score is the sum of what the two tokens take.
    """
    image = keras.Input((1, 2, 1))
    tokens = layers.Reshape((2, 1), name="tokens")(image)
    attention = layers.MultiHeadAttention(1, 1, use_bias=False, name="attention")
    seen = attention(tokens, tokens)
    total = layers.Dense(1, use_bias=False, name="total")(layers.Flatten()(seen))
    model = keras.Model(image, total)
    attention.set_weights([np.full((1, 1, 1), w) for w in (query, 1.0, 1.0, 1.0)])
    model.get_layer("total").set_weights([np.ones((2, 1))])
    return model


PIXELS = np.array([[[[1.0], [3.0]]]], np.float32)


def test_rollout_of_one_block_by_hand() -> None:
    # q k = ln 3 x_i x_j / 2 ... with query = ln(3) / 2: row 1 is softmax(ln 3 (1/2, 3/2)) = (1/4, 3/4),
    # row 2 softmax(ln 3 (3/2, 9/2)) = (1/28, 27/28).
    found = explain(by_hand(np.log(3) / 2), PIXELS, "attention_rollout", target=1)
    expected = [(1 / 4 + 1 / 28) / 4 + 1 / 4, (3 / 4 + 27 / 28) / 4 + 1 / 4]
    np.testing.assert_allclose(found.maps, [[expected]], rtol=1e-6)


def test_gradient_attention_of_one_block_by_hand() -> None:
    # The score is sum_ij A_ij x_j: dY/dA_ij = x_j; with A = 1/2, R - I = A * dY/dA = (1/2, 3/2) in each row.
    found = explain(by_hand(), PIXELS, "gradient_attention", target=1)
    np.testing.assert_allclose(found.maps, [[[0.5, 1.5]]], rtol=1e-6)
    # What would lower the score is none: of pixels below 0 nothing flows.
    lower = explain(by_hand(), np.array([[[[1.0], [-3.0]]]], np.float32), "gradient_attention", target=1)
    np.testing.assert_allclose(lower.maps, [[[0.5, 0.0]]], rtol=1e-6)


def test_rollout_of_uniform_attention_is_uniform() -> None:
    model = vision_transformer()
    for number in range(2):
        attention = model.get_layer(f"attention{number}")
        attention.query_dense.kernel.assign(np.zeros(attention.query_dense.kernel.shape))
    found = explain(model, images(), "attention_rollout")
    # Two blocks of 17 tokens: 1/2 (1/17) + 1/4 (1/17) flows from each patch to the class token.
    np.testing.assert_allclose(found.maps, 0.75 / 17, rtol=1e-5)
    assert found.without_evidence.all()


def scores_and_slopes(model: keras.Model, batch: np.ndarray) -> tuple[list[Any], list[Any]]:
    """Run a vision transformer layer by layer, and differentiate its predicted logits by its attention."""

    def named(name: str) -> keras.layers.Layer:
        return model.get_layer(name)

    x = named("extra")(named("flat")(named("patches")(batch)))
    scores: list[Any] = []
    with tf.GradientTape() as tape:
        denses = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
        for number in range(2):
            attention, normed = named(f"attention{number}"), named(f"norm{number}")(x)
            _, score = attention(normed, normed, return_attention_scores=True)
            tape.watch(score)
            scores.append(score)
            seen = tf.einsum("nhts,nshd->nthd", score, attention.value_dense(normed))
            x = x + attention.output_dense(seen)
            x = x + denses[number](x)
        read = named("last")(x)[:, 0]
        logits = read @ named("classes").kernel + named("classes").bias
        total = tf.reduce_sum(tf.reduce_max(logits, axis=1))
    return [s.numpy() for s in scores], [g.numpy() for g in tape.gradient(total, scores)]


def test_rollout_is_that_of_numpy() -> None:
    model, batch = vision_transformer(), images()
    scores, _ = scores_and_slopes(model, batch)
    flow = np.eye(17)
    for score in scores:
        step = score.mean(axis=1) / 2 + np.eye(17) / 2
        flow = step / step.sum(-1, keepdims=True) @ flow
    found = explain(model, batch, "attention_rollout", raw=True)
    np.testing.assert_allclose(found.maps, flow[:, 0, 1:].reshape(-1, 4, 4), rtol=1e-5)


def test_gradient_attention_is_that_of_numpy() -> None:
    model, batch = vision_transformer(), images()
    flow = np.eye(17)[None]
    for score, slope in zip(*scores_and_slopes(model, batch), strict=True):
        flow = flow + np.maximum(score * slope, 0).mean(axis=1) @ flow
    found = explain(model, batch, "gradient_attention", raw=True)
    np.testing.assert_allclose(found.maps, flow[:, 0, 1:].reshape(-1, 4, 4), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_probe_reads_scores_and_the_model_stays_as_it_is(dropout: float) -> None:
    model, batch = vision_transformer(dropout=dropout), images()
    before, state = model.predict(batch, verbose=0), vars(model.get_layer("attention0")).copy()
    paths = attention_scores(model, batch)
    assert [path.partition("/softmax")[0] for path in paths] == ["attention0", "attention1"]
    found = Probe(model, paths).activations(batch)
    assert [values.shape for values in found.values()] == [(3, 2, 17, 17)] * 2
    np.testing.assert_allclose(found[paths[0]], scores_and_slopes(model, batch)[0][0], rtol=1e-5)
    assert vars(model.get_layer("attention0")) == state
    np.testing.assert_array_equal(model.predict(batch, verbose=0), before)


def test_flash_attention_is_off_for_the_pass_alone() -> None:
    # TensorFlow has none: such a layer runs nowhere but where its scores are asked for.
    model, batch = vision_transformer(), images()
    paths = attention_scores(model, batch)
    expected = Probe(model, paths).activations(batch)
    attentions = [model.get_layer(f"attention{number}") for number in range(2)]
    for attention in attentions:
        attention._flash_attention = True
    found = Probe(model, paths).activations(batch)
    for path, attention in zip(paths, attentions, strict=True):
        np.testing.assert_array_equal(found[path], expected[path])
        assert attention._flash_attention
        assert "call" not in vars(attention)


def test_after_an_error_within_the_pass_all_is_restored() -> None:
    class Breaks(layers.Layer):
        broken = False

        def call(self, tokens):
            if self.broken:
                raise RuntimeError("broken")
            return tokens

    image = keras.Input((8, 8, 3))
    tokens = layers.Reshape((4, 48))(image)
    seen = layers.MultiHeadAttention(1, 4, name="attention")(tokens, tokens)
    breaks = Breaks()
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling1D()(breaks(seen))))
    paths = attention_scores(model, images(1, (8, 8)))
    attention = model.get_layer("attention")
    breaks.broken = attention._flash_attention = True
    with pytest.raises(RuntimeError, match="broken"):
        Probe(model, paths).activations(images(1, (8, 8)))
    assert "call" not in vars(attention)
    assert attention._flash_attention


@pytest.mark.parametrize("method", ATTENTION)
def test_models_without_attention_are_refused(method: str) -> None:
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )
    with pytest.raises(UnsupportedModelError, match=r"depends on no keras.layers.MultiHeadAttention"):
        explain(model, images(1, (8, 8)), method)


@pytest.mark.parametrize("method", ATTENTION)
def test_attention_between_other_numbers_of_tokens_is_refused(method: str) -> None:
    image = keras.Input((8, 8, 3))
    tokens = layers.Reshape((16, 12))(image)
    fewer = layers.MaxPooling1D(4)(tokens)
    seen = layers.MultiHeadAttention(1, 4, name="across")(fewer, tokens)
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling1D()(seen)))
    sentence = r"across has scores of shape \(N, 1, 4, 16\); .* It attends from one list of tokens to another"
    with pytest.raises(UnsupportedModelError, match=sentence):
        explain(model, images(1, (8, 8)), method)


@pytest.mark.parametrize("method", ATTENTION)
def test_attention_before_and_after_tokens_are_merged_is_refused(method: str) -> None:
    image = keras.Input((8, 8, 3))
    tokens = layers.Reshape((16, 12))(image)
    seen = layers.MultiHeadAttention(1, 4, name="many")(tokens, tokens)
    merged = layers.MaxPooling1D(4)(seen)
    seen = layers.MultiHeadAttention(1, 4, name="few")(merged, merged)
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling1D()(seen)))
    with pytest.raises(UnsupportedModelError, match=r"few sees 4 tokens, many before it 16;"):
        explain(model, images(1, (8, 8)), method)


class Windows(layers.Layer):
    """Makes pictures of their own of the upper and the lower half."""

    def call(self, x):
        return keras.ops.reshape(x, (-1, 4, *x.shape[2:]))


class Whole(layers.Layer):
    """Puts them together."""

    def call(self, x):
        return keras.ops.reshape(x, (-1, 8, *x.shape[2:]))


@pytest.mark.parametrize("layer", ["conv", None])
def test_a_layer_whose_pictures_are_windows_is_refused(layer: str | None) -> None:
    image = keras.Input((8, 8, 3))
    found = Whole(name="whole")(layers.Conv2D(2, 3, padding="same", name="conv")(Windows()(image)))
    model = keras.Model(image, layers.Dense(2)(layers.GlobalAveragePooling2D()(found)))
    if layer is None:
        assert explain(model, images(2, (8, 8))).layer == "whole"
        return
    with pytest.raises(UnsupportedModelError, match="conv answers 2 pictures with 4 maps"):
        explain(model, images(2, (8, 8)), layer=layer)


def grad_cam_by_tape(model: keras.Model, batch: np.ndarray, target: int) -> np.ndarray:
    last = model.get_layer("classes")
    head = keras.Model(model.inputs, [model.get_layer("norm1").output, last.input])
    with tf.GradientTape() as tape:
        tokens, read = head([batch])
        score = (read @ last.kernel + last.bias)[:, target]
        slopes = tape.gradient(score, tokens)[:, 1:]
    weights = tf.reduce_mean(slopes, axis=1, keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * tokens[:, 1:], axis=-1)).numpy().reshape(-1, 4, 4)


def test_grad_cam_of_a_vision_transformer_is_that_of_a_tape() -> None:
    model, batch = vision_transformer(), images()
    found = explain(model, batch, target=1, raw=True)
    assert found.layer == "norm1"
    np.testing.assert_allclose(found.maps, grad_cam_by_tape(model, batch, 1), rtol=1e-5, atol=1e-7)
    traced = Probe(model, "norm1").trace(batch, 1).cam()
    np.testing.assert_allclose(traced.maps, found.maps, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", [m.name for m in METHODS if m.takes_layer and m.name != "cam"])
@pytest.mark.parametrize("extra", [0, 1])
def test_every_method_of_a_layer_works_on_tokens(method: str, extra: int) -> None:
    (row,) = (row for row in METHODS if row.name == method)
    if method.startswith("guided"):
        pytest.skip("the network has no ReLU")
    options = {row.layer_if[0]: row.layer_if[1], "patch": 16, "stride": 16} if row.layer_if else {}
    if "relu" in {option.name for option in row.options}:
        options["relu"] = False
    found = explain(vision_transformer(extra=extra), images(2), method, layer="norm1", **options)
    assert found.maps.shape == (2, 32, 32)
    assert (np.ptp(found.maps, axis=(1, 2)) > 0).all()


def test_the_grid_may_be_asked_for() -> None:
    model, batch = vision_transformer(), images()
    known = explain(model, batch, layer="norm1", raw=True).maps
    for asked in [(4, 4), (4, 4, 1)]:
        np.testing.assert_array_equal(
            explain(model, batch, layer="norm1", raw=True, token_grid=asked).maps, known
        )
        assert np.array_equal(
            Probe(model, "norm1").trace(batch).cam(token_grid=asked).maps.shape, known.shape
        )
    assert explain(model, batch, layer="norm1", raw=True, token_grid=(2, 8)).maps.shape == (3, 2, 8)
    with pytest.raises(InputError, match="returns 17 tokens, not 4 x 5"):
        explain(model, batch, layer="norm1", token_grid=(4, 5))
    with pytest.raises(InputError, match="returns 17 tokens, not 4 x 4 and 2 before them"):
        explain(model, batch, layer="norm1", token_grid=(4, 4, 2))
    with pytest.raises(InputError, match="no list of tokens"):
        explain(model, batch, layer="patches", token_grid=(4, 4))
    with pytest.raises(
        InputError, match=r"takes \(rows, columns\) or \(rows, columns, extra\), or None there"
    ):
        explain(model, batch, token_grid=(4, 0))


def test_a_layer_after_which_the_class_token_alone_is_read_is_refused() -> None:
    model, batch = vision_transformer(), images()
    with pytest.raises(UnsupportedModelError, match="After layer block1 only tokens that stand for no place"):
        explain(model, batch, layer="block1")
    with pytest.raises(UnsupportedModelError, match="After layer last only tokens"):
        Probe(model, "last").trace(batch).cam()
    assert explain(model, batch, "eigen_cam", layer="block1").maps.shape == (3, 32, 32)

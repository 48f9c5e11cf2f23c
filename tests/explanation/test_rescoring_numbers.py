"""Occlusion, RISE, Score-CAM and Ablation-CAM against plain loops and numbers worked out by hand."""

from __future__ import annotations

import cv2
import keras
import numpy as np
import pytest
from keras import layers
from maps_of import maps_of

from kerasviz.explanation.perturbation.masking import random_masks

WEIGHTS = np.array([[1, 2, 0, -1], [3, 0, 1, 1], [0, 0, 2, 0], [-2, 1, 0, 4]], np.float32)


@pytest.fixture(scope="module")
def linear() -> keras.Model:
    """Two logits of a 4 x 4 picture: the sum of WEIGHTS * x, and its negative."""
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(2, use_bias=False)])
    model.layers[-1].set_weights([np.stack([WEIGHTS.ravel(), -WEIGHTS.ravel()], axis=1)])
    return model


def logits(model: keras.Model, pixels: np.ndarray) -> np.ndarray:
    """The scores before the softmax, by Keras itself."""
    head = model.get_layer("head")
    features = keras.Model(model.input, head.input)(pixels).numpy()
    return features @ head.kernel.numpy() + head.bias.numpy()


def enlarged(values: np.ndarray, like: np.ndarray) -> np.ndarray:
    height, width = like.shape[:2]
    return cv2.resize(values.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)


def test_occlusion_literal(linear: keras.Model) -> None:
    pixels = np.full((1, 4, 4, 1), 2, np.float32)
    found = maps_of(linear, pixels, "occlusion", target=0, patch=2, stride=2)
    # Each 2 x 2 window takes away twice the sum of its weights: 1+2+3+0, 0-1+1+1, 0+0-2+1, 2+0+0+4.
    blocks = [[12, 2], [-2, 12]]
    assert found[0].tolist() == np.kron(blocks, np.ones((2, 2))).tolist()
    raw = maps_of(linear, pixels, "occlusion", target=1, patch=2, stride=2, raw=True)
    assert raw[0].tolist() == [[-12, -2], [2, -12]]


@pytest.mark.parametrize("fill", ["zero", "mean", "blur"])
def test_occlusion_against_a_loop(network: keras.Model, pictures: np.ndarray, fill: str) -> None:
    from kerasviz.explanation import filled

    found = maps_of(network, pictures, "occlusion", target=2, patch=5, stride=3, fill=fill, batch_size=4)
    for pixels, one in zip(pictures, found, strict=True):
        whole = logits(network, pixels[None])[0, 2]
        sums, counts = np.zeros((12, 10)), np.zeros((12, 10))
        for y in [0, 3, 6, 7]:
            for x in [0, 3, 5]:
                hidden = pixels.copy()
                hidden[y : y + 5, x : x + 5] = filled(pixels, fill)[y : y + 5, x : x + 5]
                sums[y : y + 5, x : x + 5] += whole - logits(network, hidden[None])[0, 2]
                counts[y : y + 5, x : x + 5] += 1
        np.testing.assert_allclose(one, sums / counts, atol=2e-5)


def test_occlusion_of_activations_against_a_loop(network: keras.Model, pictures: np.ndarray) -> None:
    found = maps_of(
        network, pictures[:2], "occlusion", layer="first", of="activations", patch=6, stride=6, raw=True
    )
    first = network.get_layer("first")
    for pixels, one in zip(pictures, found, strict=False):
        whole = first(pixels[None]).numpy()
        for row, y in enumerate([0, 6]):
            for column, x in enumerate([0, 4]):
                hidden = pixels.copy()
                hidden[y : y + 6, x : x + 6] = 0
                change = np.linalg.norm(first(hidden[None]).numpy() - whole) / np.linalg.norm(whole)
                assert one[row, column] == pytest.approx(change, rel=1e-4)


def test_rise_against_numpy(network: keras.Model, pictures: np.ndarray) -> None:
    found = maps_of(network, pictures, "rise", target=1, masks=50, cells=3, keep=0.4, seed=5, batch_size=16)
    masks = random_masks((12, 10), range(50), 3, 0.4, 5).astype(np.float64)
    for pixels, one in zip(pictures, found, strict=True):
        scores = logits(network, (masks[..., None] * pixels).astype(np.float32))[:, 1]
        expected = sum(s * m for s, m in zip(scores, masks, strict=True)) / masks.sum(axis=0)
        np.testing.assert_allclose(one, expected, atol=2e-5)


def test_rise_of_a_constant_score_is_constant(pictures: np.ndarray) -> None:
    model = keras.Sequential([keras.Input((12, 10, 3)), layers.Flatten(), layers.Dense(2)])
    model.layers[-1].set_weights([np.zeros((360, 2)), np.array([0.75, 2])])
    np.testing.assert_allclose(maps_of(model, pictures, "rise", target=0, masks=30), 0.75, rtol=1e-6)


@pytest.mark.parametrize("channels", [None, 3])
def test_score_cam_against_numpy(network: keras.Model, pictures: np.ndarray, channels: int | None) -> None:
    found = maps_of(network, pictures, "score_cam", layer="last", target=3, channels=channels, batch_size=4)
    activations = keras.Model(network.input, network.get_layer("last").output)(pictures).numpy()
    for pixels, maps, one in zip(pictures, activations, found, strict=True):
        chosen = sorted(range(6), key=lambda k: -maps[..., k].std())[: channels or 6]
        scores = []
        for k in chosen:
            mask = enlarged(maps[..., k], pixels)
            mask = (mask - mask.min()) / (mask.max() - mask.min())
            scores.append(logits(network, (mask[..., None] * pixels)[None])[0, 3])
        weights = np.exp(scores) / np.exp(scores).sum()
        total = sum(w * maps[..., k] for w, k in zip(weights, chosen, strict=True))
        np.testing.assert_allclose(one, enlarged(np.maximum(total, 0), pixels), atol=2e-5)


def test_score_cam_leaves_constant_feature_maps_out(linear: keras.Model) -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 1, name="conv"), *linear.layers[:0]])
    model.add(layers.GlobalAveragePooling2D())
    model.layers[0].set_weights([np.array([[[[0.0, 0.0]]]]), np.array([5.0, 1.0])])
    assert (
        maps_of(model, np.ones((1, 4, 4, 1)), "score_cam", target=0).tolist() == np.zeros((1, 4, 4)).tolist()
    )


def test_ablation_cam_literal() -> None:
    model = keras.Sequential(
        [
            keras.Input((2, 2, 1)),
            layers.Conv2D(3, 1, use_bias=False, name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, use_bias=False),
        ]
    )
    model.get_layer("conv").set_weights([np.array([[[[1.0, 2.0, 0.0]]]])])
    model.layers[-1].set_weights([np.array([[3.0, -3.0], [-1.0, 1.0], [7.0, 7.0]])])
    pixels = np.array([[0.0, 4.0], [8.0, 4.0]], np.float32).reshape(1, 2, 2, 1)
    # A = x, 2x, 0 with means 4, 8, 0: Y = 12 - 8 = 4; w = 12/4, -8/4, 0; L = 3x - 4x = -x.
    assert maps_of(model, pixels, "ablation_cam", target=0)[0].tolist() == [[0, 0], [0, 0]]
    assert maps_of(model, pixels, "ablation_cam", target=0, relu=False)[0].tolist() == [[0, -4], [-8, -4]]
    # Y = -4: w = (-12)/4, 8/4.
    assert maps_of(model, pixels, "ablation_cam", target=1, relu=False)[0].tolist() == [[0, 4], [8, 4]]


def test_ablation_cam_around_a_shortcut(network: keras.Model, pictures: np.ndarray) -> None:
    found = maps_of(network, pictures[:1], "ablation_cam", layer="inner", target=0, relu=False, raw=True)
    activations = keras.Model(network.input, network.get_layer("inner").output)(pictures[:1]).numpy()[0]
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    kernel, bias = network.get_layer("inner").get_weights()
    whole = logits(network, pictures[:1])[0, 0]
    weights = []
    for k in range(6):
        silent = np.ones(6)
        silent[k] = 0
        copy.get_layer("inner").set_weights([kernel * silent, bias * silent])
        weights.append((whole - logits(copy, pictures[:1])[0, 0]) / abs(whole))
    np.testing.assert_allclose(found[0], activations @ weights, atol=2e-5)

"""Embeddings: the right vectors from the right layer, in parts or whole."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import kerasviz as kv
from kerasviz.embeddings import Embedding, embed_layers
from kerasviz.errors import ImageError, InputError, LayerNotFoundError, UnsupportedModelError

IMAGES = np.random.default_rng(0).random((7, 6, 6, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(3, 3, name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(4, activation="relu", name="fc"),
            layers.Dense(2, name="classes"),
        ]
    )


def test_dense_activations_are_the_vectors(model) -> None:
    found = kv.embed(model, IMAGES)
    expected = keras.Model(model.inputs[0], model.get_layer("fc").output).predict_on_batch(IMAGES)
    assert (found.layer, found.pooled, found.vectors.dtype) == ("fc", None, np.float32)
    np.testing.assert_allclose(found.vectors, expected, atol=1e-6)
    assert found.describe() == "fc: 7 vectors of 4 numbers"


def test_feature_maps_are_averaged_and_say_so(model) -> None:
    found = kv.embed(model, IMAGES, "conv")
    maps = keras.Model(model.inputs[0], model.get_layer("conv").output).predict_on_batch(IMAGES)
    np.testing.assert_allclose(found.vectors, maps.mean(axis=(1, 2)), atol=1e-6)
    assert found.describe() == "conv: 7 vectors of 3 numbers, the means of 4 x 4 x 3 feature maps"


def test_batches_and_streams_give_the_same(model) -> None:
    whole = kv.embed(model, IMAGES).vectors
    np.testing.assert_allclose(kv.embed(model, IMAGES, batch_size=2).vectors, whole, atol=1e-6)
    stream = (IMAGES[at : at + 3] for at in (0, 3, 6))
    np.testing.assert_allclose(kv.embed(model, stream).vectors, whole, atol=1e-6)


def test_several_layers_from_one_run(model) -> None:
    runs = iter([IMAGES])
    found = embed_layers(model, runs, ["fc", "conv"])
    assert {path: one.vectors.shape for path, one in found.items()} == {"fc": (7, 4), "conv": (7, 3)}
    with pytest.raises(InputError, match="several layers; say which: conv, classes"):
        kv.embed(model, IMAGES, "c*")


def test_what_is_refused(model) -> None:
    with pytest.raises(LayerNotFoundError, match="no layer 'fcc'"):
        kv.embed(model, IMAGES, "fcc")
    with pytest.raises(ImageError, match="NaN"):
        kv.embed(model, np.full((1, 6, 6, 1), np.nan))
    huge = layers.Dense(1, kernel_initializer=keras.initializers.Constant(3e38), name="huge")
    with pytest.raises(UnsupportedModelError, match="huge are not all finite"):
        kv.embed(keras.Sequential([keras.Input((1,)), huge]), np.array([[2.0]]), "huge")


def test_the_figure_says_how_it_was_made() -> None:
    embedding = Embedding("fc", np.array([[2.0, 0], [-2, 0], [0, 1], [0, -1]], np.float32))
    figure = embedding.figure([0, 0, 1, 1], ["a", "b"])
    assert figure.get_suptitle() == "fc: 4 vectors of 2 numbers; PCA, 80% and 20% of the variance"
    groups = figure.axes[0].collections
    assert groups[0].get_offsets().tolist() == [[2, 0], [-2, 0]]
    assert embedding.figure(method="tsne").get_suptitle().endswith("t-SNE, perplexity 1")

"""The sanity check: what it measures, and that it tells a method of the weights from one of the picture."""

from __future__ import annotations

import json
from collections.abc import Callable

import keras
import numpy as np
import pytest
from keras import layers
from maps_of import maps_of

from kerasviz.data import shapes
from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation import GRADIENT, Found, Method, Request
from kerasviz.trust import BASELINES, sanity_check
from kerasviz.trust.likeness import rank_correlation, structural_similarity


def test_rank_correlation() -> None:
    assert rank_correlation(np.array([3.0, 1, 2]), np.array([9.0, -5, 0])) == pytest.approx(1)
    assert rank_correlation(np.array([3.0, 1, 2]), np.array([-9.0, 5, 0])) == pytest.approx(-1)
    # Ranks 1, 2.5, 2.5, 4 and 2, 1, 3, 4: the centred products are 0.75 + 0 + 0 + 2.25 of sqrt(4.5 * 5).
    ties = rank_correlation(np.array([0, 7, 7, 9]), np.array([5, 1, 6, 8]))
    assert ties == pytest.approx(3 / np.sqrt(4.5 * 5))
    assert np.isnan(rank_correlation(np.zeros(3), np.array([1, 2, 3])))


def test_rank_correlation_against_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 9, (2, 20, 20))
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one.ravel(), other.ravel())[0])


def test_structural_similarity_against_a_plain_loop() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 14, 13))
    a, b = ((x - x.min()) / np.ptp(x) for x in (a, b))
    place = np.arange(-5, 6)
    window = np.exp(-(place**2) / (2 * 1.5**2))
    window = np.outer(window, window) / window.sum() ** 2
    padded_a, padded_b = (np.pad(x, 5, mode="symmetric") for x in (a, b))
    values = []
    for y in range(14):
        for x in range(13):
            p, q = padded_a[y : y + 11, x : x + 11], padded_b[y : y + 11, x : x + 11]
            mp, mq = (window * p).sum(), (window * q).sum()
            vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
            cov = (window * (p - mp) * (q - mq)).sum()
            top = (2 * mp * mq + 1e-4) * (2 * cov + 9e-4)
            values.append(top / ((mp**2 + mq**2 + 1e-4) * (vp + vq + 9e-4)))
    assert structural_similarity(a, b) == pytest.approx(np.mean(values), rel=1e-6)
    assert structural_similarity(5 * a + 3, a) == pytest.approx(1)
    assert np.isnan(structural_similarity(np.zeros((8, 8)), np.zeros((8, 8))))
    assert np.isnan(structural_similarity(a[:8, :8], np.ones((8, 8))))


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    inner = keras.Sequential(
        [keras.Input((16, 16, 8)), layers.Conv2D(8, 3, activation="relu", name="deep")], name="inner"
    )
    inputs = keras.Input((18, 18, 3))
    x = layers.Conv2D(8, 3, activation="relu", name="first")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.GlobalAveragePooling2D()(inner(x))
    model = keras.Model(inputs, layers.Dense(5, activation="softmax", name="head")(x))
    rng = np.random.default_rng(0)
    model.get_layer("norm").set_weights([rng.uniform(0.5, 2, 8) for _ in range(4)])
    return model


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(3).random((4, 18, 18, 3), dtype=np.float32)


def test_a_cascade_from_the_top(network: keras.Model, pictures: np.ndarray) -> None:
    weights = network.get_weights()
    found = sanity_check(network, pictures, "grad_cam", layer="inner/deep", stages=None, relu=False)
    assert [stage.layer for stage in found.stages] == ["", "head", "inner/deep", "norm", "first"]
    assert [stage.randomized for stage in found.stages] == [0, 1, 2, 3, 4]
    classes = network.predict(pictures, verbose=0).argmax(axis=1).tolist()
    trained = maps_of(network, pictures, "grad_cam", layer="inner/deep", target=classes, relu=False)
    np.testing.assert_array_equal(found.stages[0].maps, trained)
    assert found.stages[0].rank_correlation.tolist() == pytest.approx([1] * 4)
    assert found.stages[0].similarity.tolist() == pytest.approx([1] * 4)
    assert abs(found.stages[-1].rank_correlation.mean()) < 0.6
    for old, new in zip(weights, network.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert found.to_dict()["stages"][2]["layer"] == "inner/deep"
    lines = found.figure().axes[0].lines
    assert [len(line.get_xdata()) for line in lines] == [5, 5]
    again = sanity_check(network, pictures, "grad_cam", layer="inner/deep", stages=2, relu=False)
    assert [stage.randomized for stage in again.stages] == [0, 1, 4]
    np.testing.assert_array_equal(again.stages[-1].maps, found.stages[-1].maps)
    other = sanity_check(network, pictures, "grad_cam", layer="inner/deep", stages=1, seed=1, relu=False)
    assert not np.array_equal(other.stages[-1].maps, found.stages[-1].maps)


def planted(name: str, maps_of: Callable[[np.ndarray], np.ndarray]) -> Method:
    """A method that looks at the pictures alone."""

    def run(request: Request) -> Found:
        images = np.asarray(request.images)
        nothing = np.zeros(len(images), np.float32)
        return Found(maps_of(images), nothing, nothing.astype(np.int32), np.zeros((len(images), 5)), "logit")

    return Method(name, name, "none", "planted", GRADIENT, run)


def test_an_edge_detector_fails(network: keras.Model, pictures: np.ndarray) -> None:
    edges = planted("edges", lambda images: BASELINES["edges"](images, 0))
    found = sanity_check(network, pictures, edges, stages=3)
    assert found.method == "edges"
    assert found.mean_rank_correlation == pytest.approx(1)
    assert found.verdict == "failed"
    assert str(found) == "edges: failed: the mean rank correlation over 3 stages is 1.00, above 0.5"


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_constant_map_passes_nothing(network: keras.Model, pictures: np.ndarray, value: float) -> None:
    flat = planted("flat", lambda images: np.full(images.shape[:3], value, np.float32))
    found = sanity_check(network, pictures, flat, stages=3)
    assert found.verdict == "undefined"
    assert np.isnan(found.mean_rank_correlation)
    assert [stage.undefined for stage in found.stages] == [4] * 4
    assert str(found) == "flat: undefined: in 12 of 12 pairs of maps one is constant, and cannot be compared"
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["verdict"] == "undefined"
    assert record["mean_rank_correlation"] is None
    assert [stage["rank_correlation"] for stage in record["stages"]] == [None] * 4
    assert [stage["similarity"] for stage in record["stages"]] == [None] * 4
    title = found.figure().get_suptitle().replace("\n", " ")
    assert title.startswith("Sanity check of flat: undefined")


def test_pictures_with_a_constant_map_are_left_out_of_the_means(
    network: keras.Model, pictures: np.ndarray
) -> None:
    def half(images: np.ndarray) -> np.ndarray:
        maps = BASELINES["edges"](images, 0)
        maps[:2] = 0
        return maps

    found = sanity_check(network, pictures, planted("half", half), stages=2)
    # Two of four pictures are compared: no more than half is undefined.
    assert [stage.undefined for stage in found.stages] == [2] * 3
    assert found.mean_rank_correlation == pytest.approx(1)
    assert found.verdict == "failed"
    assert found.to_dict()["stages"][1]["rank_correlation"] == pytest.approx(1)


@pytest.fixture(scope="module")
def trained() -> tuple[keras.Model, np.ndarray]:
    """A small network that knows the shapes, and eight of its test pictures."""
    data = shapes.load(320, 16, image_size=24)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((24, 24, 3)), layers.Rescaling(1 / 127.5, offset=-1)])
    for width in (8, 16, 24):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(32, activation="relu"))
    model.add(layers.Dense(4, activation="softmax"))
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(data.train.images.astype("float32"), data.train.labels, epochs=15, verbose=0)
    images = data.validation.images.astype("float32")
    assert (model.predict(images, verbose=0).argmax(axis=1) == data.validation.labels).mean() > 0.7
    return model, images[:8]


def test_guided_backpropagation_fails_and_saliency_passes(trained: tuple[keras.Model, np.ndarray]) -> None:
    found = {name: sanity_check(*trained, name) for name in ("saliency", "guided_backpropagation")}
    guided, saliency = found["guided_backpropagation"], found["saliency"]
    assert guided.verdict == "failed"
    assert saliency.verdict == "passed"
    assert guided.mean_rank_correlation > saliency.mean_rank_correlation + 0.1
    # The last stage alone does not tell them apart: it would pass both.
    assert max(one.stages[-1].rank_correlation.mean() for one in found.values()) < 0.5
    means = [stage.rank_correlation.mean() for stage in guided.stages[1:]]
    assert guided.mean_rank_correlation == pytest.approx(np.mean(means))
    assert guided.to_dict()["mean_rank_correlation"] == guided.mean_rank_correlation
    assert "above a mean rank correlation of 0.5" in guided.to_dict()["rule"]


def test_refusals(network: keras.Model, pictures: np.ndarray) -> None:
    class Subclassed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs, training=False):
            return self.dense(inputs[:, 0, 0])

    with pytest.raises(InputError, match="stages is 0"):
        sanity_check(network, pictures, stages=0)
    model = Subclassed()
    model(pictures)
    with pytest.raises(UnsupportedModelError, match="cannot be copied"):
        sanity_check(model, pictures, "rise", masks=4)

"""Input gradients: literal values, axioms, and the promises that every method keeps."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
from counted_runs import Counted
from keras import layers as kl
from maps_of import maps_of

from kerasviz.errors import ImageError, InputError, TargetError, UnsupportedModelError
from kerasviz.explanation import explain, methods
from kerasviz.probe import class_score, top_class

METHODS = (
    "saliency",
    "input_x_gradient",
    "integrated_gradients",
    "guided_backpropagation",
    "guided_grad_cam",
)
SMOOTHED = METHODS[:-1]


def linear(weights: list[list[float]], channels: int = 1) -> keras.Model:
    """A network of one dense layer over pictures of one row; `weights` are (pixels x channels, classes)."""
    kernel = np.array(weights, np.float32)
    model = keras.Sequential([keras.Input((1, len(kernel) // channels, channels)), kl.Flatten()])
    model.add(kl.Dense(kernel.shape[1], activation="softmax", use_bias=False))
    model.set_weights([kernel])
    return model


def network(policy: str | None = None, size: int = 9) -> keras.Model:
    keras.utils.set_random_seed(5)
    image = keras.Input((size, size, 2))
    features = kl.Conv2D(4, 3, activation="relu", bias_initializer="normal", dtype=policy)(image)
    features = kl.Conv2D(3, 3, activation="relu", bias_initializer="normal", dtype=policy)(features)
    pooled = kl.GlobalAveragePooling2D(dtype=policy)(features)
    return keras.Model(image, kl.Dense(3, activation="softmax", dtype="float32")(pooled))


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return network()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).random((4, 9, 9, 2), np.float32)


def test_literal_values_and_reductions() -> None:
    # Two pixels of two channels: dS1/dx = [[1, -4], [2, 3]], dS0/dx is its opposite.
    model = linear([[-1, 1], [4, -4], [-2, 2], [-3, 3]], channels=2)
    image = np.array([[[[10, 1], [0, 2]]]], np.uint8)
    expected = {"sum": [-3, 5], "sum_abs": [5, 5], "max_abs": [4, 3], "all": [[1, -4], [2, 3]]}
    for channels, values in expected.items():
        assert maps_of(model, image, "saliency", target=1, channels=channels)[0, 0].tolist() == values
    assert maps_of(model, image, "saliency", target=1)[0, 0].tolist() == [4, 3]
    assert maps_of(model, image, "saliency", target=0, channels="sum")[0, 0].tolist() == [3, -5]
    assert maps_of(model, image, "input_x_gradient", target=1)[0, 0].tolist() == [6, 6]
    whole = maps_of(model, image, "integrated_gradients", target=1, channels="all")[0, 0]
    np.testing.assert_allclose(whole, [[10, -4], [0, 6]], rtol=1e-6)
    from_two = maps_of(model, image, "integrated_gradients", target=1, baseline=2, channels="all")[0, 0]
    np.testing.assert_allclose(from_two, [[8, 4], [-4, 0]], rtol=1e-6)


def test_integrated_gradients_of_a_kink_by_hand() -> None:
    # S = ReLU(x - 2) at x = 8: of the way from 0 the last three quarters count, and make all of S = 6.
    model = keras.Sequential([keras.Input((1, 1, 1)), kl.Conv2D(1, 1), kl.ReLU(), kl.Flatten()])
    model.set_weights([np.ones((1, 1, 1, 1)), np.array([-2.0])])
    image = np.full((1, 1, 1, 1), 8, np.float32)
    # 2 points, of which the second's slope of 8 counts.
    with pytest.warns(UserWarning, match="by 33% with 2 steps"):
        found = explain(model, image, "integrated_gradients", target=1, steps=2)
    assert found.maps.item() == pytest.approx(8)
    assert found.scores.item() == 6
    assert found.error_kind == "completeness"
    assert found.error.item() == pytest.approx(1 / 3)
    # Of 64 points, three quarters go to the gap with the kink.
    fine = explain(model, image, "integrated_gradients", target=1, steps=64)
    assert fine.maps.item() == pytest.approx(6, rel=0.002)
    equal = explain(model, image, "integrated_gradients", target=1, baseline=8)
    assert equal.error.item() == 0


class Shifted:
    """A preprocessor to whose network black is another number in each channel."""

    def __call__(self, pictures):
        return (pictures - np.array([51, 0, 102])) / 51


@pytest.mark.parametrize(
    ("asked", "black"),
    [
        ({}, 0.0),
        ({"input_range": (-1, 1)}, -1.0),
        ({"input_range": (0, 1)}, 0.0),
        ({"baseline": 0.5}, 0.5),
        ({"baseline": 0.5, "input_range": (-1, 1)}, 0.5),
    ],
)
def test_integrated_gradients_begin_at_black_where_it_is_known(asked: dict, black: float) -> None:
    # S = sum of (1, 2, 3) times the channels: each makes its weight times its way from black of it.
    model = keras.Sequential([keras.Input((1, 1, 3)), kl.Conv2D(1, 1, use_bias=False), kl.Flatten()])
    model.set_weights([np.array([1.0, 2.0, 3.0])[None, None, :, None]])
    image = np.array([[[[1.0, 0.5, -0.5]]]], np.float32)
    found = explain(model, image, "integrated_gradients", target=1, channels="all", steps=2, **asked)
    assert found.options["baseline"] == black
    np.testing.assert_allclose(found.maps.ravel(), np.array([1, 2, 3]) * (image.ravel() - black), rtol=1e-6)


def test_black_is_what_the_models_preprocessor_makes_of_it() -> None:
    model = keras.Sequential([keras.Input((1, 1, 3)), kl.Conv2D(1, 1, use_bias=False), kl.Flatten()])
    model.set_weights([np.array([1.0, 2.0, 3.0])[None, None, :, None]])
    model.preprocessor = Shifted()
    image = np.array([[[[255, 51, 102]]]], np.uint8)
    found = explain(model, image, "integrated_gradients", target=1, channels="all", steps=2)
    # The network gets (4, 1, 0), and (-1, 0, -2) for black.
    assert found.options["baseline"] == [-1, 0, -2]
    np.testing.assert_allclose(found.maps.ravel(), [5, 2, 6], rtol=1e-5)


def test_what_integrated_gradients_miss_they_say() -> None:
    # S = ReLU(x - 2) - ReLU(x - 6) at x = 8 is 4, and flat at both ends: 2 points see no slope at all.
    model = keras.Sequential([keras.Input((1, 1, 1)), kl.Conv2D(2, 1), kl.ReLU(), kl.Flatten()])
    model.add(kl.Dense(1, use_bias=False))
    model.set_weights([np.ones((1, 1, 1, 2)), np.array([-2.0, -6.0]), np.array([[1.0], [-1.0]])])
    image = np.full((1, 1, 1, 1), 8, np.float32)
    with pytest.warns(UserWarning, match="miss the difference of the scores by 100% with 2 steps"):
        assert maps_of(model, image, "integrated_gradients", target=1, steps=2).item() == 0
    # 4 points with the slopes 0, 8, 8, 0: 8 / 3 + 8 / 3 + (8 + 0) / 2 / 3.
    with pytest.warns(UserWarning, match="by 67% with 4 steps"):
        found = explain(model, image, "integrated_gradients", target=1, steps=4)
    assert found.maps.item() == pytest.approx(20 / 3)
    assert found.error.item() == pytest.approx(2 / 3)


def test_completeness_below_one_percent_at_64_steps(model: keras.Model, images: np.ndarray) -> None:
    for baseline in (0.0, images[::-1].copy() - 1.0):
        options = {"target": 0, "baseline": baseline, "batch_size": 100}
        found = explain(model, images, "integrated_gradients", **options, steps=64)
        assert found.error.max() < 0.01
        logits = keras.Model(model.inputs[0], model.layers[-2].output).predict(images, verbose=0)
        kernel, bias = model.layers[-1].get_weights()
        np.testing.assert_allclose(found.scores, logits @ kernel[:, 0] + bias[0], rtol=1e-4, atol=1e-6)
        with pytest.warns(UserWarning, match="with 2 steps: pass more steps"):
            rough = explain(model, images, "integrated_gradients", **options, steps=2)
        assert rough.error.max() > found.error.max()


def test_the_class_stays_that_of_the_clean_picture() -> None:
    # Class 0 wins where x is above 1; along the path from 0 class 1 would be the predicted one.
    model = keras.Sequential([keras.Input((1, 1, 1)), kl.Flatten(), kl.Dense(2, activation="softmax")])
    model.set_weights([np.array([[1.0, 0.0]]), np.array([0.0, 1.0])])
    image = np.full((1, 1, 1, 1), 3, np.float32)
    assert maps_of(model, image, "integrated_gradients").item() == pytest.approx(3)
    assert maps_of(model, image, "integrated_gradients", target=top_class(2)).item() == pytest.approx(0)
    noisy = maps_of(model, image + np.zeros((1, 1, 1, 1)), "smooth_grad", samples=4)
    assert noisy.item() == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_contract(model: keras.Model, images: np.ndarray, method: str) -> None:
    before, weights = images.copy(), [w.numpy().copy() for w in model.weights]
    attributes = [set(vars(layer)) for layer in model.layers]
    maps = maps_of(model, images, method, target=1)
    assert maps.shape == (4, 9, 9)
    assert maps.dtype == np.float32
    assert np.isfinite(maps).all()
    np.testing.assert_array_equal(images, before)
    for was, weight in zip(weights, model.weights, strict=True):
        np.testing.assert_array_equal(was, weight.numpy())
    assert [set(vars(layer)) for layer in model.layers] == attributes
    tolerance = 1e-6 + 1e-5 * np.abs(maps).max()
    np.testing.assert_allclose(maps_of(model, images, method, target=1, batch_size=3), maps, atol=tolerance)
    signed = maps_of(model, images, method, target=1, channels="all")
    assert signed.shape == (4, 9, 9, 2)
    assert signed.min() < 0 < signed.max()
    assert np.abs(maps_of(model, images, method, target=0) - maps).max() > 1e-3 * maps.max()


def test_gradients_agree_with_differences(model: keras.Model, images: np.ndarray) -> None:
    found = maps_of(model, images[:1], "saliency", target=2, channels="all")[0]
    logits = keras.Model(model.inputs[0], model.layers[-2].output)
    kernel = model.layers[-1].get_weights()[0][:, 2]
    step = 1e-2
    for place in ((0, 0, 0), (4, 5, 1), (8, 3, 0)):
        moved = np.repeat(images[:1], 2, axis=0)
        moved[(0, *place)] -= step
        moved[(1, *place)] += step
        low, high = logits.predict(moved, verbose=0) @ kernel
        assert found[place] == pytest.approx((high - low) / (2 * step), abs=2e-4)


@pytest.mark.parametrize("of", SMOOTHED)
def test_smooth_grad_is_seeded_and_streams(model: keras.Model, images: np.ndarray, of: str) -> None:
    options = {"of": of, "samples": 3, "target": 1}
    first = maps_of(model, images, "smooth_grad", **options)
    np.testing.assert_array_equal(maps_of(model, images, "smooth_grad", **options), first)
    tolerance = 1e-6 + 1e-5 * np.abs(first).max()
    in_parts = maps_of(model, images, "smooth_grad", batch_size=2, **options)
    np.testing.assert_allclose(in_parts, first, atol=tolerance)
    changes = ({"seed": 1}, {"noise": 0.3}, {"samples": 4}, {"channels": "sum_abs"})
    for change in changes:
        assert np.abs(maps_of(model, images, "smooth_grad", **(options | change)) - first).max() > tolerance
    quiet = maps_of(model, images, "smooth_grad", **(options | {"noise": 0.0}))
    np.testing.assert_allclose(quiet, maps_of(model, images, of, target=1), atol=tolerance)


def test_smooth_grad_of_integrated_gradients_takes_its_options(
    model: keras.Model, images: np.ndarray
) -> None:
    options = {"of": "integrated_gradients", "samples": 2, "noise": 0.0, "target": 1}
    wanted = maps_of(model, images, "integrated_gradients", target=1, baseline=1.0)
    found = maps_of(model, images, "smooth_grad", options={"baseline": 1.0, "steps": 64}, **options)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_labels_streams_and_probabilities(model: keras.Model, images: np.ndarray) -> None:
    each = maps_of(model, images, "saliency", target=[0, 1, 2, 0], batch_size=3)
    np.testing.assert_allclose(each[2], maps_of(model, images[2:3], "saliency", target=2)[0], atol=1e-6)
    batches = iter([images[:3], images[3:]])
    streamed = maps_of(model, batches, "guided_grad_cam", target=1)
    np.testing.assert_allclose(streamed, maps_of(model, images, "guided_grad_cam", target=1), atol=1e-6)
    probability = maps_of(model, images, "saliency", target=class_score(0, probability=True))
    assert np.abs(probability - maps_of(model, images, "saliency", target=0)).max() > 1e-3
    own = maps_of(model, images, "saliency", target=lambda outputs: 2 * outputs[:, 0])
    np.testing.assert_allclose(own, 2 * probability, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy: str, model: keras.Model, images: np.ndarray) -> None:
    half = network(policy)
    half.set_weights(model.get_weights())
    found = maps_of(half, images, "saliency", target=1)
    assert found.dtype == np.float32
    exact = maps_of(model, images, "saliency", target=1)
    assert np.corrcoef(found.ravel(), exact.ravel())[0, 1] > 0.98


def test_weights_that_change_are_seen_and_nothing_is_compiled_anew(images: np.ndarray) -> None:
    counted = Counted()
    changing = keras.Sequential([keras.Input((9, 9, 2)), counted, network()])
    first = maps_of(changing, images, "saliency", target=1)
    traced = counted.traced
    last = changing.layers[-1].layers[-1]
    last.set_weights([2 * w for w in last.get_weights()])
    np.testing.assert_allclose(maps_of(changing, images[:2], "saliency", target=1), 2 * first[:2], rtol=1e-5)
    assert counted.traced == traced


def test_a_model_that_is_let_go_is_freed(images: np.ndarray) -> None:
    mortal = network()
    maps_of(mortal, images, "saliency", target=1)
    maps_of(mortal, images, "guided_backpropagation", target=1)
    gone = weakref.ref(mortal)
    del mortal
    gc.collect()
    assert gone() is None


def test_models_of_several_inputs_and_of_rows() -> None:
    picture, number = keras.Input((4, 4, 1), name="picture"), keras.Input((1,), name="number")
    joined = kl.Concatenate()([kl.Flatten()(picture), number])
    both = keras.Model([picture, number], kl.Dense(2, activation="softmax")(joined))
    arrays = [np.ones((3, 4, 4, 1), np.float32), np.ones((3, 1), np.float32)]
    assert maps_of(both, arrays, "integrated_gradients", target=1, steps=2).shape == (3, 4, 4)
    rows = keras.Sequential([keras.Input((5,)), kl.Dense(2)])
    assert maps_of(rows, np.ones((2, 5)), "saliency", target=1, channels="all").shape == (2, 5)
    with pytest.raises(InputError, match="without channels: pass channels='all'"):
        maps_of(rows, np.ones((2, 5)), "saliency", target=1)
    words = keras.Sequential(
        [keras.Input((5,), dtype="int32"), kl.Embedding(3, 2), kl.Flatten(), kl.Dense(2)]
    )
    with pytest.raises(UnsupportedModelError, match="hold whole numbers"):
        maps_of(words, np.ones((1, 5), np.int32), "saliency", target=1)


def test_wrong_requests(model: keras.Model, images: np.ndarray) -> None:
    for wrong, message in (
        ({"channels": "mean"}, "channels is 'mean'; saliency takes sum, sum_abs, max_abs or all there"),
        ({"layer": "conv"}, "explains a score, not a layer: leave it out"),
        ({"steps": 3}, "no option 'steps'"),
    ):
        with pytest.raises(InputError, match=message):
            maps_of(model, images, "saliency", **wrong)
    with pytest.raises(TargetError, match="3 classes"):
        maps_of(model, images, "saliency", target=3)
    with pytest.raises(ImageError, match="NaN"):
        maps_of(model, np.full((1, 9, 9, 2), np.nan), "saliency")
    for wrong, message in (({"steps": 1}, "steps is 1"), ({"baseline": np.zeros((5, 1))}, "broadcasts over")):
        with pytest.raises(InputError, match=message):
            maps_of(model, images, "integrated_gradients", **wrong)
    for wrong, message in (
        ({"of": "saliancy"}, "Did you mean saliency"),
        ({"samples": 0}, "samples is 0; smooth_grad takes a whole number from 1 to 1,000,000"),
        ({"options": {"steps": 3}}, "Method saliency has no option 'steps'"),
    ):
        with pytest.raises(InputError, match=message):
            maps_of(model, images, "smooth_grad", **wrong)
    assert set(METHODS) < set(methods())


def test_every_method_points_to_a_planted_mark() -> None:
    """A network that decides by the corner which holds a bright square."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    pictures = rng.random((256, 12, 12, 1), np.float32) * 0.3
    labels = rng.integers(0, 2, 256)
    pictures[labels == 0, :3, :3] += 0.7
    pictures[labels == 1, -3:, -3:] += 0.7
    marked = keras.Sequential([keras.Input((12, 12, 1)), kl.Conv2D(4, 3, activation="relu")])
    marked.add(kl.Flatten())
    marked.add(kl.Dense(2, activation="softmax"))
    marked.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    marked.fit(pictures, labels, batch_size=32, epochs=4, verbose=0)
    assert marked.evaluate(pictures, labels, verbose=0)[1] > 0.97
    # Guided backpropagation alone makes no such claim.
    wanted = [(method, {}) for method in METHODS if method != "guided_backpropagation"]
    wanted += [("smooth_grad", {"of": of, "samples": 8, "options": {}}) for of in SMOOTHED[:2]]
    for method, options in wanted:
        maps = np.abs(maps_of(marked, pictures[:20], method, target=list(labels[:20]), **options))
        marks = maps[:, :3, :3].sum(axis=(1, 2)), maps[:, -3:, -3:].sum(axis=(1, 2))
        corners = (marks[0] + marks[1]) / maps.sum(axis=(1, 2))
        # The two corners are an eighth of the picture.
        assert np.median(corners) > 0.3, method

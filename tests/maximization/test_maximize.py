"""Activation maximisation: its parts by hand, and a search that raises whatever it is asked to raise."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from counted_runs import Counted
from keras import layers as kl

from kerasviz.errors import InputError, LayerNotFoundError, TargetError, UnsupportedModelError
from kerasviz.events import EventLog, open_log
from kerasviz.film import animate
from kerasviz.maximization import (
    Decorrelated,
    Fourier,
    Jitter,
    Pad,
    Pixels,
    Rotate,
    Search,
    Zoom,
    class_logit,
    default_transforms,
    direction_activation,
    filter_activation,
    maximize,
    neuron_activation,
    sheet_frames,
)
from kerasviz.maximization.parametrizations import COLOR_AXES, frequency_weights
from kerasviz.maximization.transforms import sampled, sampling
from kerasviz.pictures import SheetLayout
from kerasviz.probe import Probe

QUICK = Search(steps=8, rate=0.1, transforms=())


def network(policy: str | None = None, channels: int = 3, nested: bool = False) -> keras.Model:
    keras.utils.set_random_seed(2)
    image = keras.Input((12, 12, channels), name="picture")
    inner = keras.Input((12, 12, channels)) if nested else image
    values = kl.Rescaling(1 / 127.5, -1)(inner)
    values = kl.Conv2D(4, 3, activation="relu", dtype=policy, name="conv1")(values)
    values = kl.Conv2D(3, 3, dtype=policy, name="conv2")(values)
    if nested:
        values = keras.Model(inner, values, name="base")(image)
    values = kl.Flatten(name="flat")(values)
    return keras.Model(image, kl.Dense(3, activation="softmax", dtype="float32", name="out")(values))


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return network()


@pytest.fixture(scope="module")
def first_images(model: keras.Model) -> np.ndarray:
    return maximize(model, filter_activation("conv1", 2), search=Search(steps=2)).images


def pixels_of(found) -> np.ndarray:
    return (found.images * 255).astype(np.float32)


def test_a_linear_filter_is_driven_to_the_ends_of_the_range() -> None:
    # The filter is bright at the left and dark at the right: so is the picture it wants.
    model = keras.Sequential([keras.Input((1, 2, 1)), kl.Conv2D(1, (1, 2), use_bias=False, name="conv")])
    model.set_weights([np.array([1.0, -1.0]).reshape(1, 2, 1, 1)])
    search = Search(steps=200, rate=0.1, parametrization=Pixels(), transforms=())
    objectives = [filter_activation("conv", 0), -filter_activation("conv", 0)]
    found = maximize(model, objectives, input_range=(0, 255), search=search)
    assert found.images[0, 0, 0, 0] > 0.98 > 0.02 > found.images[0, 0, 1, 0]
    assert found.images[1, 0, 0, 0] < 0.02 < 0.98 < found.images[1, 0, 1, 0]
    assert found.scores[0] > 0.95 * 255
    np.testing.assert_allclose(
        found.scores[0], 255 * (found.images[0, 0, 0, 0] - found.images[0, 0, 1, 0]), 1e-4
    )
    assert found.history.shape == (200, 2)


def test_every_objective_rises_and_means_what_it_says(model: keras.Model) -> None:
    vector = np.array([1.0, -2.0, 2.0])
    objectives = [
        filter_activation("conv1", 1),
        neuron_activation("conv1", 1),
        neuron_activation("conv1", 1, (0, 9)),
        direction_activation("conv2", vector),
        class_logit(2),
        filter_activation("conv2", 0) + 0.5 * class_logit(1) - 2 * neuron_activation("conv1", 0, (1, 2)),
        filter_activation("flat", 5),
    ]
    weights = [w.numpy().copy() for w in model.weights]
    attributes = [dict(vars(layer)) for layer in model.layers]
    found = maximize(model, objectives, search=QUICK)
    assert (found.scores > found.first_scores + 1e-3).all()
    # What the scores are, from the activations of the pictures found.
    seen = Probe(model, ["conv1", "conv2", "flat"]).activations(pixels_of(found))
    kernel, bias = model.get_layer("out").get_weights()
    logits = seen["flat"] @ kernel + bias
    one, two = seen["conv1"], seen["conv2"]
    wanted = [
        one[0, :, :, 1].mean(),
        one[1, 5, 5, 1],
        one[2, 0, 9, 1],
        (two[3].mean(axis=(0, 1)) @ vector) / 3,
        logits[4, 2],
        two[5, :, :, 0].mean() + 0.5 * logits[5, 1] - 2 * one[5, 1, 2, 0],
        seen["flat"][6, 5],
    ]
    np.testing.assert_allclose(found.scores, wanted, rtol=1e-3, atol=1e-4)
    for was, weight in zip(weights, model.weights, strict=True):
        np.testing.assert_array_equal(was, weight.numpy())
    assert [dict(vars(layer)) for layer in model.layers] == attributes


def test_one_picture_does_not_depend_on_the_others(model: keras.Model) -> None:
    objectives = [filter_activation("conv1", k) for k in range(4)] + [class_logit(0)]
    search = Search(steps=4)
    whole = maximize(model, objectives, search=search)
    parts = maximize(model, objectives, search=Search(steps=4, batch_size=2))
    np.testing.assert_allclose(parts.images, whole.images, atol=1e-5)
    first = maximize(model, objectives[0], search=search)
    np.testing.assert_allclose(first.images[0], whole.images[0], atol=1e-5)
    np.testing.assert_array_equal(maximize(model, objectives[0], search=search).images, first.images)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 3},
        {"rate": 0.2},
        {"seed": 1},
        {"parametrization": Fourier()},
        {"parametrization": Pixels()},
        {"parametrization": Decorrelated(Pixels())},
        {"parametrization": Decorrelated(Fourier(decay=2.0))},
        {"parametrization": Decorrelated(Fourier(deviation=0.1))},
        {"parametrization": Pixels(deviation=0.1)},
        {"transforms": ()},
        {"transforms": (Jitter(2),)},
        {"transforms": (Zoom(0.5, 0.6),)},
        {"transforms": (Rotate(30),)},
        {"transforms": (Pad(3),)},
    ],
    ids=str,
)
def test_every_setting_changes_the_picture(
    model: keras.Model, first_images: np.ndarray, change: dict
) -> None:
    other = maximize(model, filter_activation("conv1", 2), search=Search(**{"steps": 2, **change})).images
    assert np.abs(first_images - other).max() > 1e-3


def test_the_range_of_values_counts(model: keras.Model) -> None:
    found = maximize(model, class_logit(1), search=QUICK, input_range=(-100.0, 50.0))
    logits = keras.Model(model.inputs[0], model.get_layer("flat").output).predict(
        found.images * 150 - 100, verbose=0
    )
    kernel, bias = model.get_layer("out").get_weights()
    assert found.scores[0] == pytest.approx(float((logits @ kernel + bias)[0, 1]), rel=1e-3)


def test_networks_that_take_blue_first_are_shown_red_first() -> None:
    front = kl.Rescaling(1.0, offset=[-103.939, -116.779, -123.68])
    conv = kl.Conv2D(1, 1, use_bias=False, name="conv")
    model = keras.Sequential([keras.Input((2, 2, 3)), front, conv])
    conv.set_weights([np.array([1.0, 0.0, -1.0]).reshape(1, 1, 3, 1)])  # much of the first channel: blue
    search = Search(steps=100, rate=0.1, parametrization=Pixels(), transforms=())
    red, _, blue = maximize(model, filter_activation("conv", 0), search=search).images.mean(axis=(0, 1, 2))
    assert blue > 0.9 > 0.1 > red


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy: str) -> None:
    found = maximize(network(policy), filter_activation("conv1", 0), search=QUICK)
    assert found.images.dtype == np.float32
    assert found.scores[0] > found.first_scores[0]


def test_nested_equals_flat(model: keras.Model) -> None:
    nested = network(nested=True)
    nested.set_weights(model.get_weights())
    flat = maximize(model, filter_activation("conv1", 3), search=QUICK)
    inside = maximize(nested, filter_activation("base/conv1", 3), search=QUICK)
    np.testing.assert_allclose(inside.images, flat.images, atol=1e-5)


def test_a_dead_filter_comes_to_life() -> None:
    # The ReLU is far below 0 on every grey picture: its own gradient is 0 everywhere.
    model = keras.Sequential([keras.Input((4, 4, 1)), kl.Conv2D(1, 2, activation="relu", name="conv")])
    model.set_weights([np.full((2, 2, 1, 1), 1 / 255), np.array([-2.5])])
    search = Search(steps=60, rate=0.2, transforms=())
    found = maximize(model, filter_activation("conv", 0), input_range=(0, 255), search=search)
    assert found.first_scores[0] == 0
    assert found.scores[0] > 0.5


def test_grey_networks_and_free_sizes() -> None:
    model = keras.Sequential([keras.Input((None, None, 1)), kl.Conv2D(2, 3, name="conv")])
    with pytest.raises(InputError, match="any size: pass image_size"):
        maximize(model, filter_activation("conv", 0), input_range=(0, 1))
    with pytest.raises(InputError, match="Nothing says which values"):
        maximize(model, filter_activation("conv", 0), image_size=(9, 7))
    found = maximize(model, filter_activation("conv", 0), image_size=(9, 7), input_range=(0, 1), search=QUICK)
    assert found.images.shape == (1, 9, 7, 1)


def test_frames_go_through_the_event_log(model: keras.Model, tmp_path) -> None:
    with EventLog(tmp_path / "log") as log:
        objectives = [filter_activation("conv1", k) for k in range(3)]
        found = maximize(model, objectives, search=QUICK, watch=sheet_frames(log, "search", 3), every=3)
    frames = list(open_log(tmp_path / "log").frames("search"))
    assert [frame.step for frame in frames] == [0, 3, 6, 8]
    layout = SheetLayout(**frames[0].meta.tiles)
    assert frames[0].meta.scale == (0.0, 1.0)
    last = np.stack([layout.crop(frames[-1].image, at) for at in range(3)])
    np.testing.assert_allclose(last / 255, found.images, atol=0.5 / 255 + 1e-6)
    assert (
        np.abs(frames[0].image.astype(int) - 127.5).max()
        > np.abs(frames[0].image[1, 1].astype(int) - 127.5).max()
    )
    assert animate(tmp_path / "log", "search", tmp_path / "search.gif").frames == 4


def test_wrong_requests(model: keras.Model) -> None:
    for objective, error, message in (
        (filter_activation("conv1", 4), InputError, r"4 filters, 0\.\.3; got 4"),
        (filter_activation("conv3", 0), LayerNotFoundError, "Did you mean"),
        (filter_activation("conv*", 0), InputError, "means 2 layers"),
        (neuron_activation("conv1", 0, (10, 0)), InputError, "none at"),
        (neuron_activation("conv1", 0, (1,)), InputError, "none at"),
        (direction_activation("conv1", [1.0, 2.0]), InputError, "direction of 2 numbers"),
        (class_logit(3), TargetError, "3 classes; got class 3"),
        (class_logit("cat"), TargetError, "no class names"),
    ):
        with pytest.raises(error, match=message):
            maximize(model, objective, search=QUICK)
    with pytest.raises(InputError, match="not all 0"):
        direction_activation("conv1", [0.0])
    for arguments, message in (
        ({"objectives": []}, "no objective"),
        ({"every": 0}, "every is 0; it must be a whole number from 1"),
        ({"image_size": (11, 12)}, "12 x 12 only"),
        ({"input_range": (1, 0)}, "first value"),
    ):
        with pytest.raises(InputError, match=message):
            maximize(model, **{"objectives": class_logit(0), **arguments})
    with pytest.raises(InputError, match="steps is 0; it must be a whole number from 1"):
        Search(steps=0)
    with pytest.raises(InputError, match="takes 1 channels"):
        maximize(network(channels=1), class_logit(0), search=Search(parametrization=Decorrelated(Pixels())))
    two = keras.Model([a := keras.Input((2, 2, 1)), b := keras.Input((2, 2, 1))], kl.Add()([a, b]))
    with pytest.raises(UnsupportedModelError, match="one input"):
        maximize(two, class_logit(0))
    for wrong in (lambda: Jitter(-1), lambda: Zoom(0, 1), lambda: Rotate(-1), lambda: Pad(-1)):
        with pytest.raises(InputError, match="expected"):
            wrong()


def test_the_fourier_transform_by_hand() -> None:
    # Hartley: numbers at frequency 0 make a constant; its own inverse when no frequency is weighed.
    flat = Fourier(decay=0.0)
    constant = np.zeros((1, 1, 4, 4), np.float32)
    constant[0, 0, 0, 0] = 4
    np.testing.assert_allclose(np.asarray(flat.values(constant))[0, :, :, 0], 1, atol=1e-6)
    rng = np.random.default_rng(0)
    numbers = rng.standard_normal((2, 3, 4, 6), np.float32)
    once = np.moveaxis(np.asarray(flat.values(numbers)), -1, 1)
    np.testing.assert_allclose(np.moveaxis(np.asarray(flat.values(once)), -1, 1), numbers, atol=1e-5)
    wave = np.zeros((1, 1, 1, 4), np.float32)
    wave[..., 1] = 2  # cos + sin at a quarter: 1, 1, -1, -1
    np.testing.assert_allclose(np.asarray(flat.values(wave)).ravel(), [1, 1, -1, -1], atol=1e-6)
    weights = frequency_weights(1, 4, 1.0)[0]
    np.testing.assert_allclose(weights / weights[1], [1, 1, 0.5, 1], rtol=1e-6)
    assert np.mean(weights**2) == pytest.approx(1)


def test_the_colours_are_those_of_photographs() -> None:
    rng = np.random.default_rng(0)
    values = np.asarray(Decorrelated(Pixels()).values(rng.standard_normal((1, 200, 200, 3), np.float32)))
    correlation = np.corrcoef(values.reshape(-1, 3).T)
    np.testing.assert_allclose(correlation[0, 1:], [0.914, 0.820], atol=0.02)
    assert np.mean(np.sum(COLOR_AXES**2, axis=1)) == pytest.approx(1, abs=0.01)


def seen(transforms, picture: np.ndarray) -> np.ndarray:
    indices, shares = sampling(transforms, picture.shape, np.random.default_rng(0))
    return np.asarray(sampled(keras.ops.convert_to_tensor(picture[None, ..., None]), indices, shares))[
        0, ..., 0
    ]


class Fixed(Jitter):
    """A shift that is no accident: `most` pixels down and right."""

    def matrix(self, size, rng):
        return np.array([[1.0, 0, -self.most], [0, 1, -self.most], [0, 0, 1]])


def test_transforms_by_hand() -> None:
    picture = np.arange(9, dtype=np.float32).reshape(3, 3)
    np.testing.assert_array_equal(seen([], picture), picture)
    # One pixel down and right; the edge goes on.
    np.testing.assert_array_equal(seen([Fixed(1)], picture), [[0, 0, 1], [0, 0, 1], [3, 3, 4]])
    # A margin of one pixel on each side of 3: everything 5/3 smaller, grey where nothing is.
    padded = seen([Pad(1)], picture)
    assert padded[1, 1] == 4
    assert padded[0, 0] == pytest.approx((1 / 3) ** 2 * 0 + (1 - (1 / 3) ** 2) * 0.5, abs=1e-6)
    # Twice as large about the middle: the neighbours lie half a pixel away.
    np.testing.assert_allclose(seen([Zoom(2, 2)], picture)[1], [3.5, 4, 4.5])
    # In order: first the margin, then the shift of what is seen.
    shifted = seen([Pad(1), Fixed(1)], picture)
    np.testing.assert_allclose(shifted[1:, 1:], padded[:2, :2], atol=1e-6)


def test_rotations_and_shifts_stay_within_their_limits() -> None:
    rng = np.random.default_rng(0)
    turns = [Rotate(30).matrix((5, 5), rng) for _ in range(200)]
    angles = np.degrees([np.arctan2(turn[0, 1], turn[0, 0]) for turn in turns])
    assert -30 <= angles.min() < -25
    assert 25 < angles.max() <= 30
    shifts = np.array([Jitter(2).matrix((5, 5), rng)[:2, 2] for _ in range(100)])
    assert set(shifts.ravel()) == {-2, -1, 0, 1, 2}
    quarter = Rotate(90)
    object.__setattr__(quarter, "matrix", lambda size, rng: np.array([[0, 1.0, 0], [-1, 0, 0], [0, 0, 1]]))
    turned = seen([quarter], np.arange(9, dtype=np.float32).reshape(3, 3))
    np.testing.assert_array_equal(turned, np.rot90(np.arange(9).reshape(3, 3)))
    assert len(default_transforms((28, 28))) == 5


def test_a_second_search_with_the_same_settings_traces_no_model() -> None:
    counted = Counted()
    conv = keras.layers.Conv2D(4, 3, name="conv")
    model = keras.Sequential([keras.Input((8, 8, 1)), counted, conv, keras.layers.Flatten()])
    short = Search(steps=2)
    first = maximize(model, filter_activation("conv", 0), search=short, input_range=(0, 1))
    traced = counted.traced
    again = maximize(model, filter_activation("conv", 0), search=short, input_range=(0, 1))
    maximize(model, filter_activation("conv", 3), search=short, input_range=(0, 1))
    assert counted.traced == traced
    np.testing.assert_array_equal(first.images, again.images)

"""The measures against numbers worked out by hand, and the comparison of methods on planted evidence."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from kerasviz.data import shapes
from kerasviz.errors import InputError
from kerasviz.probe import as_target, class_score
from kerasviz.trust import (
    BASELINES,
    Curves,
    Evaluator,
    MethodScores,
    Settings,
    as_table,
    deletion,
    energy_inside,
    grid_pointing_game,
    insertion,
    intersection_over_union,
    make_mosaics,
    pointing_game,
    score_table,
    write_scores,
)
from kerasviz.trust.mosaic import cell_of

MAPS = np.array(
    [
        [[8, 4, 0], [2, 2, 0]],  # the maximum inside
        [[1, 1, 4], [-5, 0, 4]],  # two maxima, one inside
        [[-1, -2, -3], [0, 0, 0]],  # nothing that speaks for the class
    ],
    np.float32,
)
MASKS = np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [1, 0, 1]], [[1, 1, 1], [0, 0, 0]]], bool)


def test_measures_of_masks_by_hand() -> None:
    before = MAPS.copy()
    assert pointing_game(MAPS, MASKS).tolist() == [1, 0.5, 0]
    assert energy_inside(MAPS, MASKS).tolist() == [12 / 16, 5 / 10, 0]
    # At half of the maximum: {8, 4} of a mask of 3; {4, 4} of a mask of 3, one in common.
    assert intersection_over_union(MAPS, MASKS).tolist() == [2 / 3, 1 / 4, 0]
    assert intersection_over_union(MAPS, MASKS, threshold=0.2)[0] == 2 / 5
    assert intersection_over_union(MAPS, MASKS, threshold=1.0)[0] == 1 / 3
    np.testing.assert_array_equal(MAPS, before)


@pytest.mark.parametrize(
    ("maps", "masks", "message"),
    [
        (MAPS, MASKS[:2], "expected \\(N, h, w\\)"),
        (MAPS * np.nan, MASKS, "NaN"),
        (MAPS, MASKS & False, "Mask 0 is empty"),
    ],
)
def test_measures_refuse(maps: np.ndarray, masks: np.ndarray, message: str) -> None:
    for measure in (pointing_game, energy_inside, intersection_over_union):
        with pytest.raises(InputError, match=message):
            measure(maps, masks)
    with pytest.raises(InputError, match="threshold is 0"):
        intersection_over_union(MAPS, MASKS, threshold=0)


@pytest.fixture(scope="module")
def averaging() -> keras.Model:
    """The score of a picture of one row is the mean of its pixels."""
    model = keras.Sequential([keras.Input((1, 4, 1)), layers.Flatten(), layers.Dense(1, use_bias=False)])
    model.layers[-1].set_weights([np.full((4, 1), 0.25)])
    return model


def test_curves_by_hand(averaging: keras.Model) -> None:
    pixels = np.array([8, 2, 6, 4], np.float32).reshape(1, 1, 4, 1)
    target = as_target(1)
    best = deletion(averaging, pixels, pixels[..., 0], target, steps=4)
    assert best.shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert best.scores.tolist() == [[5, 3, 1.5, 0.5, 0]]
    assert best.areas.tolist() == [(4 + 2.25 + 1 + 0.25) / 4]
    worst = deletion(averaging, pixels, -pixels[..., 0], target, steps=4, batch_size=2)
    assert worst.scores.tolist() == [[5, 4.5, 3.5, 2, 0]]
    assert deletion(averaging, pixels, pixels[..., 0], target, steps=2).scores.tolist() == [[5, 1.5, 0]]
    back = insertion(averaging, pixels, pixels[..., 0], target, steps=4)
    assert back.scores[0, -1] == 5
    # Of four columns the blur reaches the next ones with a weight of exp(-8) each.
    blur = np.exp(-0.5 * ((np.arange(4)[:, None] - np.arange(4)) / 0.25) ** 2)
    soft = (blur / blur.sum(axis=1, keepdims=True)) @ pixels.ravel()
    assert back.scores[0, 0] == pytest.approx(soft.mean(), rel=1e-5)
    assert back.scores[0, 1] == pytest.approx((soft.sum() - soft[0] + 8) / 4, rel=1e-5)


def test_the_shares_are_those_of_the_pixels_that_are_gone() -> None:
    model = keras.Sequential([keras.Input((1, 5, 1)), layers.Flatten(), layers.Dense(1, use_bias=False)])
    model.layers[-1].set_weights([np.full((5, 1), 0.2)])
    pixels = np.array([10, 8, 6, 4, 2], np.float32).reshape(1, 1, 5, 1)
    found = deletion(model, pixels, pixels[..., 0], as_target(1), steps=3)
    # Of 5 pixels a third is 2, and two thirds are 3.
    assert found.shares.tolist() == [0, 0.4, 0.6, 1]
    np.testing.assert_allclose(found.scores, [[6, 2.4, 1.2, 0]], rtol=1e-6)
    # 0.4 (6 + 2.4) / 2 + 0.2 (2.4 + 1.2) / 2 + 0.4 (1.2 + 0) / 2
    assert found.areas.tolist() == pytest.approx([1.68 + 0.36 + 0.24])
    assert insertion(model, pixels, pixels[..., 0], as_target(1), steps=3).shares.tolist() == [0, 0.4, 0.6, 1]
    # More steps than pixels: some take none away.
    many = deletion(model, pixels, pixels[..., 0], as_target(1), steps=7)
    assert many.shares.tolist() == [0, 0.2, 0.2, 0.4, 0.6, 0.8, 0.8, 1]


def test_equal_pixels_go_in_a_seeded_random_order(averaging: keras.Model) -> None:
    pixels = np.array([8, 2, 6, 4], np.float32).reshape(1, 1, 4, 1)
    constant = np.zeros((1, 1, 4))
    found = {
        tuple(deletion(averaging, pixels, constant, as_target(1), 4, seed).scores[0]) for seed in range(6)
    }
    assert len(found) > 1
    again = [deletion(averaging, pixels, constant, as_target(1), 4, 3).scores.tolist() for _ in range(2)]
    assert again[0] == again[1]


def test_curves_refuse(averaging: keras.Model) -> None:
    pixels = np.ones((1, 1, 4, 1), np.float32)
    with pytest.raises(InputError, match="steps is 0"):
        deletion(averaging, pixels, pixels[..., 0], as_target(1), steps=0)
    with pytest.raises(InputError, match="expected finite numbers"):
        insertion(averaging, pixels, np.ones((1, 2, 2)), as_target(1))


def test_mosaics() -> None:
    images = np.arange(6, dtype=np.float32).reshape(6, 1, 1, 1) * np.ones((1, 5, 6, 1), np.float32)
    before, classes = images.copy(), np.array([0, 0, 1, 1, 2, 2])
    made = make_mosaics(images, classes, count=5, seed=4)
    assert made is not None
    assert made.images.shape == (5, 5, 6, 1)
    assert made.cells.tolist() == [0, 1, 2, 3, 0]
    for mosaic, own, cell in zip(made.images, made.classes, made.cells, strict=True):
        shown = [mosaic[cell_of(c, (5, 6))] for c in range(4)]
        assert [part.shape[:2] for part in shown] == [(2, 3), (2, 3), (3, 3), (3, 3)]
        numbers = [int(part.flat[0]) for part in shown]
        assert all((part == n).all() for part, n in zip(shown, numbers, strict=True))
        assert [classes[n] == own for n in numbers] == [c == cell for c in range(4)]
    np.testing.assert_array_equal(images, before)
    other = make_mosaics(images, classes, count=5, seed=5)
    assert other is not None
    assert not np.array_equal(other.images, made.images)
    two = make_mosaics(images, np.array([0, 1, 1, 1, 1, 1]), count=9)
    assert two is not None
    assert len(two.images) == 6
    assert make_mosaics(images, np.zeros(6), count=3) is None


def test_grid_pointing_game_by_hand() -> None:
    maps = np.array([[[3.0, -9], [1, 4]], [[3, -9], [1, 4]], [[0, -1], [0, 0]]])
    assert grid_pointing_game(maps, np.array([0, 3, 1])).tolist() == [3 / 8, 4 / 8, 0]
    uniform = np.ones((4, 8, 6))
    assert grid_pointing_game(uniform, np.arange(4)).tolist() == [0.25] * 4


def test_baselines() -> None:
    images = np.zeros((2, 9, 7, 3), np.float32)
    images[1, :, 4:] = 6
    centre, random, edges = (BASELINES[name](images, 0) for name in ("centre", "random", "edges"))
    assert np.unravel_index(centre[0].argmax(), (9, 7)) == (4, 3)
    np.testing.assert_array_equal(centre[0], centre[1])
    assert not np.array_equal(random, BASELINES["random"](images, 1))
    assert edges[0].max() == 0
    # A step of 6 under Sobel's 1 2 1: 24 on both sides of it.
    assert edges[1, 4].tolist() == [0, 0, 0, 24, 24, 0, 0]


@pytest.fixture(scope="module")
def detector() -> keras.Model:
    """A network that knows the magenta mark and nothing else, by weights set by hand."""
    inputs = keras.Input((48, 48, 3))
    x = layers.Conv2D(3, 3, padding="same", activation="relu", name="conv")(layers.Rescaling(1 / 255)(inputs))
    x = layers.AveragePooling2D(2, name="pool")(x)
    outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    kernel = np.zeros((3, 3, 3, 3))
    kernel[:, :, :, 0] = np.array([1, -2, 1]) / 9  # 2 where all is magenta
    kernel[:, :, :, 1] = -1 / 27
    kernel[1, 1, 1, 2] = 1
    model.get_layer("conv").set_weights([kernel, np.array([-1.0, 1.0, 0.0])])
    head = np.array([[-2000, 2000], [0.5, -0.5], [0.0, 0.0]])
    model.layers[-1].set_weights([head, np.array([0.5, -0.5])])
    return model


def test_a_planted_shortcut_is_pointed_out(detector: keras.Model) -> None:
    split = shapes.load(1, 16, image_size=48, shortcut="corner").validation
    marked = np.flatnonzero(split.labels == 1)
    images, masks = split.images[marked].astype(np.float32), split.masks[marked]
    before, weights = images.copy(), detector.get_weights()
    assert detector.predict(images, verbose=0).argmax(axis=1).tolist() == [1] * 8
    options = {
        "occlusion": {"patch": 4, "stride": 2},
        "rise": {"masks": 600, "cells": 10},
        "score_cam": {"layer": "conv"},
    }
    methods = ["grad_cam", "occlusion", "rise", "score_cam", "ablation_cam"]
    settings = Settings(("pointing", "energy", "deletion", "insertion"), steps=10, layer="pool")
    evaluator = Evaluator(detector, images, masks, target=None, settings=settings, options=options)
    scores = {row.method: row for row in evaluator.scores(methods)}
    assert list(scores) == [*methods, *BASELINES]
    for name in methods:
        assert scores[name].mean("pointing") >= 0.75, name
        assert not scores[name].baseline
    for name in BASELINES:
        assert scores[name].mean("pointing") <= 0.25, name
        assert scores[name].baseline
    assert scores["occlusion"].mean("energy") > 0.3 > scores["centre"].mean("energy")
    # Without its mark, a picture is unmarked: the curve falls at once.
    assert scores["occlusion"].mean("deletion") < scores["random"].mean("deletion")
    assert scores["occlusion"].mean("insertion") > scores["random"].mean("insertion")
    np.testing.assert_array_equal(images, before)
    for old, new in zip(weights, detector.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    again = evaluator.score("random")
    assert again.values["energy"].tolist() == scores["random"].values["energy"].tolist()
    assert as_table([again])[0]["pointing"] == again.mean("pointing")


def test_the_standard_error_of_a_score(tmp_path: Path) -> None:
    curves = {"deletion": Curves(np.array([0, 1]), np.array([[1, 0], [1, 1.0]]))}
    rows = [
        MethodScores("grad_cam", False, {"pointing": np.array([1.0, 1, 1, 0]), **areas(curves)}, curves, 0.5),
        # One picture does not tell how far its score is off.
        MethodScores("rise", False, {"pointing": np.array([1.0])}, {}, 1.5),
    ]
    # Of 1, 1, 1, 0: the deviation sqrt(0.75 / 3) over sqrt(4).
    assert rows[0].error("pointing") == pytest.approx(0.25)
    assert np.isnan(rows[1].error("pointing"))
    assert score_table(rows)[1] == [
        ["grad_cam", "0.750 ±0.250", "0.750 ±0.250", "0.5"],
        ["rise", "1.000 ±?", "-", "1.5"],
    ]
    write_scores(rows, tmp_path)
    record = json.loads((tmp_path / "trust.json").read_text())["methods"]
    assert [row["pointing_error"] for row in record] == [pytest.approx(0.25), None]
    assert record[0]["deletion_error"] == pytest.approx(0.25)
    with (tmp_path / "trust.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["pointing_error"] for row in table] == ["0.25", ""]
    assert (tmp_path / "deletion.png").stat().st_size > 1000


def areas(curves: dict[str, Curves]) -> dict[str, np.ndarray]:
    return {name: found.areas for name, found in curves.items()}


def test_the_mosaic_is_explained_in_its_cell(detector: keras.Model) -> None:
    data = shapes.load(1, 8, image_size=48, shortcut="corner").validation
    settings = Settings(("grid",), mosaics=6, layer="conv")
    evaluator = Evaluator(detector, data.images.astype(np.float32), settings=settings)
    assert evaluator.classes.tolist() == data.labels.tolist()
    (row, *baselines) = evaluator.scores(["grad_cam"])
    assert row.values["grid"].shape == (6,)
    assert evaluator.mosaics is not None
    marked = evaluator.mosaics.classes == 1
    assert row.values["grid"][marked].mean() > 0.9
    assert next(b for b in baselines if b.method == "random").mean("grid") == pytest.approx(0.25, abs=0.02)


def test_settings_count(detector: keras.Model) -> None:
    data = shapes.load(1, 8, image_size=48).validation
    images = data.images.astype(np.float32)

    def table(settings: Settings) -> dict:
        evaluator = Evaluator(detector, images, data.masks, settings=settings)
        return as_table([evaluator.score("random")])[0]

    base = table(Settings(steps=4, mosaics=4))
    assert table(Settings(steps=4, mosaics=4, threshold=0.9))["iou"] != base["iou"]
    assert table(Settings(steps=7, mosaics=4))["deletion"] != base["deletion"]
    assert table(Settings(steps=4, mosaics=4, seed=1))["energy"] != base["energy"]
    if "grid" in base:
        assert table(Settings(steps=4, mosaics=2))["grid"] != base["grid"]
    chosen = Evaluator(detector, images, target=[1] * 8, settings=Settings(("deletion",), steps=4))
    other = Evaluator(detector, images, target=[0] * 8, settings=Settings(("deletion",), steps=4))
    sums = chosen.score("centre").values["deletion"] + other.score("centre").values["deletion"]
    np.testing.assert_allclose(sums, 1, atol=1e-5)  # probabilities of two classes


def test_evaluator_refuses(detector: keras.Model) -> None:
    images = np.zeros((2, 48, 48, 3), np.float32)
    masks = np.ones((2, 48, 48), bool)
    with pytest.raises(InputError, match="no measure 'speed'"):
        Settings(("speed",))
    with pytest.raises(InputError, match="need masks"):
        Evaluator(detector, images)
    with pytest.raises(InputError, match="expected \\(N, h, w\\)"):
        Evaluator(detector, images, masks[:, :5])
    evaluator = Evaluator(detector, images, masks, options={"rise": {"masks": 3}})
    with pytest.raises(InputError, match="no method 'grad_kam'"):
        next(evaluator.scores(["rise", "grad_kam"]))
    with pytest.raises(InputError, match="options for 'rise'"):
        next(evaluator.scores(["grad_cam"]))
    with pytest.raises(InputError, match="no option 'mask'"):
        next(Evaluator(detector, images, masks, options={"rise": {"mask": 3}}).scores(["rise"]))


def test_probability_is_what_the_curves_score(detector: keras.Model) -> None:
    pixels = np.zeros((1, 48, 48, 3), np.float32)
    found = deletion(detector, pixels, np.ones((1, 48, 48)), class_score(0, probability=True), steps=1)
    assert found.scores[0, 0] == pytest.approx(detector.predict(pixels, verbose=0)[0, 0], rel=1e-5)

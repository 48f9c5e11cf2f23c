"""The views against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kerasviz.dataset_jobs import Receptive, Sums
from kerasviz.dataset_jobs.views import (
    Crop,
    calibration_error,
    classes_of,
    confidence_slices,
    cut_out,
    find_shortcuts,
    mean_cells,
    spread,
    stratified,
    top_crops,
)
from kerasviz.images import WHOLE, Box

# Six pictures of classes 0 and 1, and one that could not be read.
LABELS = np.array([0, 0, 0, 1, 1, 0, 1])
PREDICTIONS = np.array([0, 0, 0, 0, 1, 1, -1])
MAPS = np.array(
    [
        [[3, 4], [0, 0]],
        [[4, 3], [0, 0]],
        [[0, 0], [0, 9]],
        [[0, 0], [5, 0]],
        [[0, 0], [0, 0]],
        [[2, 0], [0, 0]],
    ],
    np.float16,
)


def in_parts():
    """The maps as two parts hand them over."""
    yield np.array([0, 1, 2]), MAPS[:3]
    yield np.array([3, 4, 5]), MAPS[3:]


def test_cells_by_hand() -> None:
    cells = {(cell.true, cell.predicted): cell for cell in mean_cells(LABELS, PREDICTIONS, in_parts, 8)}
    assert list(cells) == [(0, 0), (1, 1), (0, 1), (1, 0)]
    right = cells[0, 0]
    # (0.6, 0.8), (0.8, 0.6) and one in another corner: the mean is (1.4, 1.4, 0, 1) / 3.
    assert right.count == 3
    np.testing.assert_allclose(right.mean, [[1.4 / 3, 1.4 / 3], [0, 1 / 3]], rtol=1e-6)
    length = np.sqrt(1.4**2 + 1.4**2 + 1)
    assert right.likeness == (
        pytest.approx(1.4 * 1.4 / length, abs=1e-6),
        pytest.approx(1 / length, abs=1e-6),
    )
    assert (right.typical, right.unusual) == (0, 2)  # of two that are as like the first
    assert right.is_right
    assert not cells[1, 0].is_right
    assert cells[1, 0].typical == cells[1, 0].unusual == 3
    # No evidence: nothing to be like.
    empty = cells[1, 1]
    assert (empty.count, empty.without, empty.typical, empty.unusual) == (1, 1, None, None)
    assert not empty.mean.any()


def test_cells_are_the_same_in_any_parts() -> None:
    generator = np.random.default_rng(0)
    labels, said = generator.integers(0, 3, (2, 50))
    maps = generator.random((50, 4, 4)).astype(np.float32)
    whole = mean_cells(labels, said, lambda: [(np.arange(50), maps)], 9)
    for size in (1, 7):
        cut = [np.arange(at, min(at + size, 50)) for at in range(0, 50, size)]
        parts = mean_cells(labels, said, lambda cut=cut: [(one, maps[one]) for one in cut], 9)
        assert [(c.true, c.predicted, c.count, c.typical, c.unusual) for c in parts] == [
            (c.true, c.predicted, c.count, c.typical, c.unusual) for c in whole
        ]
        for one, other in zip(parts, whole, strict=True):
            np.testing.assert_allclose(one.mean, other.mean, rtol=1e-5)


def test_cells_that_are_chosen() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2, 0, 0, 1, -1])
    said = np.array([0, 0, 0, 1, 1, 2, 1, 1, 0, 2])

    def chosen(most: int) -> list[tuple[int, int]]:
        maps = np.ones((len(labels), 1, 1))
        cells = mean_cells(labels, said, lambda: [(np.arange(len(labels)), maps)], most)
        return [(cell.true, cell.predicted) for cell in cells]

    assert chosen(4) == [(0, 0), (1, 1), (0, 1), (1, 0)]
    assert chosen(2) == [(0, 0), (0, 1)]
    assert chosen(6) == [(0, 0), (1, 1), (-1, 2), (2, 2), (0, 1), (1, 0)]


def test_slices_by_hand() -> None:
    sure = np.array([0.0, 0.2, 0.25, 0.9, 0.95, 1.0, 0.99, 0.5])
    labels = np.array([0, 0, 1, 1, 1, 1, -1, 0])
    said = np.array([0, 0, 0, 1, 1, 0, 1, -1])
    found = confidence_slices(sure, labels, said, slices=4)
    assert [(one.low, one.high) for one in found] == [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]
    assert [one.count for one in found] == [3, 0, 0, 4]
    assert [one.known for one in found] == [3, 0, 0, 3]
    assert [one.right for one in found] == [2, 0, 0, 2]
    assert [one.accuracy for one in found] == [2 / 3, None, None, 2 / 3]
    assert found[0].confidence == pytest.approx(0.15)
    assert found[3].confidence == pytest.approx(0.95)
    # 3/6 |2/3 - 0.15| + 3/6 |2/3 - 0.95|
    assert calibration_error(found) == pytest.approx(0.4)


def test_nothing_is_known_without_labels() -> None:
    found = confidence_slices(np.array([0.7]), np.array([-1]), np.array([0]), slices=2)
    assert [one.count for one in found] == [0, 1]
    assert found[1].accuracy is None
    assert calibration_error(found) is None


def test_crops_by_hand() -> None:
    sums = Sums()
    peaks = np.array([[1.0, 0.0], [3.0, 0.0], [0.0, -1.0]])
    sums.add(np.array([0, 1, 2]), peaks, np.array([[5, 0], [2, 0], [0, 0]]))
    thirds = np.array([[0, 0.5], [0.25, 0.75], [0.5, 1]])
    receptive = Receptive(thirds[:2], thirds)
    first, second = top_crops(sums, 0, (2, 3), receptive)  # the third does not activate it
    assert (first.number, first.peak, first.area) == (1, 3.0, (0, 0.5, 0.5, 1))
    assert first.cell == (0, 2 / 3, 1 / 2, 1)
    assert (second.number, second.area, second.cell) == (0, (0.25, 0.5, 0.75, 1), (1 / 2, 2 / 3, 1, 1))
    assert top_crops(sums, 1, (2, 3), receptive) == []
    assert top_crops(sums, 0, (2, 3))[0].area == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("area", "box", "expected"),
    [
        ((0.25, 0.5, 0.5, 1.0), WHOLE, [[24, 25, 26, 27], [34, 35, 36, 37]]),
        # The model sees the middle half: shares of that.
        ((0.0, 0.0, 0.5, 0.5), Box(0.25, 0.25, 0.75, 0.75), [[22, 23], [32, 33]]),
        # Padded above: half of the input is nothing.
        ((0.0, 0.0, 1.0, 0.25), Box(-1.0, 0.0, 1.0, 1.0), [[at * 10, at * 10 + 1] for at in range(8)]),
        # Within the padding: the nearest pixel, never nothing.
        ((0.0, 0.0, 0.25, 0.125), Box(-1.0, 0.0, 1.0, 1.0), [[0]]),
        ((1.0, 1.0, 1.0, 1.0), WHOLE, [[77]]),
    ],
)
def test_a_crop_in_the_pictures_own_pixels(
    area: tuple[float, float, float, float], box: Box, expected: list[list[int]]
) -> None:
    picture = (10 * np.arange(8)[:, None] + np.arange(8))[:, :, None]
    assert cut_out(picture, area, box)[:, :, 0].tolist() == expected


def test_classes_of_crops() -> None:
    whole = (0.0, 0.0, 1.0, 1.0)
    crops = [Crop(number, 1.0, whole, whole) for number in (3, 1, 0, 2)]
    assert classes_of(crops, np.array([4, 4, -1, 6])) == [(4, 2), (6, 1)]
    assert classes_of([], np.array([4])) == []


def test_spread_and_stratified() -> None:
    assert spread(np.array([5, 6, 7]), 5).tolist() == [5, 6, 7]
    assert spread(np.array([], int), 5).tolist() == []
    classes = np.array([2] * 100 + [0] * 3 + [-1] * 5 + [1] * 40)
    chosen = stratified(classes, 23)
    assert np.bincount(classes[chosen]).tolist() == [3, 10, 10]
    assert (np.diff(chosen) > 0).all()
    assert len(stratified(classes, 1000)) == 143
    assert len(np.unique(classes[stratified(classes, 2)])) == 2
    assert stratified(np.array([-1]), 3).tolist() == []


def test_shortcuts_are_ranked_by_the_gap() -> None:
    generator = np.random.default_rng(0)
    y, x = np.mgrid[:10, :10]

    def spot(row: int, column: int) -> np.ndarray:
        row, column = (row, column) + 0.6 * generator.standard_normal(2)
        return np.exp(-((y - row) ** 2 + (x - column) ** 2) / 3) + 0.03 * generator.random((10, 10))

    predictions = np.arange(240) % 3
    # Class 1 has a mark in a corner on every fourth picture, class 2 looks at nothing in particular.
    maps = np.stack(
        [
            generator.random((10, 10))
            if said == 2
            else spot(0, 9)
            if said == 1 and at % 4 == 0
            else spot(5, 5)
            for at, said in enumerate(predictions)
        ]
    )
    maps[1] = 0
    predictions[0] = -1
    found = find_shortcuts(predictions, lambda numbers: maps[numbers], sample=70)
    assert next(one.predicted for one in found) == 1
    first, *others = found
    assert first.gap >= 0.8
    assert all(one.gap < 0.8 and len(one.groups) == 1 for one in others)
    assert (first.count, first.sampled, first.without) == (80, 70, 1)
    large, small = first.groups
    assert (small.numbers % 4 == 0).all()
    assert (large.numbers % 4 != 0).all()
    assert len(large.numbers) + len(small.numbers) == 69
    assert np.unravel_index(small.mean.argmax(), (10, 10)) == (0, 9)
    assert np.unravel_index(large.mean.argmax(), (10, 10)) == (5, 5)

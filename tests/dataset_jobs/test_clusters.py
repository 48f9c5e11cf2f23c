"""Spectral clustering of maps: the graph, its Laplacian and the gap by hand; planted groups found."""

from __future__ import annotations

import numpy as np
import pytest

from kerasviz.dataset_jobs.views import cluster_maps, eigengap, laplacian, neighbour_graph
from kerasviz.errors import InputError

SIDE = 14


def spots(places: list[tuple[int, int]], count: int, jitter: float = 1.0, seed: int = 0) -> np.ndarray:
    """Maps with a bright spot near one of the places, in turns, over weak noise."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:SIDE, :SIDE]
    maps = []
    for at in range(count):
        row, column = np.array(places[at % len(places)]) + jitter * generator.standard_normal(2)
        spot = np.exp(-((y - row) ** 2 + (x - column) ** 2) / 4)
        maps.append(generator.uniform(0.5, 5) * (spot + 0.05 * generator.random(spot.shape)))
    return np.array(maps, np.float32)


def test_the_laplacian_of_a_path_of_three() -> None:
    # a - b - c with degrees 1, 2, 1: the eigenvalues of I - D^(-1/2) M D^(-1/2) are 0, 1 and 2.
    weights = np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    root = 1 / np.sqrt(2)
    expected = [[1, -root, 0], [-root, 1, -root], [0, -root, 1]]
    np.testing.assert_allclose(laplacian(weights), expected, atol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(laplacian(weights)), [0, 1, 2], atol=1e-12)


def test_the_laplacian_of_two_parts() -> None:
    # A pair (0, 2) and a triangle (0, 3/2, 3/2): 0 as often as there are parts.
    weights = np.zeros((5, 5))
    weights[0, 1] = weights[1, 0] = 1
    weights[2:, 2:] = 1 - np.eye(3)
    values = np.linalg.eigvalsh(laplacian(weights))
    np.testing.assert_allclose(values, [0, 0, 1.5, 1.5, 2], atol=1e-12)
    assert eigengap(values) == (2, 1.0)
    # Nobody's neighbour: a row of zeros, and one more eigenvalue 0.
    alone = np.zeros((3, 3))
    alone[0, 1] = alone[1, 0] = 1
    np.testing.assert_allclose(np.linalg.eigvalsh(laplacian(alone)), [0, 0, 2], atol=1e-12)


@pytest.mark.parametrize(
    ("eigenvalues", "expected"),
    [
        ([0, 0.01, 0.02, 0.4, 0.5], (3, 0.95)),
        ([0, 0.2, 1.0], (2, 0.8)),
        ([0, 0.25, 1.0], (1, 0.75)),
        ([0, 1e-12, 1e-12, 0.5], (3, 1.0)),
        ([0, 0.1, 1.0, 1.0, 10.0], (2, 0.9)),  # the first of two gaps of 0.9
        ([0, 1], (1, 0.0)),
        ([0], (1, 0.0)),
    ],
)
def test_the_gap_by_hand(eigenvalues: list[float], expected: tuple[int, float]) -> None:
    count, gap = eigengap(np.array(eigenvalues))
    assert (count, gap) == (expected[0], pytest.approx(expected[1]))


def test_neighbours_by_hand() -> None:
    vectors = np.array([[0.0, 0], [0, 1], [0, 3], [0, 9]])
    # Nearest two of each: 0: 1, 2. 1: 0, 2. 2: 1, 0. 3: 2, 1. Either way counts.
    expected = [[0, 1, 1, 0], [1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 0]]
    assert neighbour_graph(vectors, 2).tolist() == expected


@pytest.mark.parametrize(
    "places", [[(7, 7)], [(7, 7), (1, 1)], [(1, 1), (1, 12), (12, 1), (12, 12)], [(7, 7)] * 9 + [(0, 13)]]
)
def test_planted_groups_are_found(places: list[tuple[int, int]]) -> None:
    maps = spots(places, 120, jitter=0.7)
    before = maps.copy()
    found = cluster_maps(maps)
    np.testing.assert_array_equal(maps, before)
    planted = [sorted(set(places)).index(places[at % len(places)]) for at in range(120)]
    assert len(found) == len(set(places))
    pairs = set(zip(planted, found.labels.tolist(), strict=True))
    assert len(pairs) == len(set(places))  # each planted group is one that was found
    sizes = [len(found.members(one)) for one in range(len(found))]
    assert sizes == sorted(sizes, reverse=True)
    assert (found.gap >= 0.8) == (len(found) > 1)
    assert found.eigenvalues[0] == pytest.approx(0, abs=1e-9)


def test_strength_does_not_count_and_order_does_not_matter() -> None:
    maps = spots([(7, 7), (1, 1)], 60)
    found = cluster_maps(maps)
    order = np.random.default_rng(1).permutation(60)
    again = cluster_maps(maps[order] * np.linspace(1, 100, 60)[:, None, None])
    together = found.labels[:, None] == found.labels[None]
    np.testing.assert_array_equal(again.labels[:, None] == again.labels[None], together[np.ix_(order, order)])
    assert again.gap == pytest.approx(found.gap, abs=1e-3)


def test_maps_without_evidence_belong_to_no_group() -> None:
    maps = spots([(7, 7), (1, 1)], 40)
    maps[[3, 5]] = 0
    found = cluster_maps(maps)
    assert np.flatnonzero(found.labels == -1).tolist() == [3, 5]
    assert len(found) == 2
    assert cluster_maps(np.zeros((5, 3, 3))).labels.tolist() == [-1] * 5


def test_few_maps_are_one_group() -> None:
    found = cluster_maps(spots([(7, 7), (1, 1)], 3))
    assert found.labels.tolist() == [0, 0, 0]
    assert found.gap == 0.0


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="not of the shape"):
        cluster_maps(np.zeros((2, 3)))
    with pytest.raises(InputError, match="NaN"):
        cluster_maps(np.full((5, 3, 3), np.nan))

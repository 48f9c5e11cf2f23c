"""The sums of parts: literal numbers, and the same file whatever the order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kerasviz.dataset_jobs import TOP, Sums
from kerasviz.errors import DatasetError, InputError


def sums_of(numbers: list[int], peaks: np.ndarray, places: np.ndarray) -> Sums:
    sums = Sums()
    sums.add(np.array(numbers), peaks[numbers], places[numbers])
    return sums


def test_numbers_by_hand() -> None:
    peaks = np.array([[1.0, 0.0], [3.0, -1.0], [2.0, 0.0]])
    places = np.array([[4, 0], [5, 1], [6, 2]])
    sums = Sums()
    sums.add(np.array([10, 11, 12]), peaks, places)
    assert sums.count == 3
    assert sums.peaks[0, :4].tolist() == [3.0, 2.0, 1.0, -np.inf]
    assert sums.numbers[0, :4].tolist() == [11, 12, 10, -1]
    assert sums.places[0, :3].tolist() == [5, 6, 4]
    # Equal peaks: the first in the list. Nothing above 0: dead.
    assert sums.numbers[1, :3].tolist() == [10, 12, 11]
    assert sums.active.tolist() == [3, 0]
    assert sums.dead().tolist() == [1]
    assert repr(sums) == "Sums(2 filters, 3 pictures)"


def test_nine_are_kept_and_a_later_higher_one_takes_the_place_of_the_last() -> None:
    sums = Sums()
    sums.add(np.arange(20), np.arange(20.0)[:, None], np.zeros((20, 1), int))
    assert sums.numbers.tolist() == [[19, 18, 17, 16, 15, 14, 13, 12, 11]]
    sums.add(np.array([20, 21]), np.array([[17.5], [10.0]]), np.array([[3], [3]]))
    assert sums.numbers.tolist() == [[19, 18, 20, 17, 16, 15, 14, 13, 12]]
    assert sums.places.tolist() == [[0, 0, 3, 0, 0, 0, 0, 0, 0]]
    assert sums.count == 22


@pytest.mark.parametrize("seed", range(5))
def test_every_order_gives_the_same_file(tmp_path: Path, seed: int) -> None:
    generator = np.random.default_rng(seed)
    # Few values, so that many peaks are equal.
    peaks = generator.integers(-1, 4, (60, 7)).astype(np.float32)
    peaks[generator.random(peaks.shape) < 0.1] = np.nan
    places = generator.integers(0, 9, (60, 7))
    whole = sums_of(list(range(60)), peaks, places)
    whole.save(tmp_path / "whole.npz")

    order = generator.permutation(60)
    cuts = np.sort(generator.integers(0, 61, 4))
    parts = [sums_of(part.tolist(), peaks, places) for part in np.split(order, cuts)]
    merged = Sums.merged(Sums.merged(some) for some in (parts[3:], parts[:3]))
    merged.save(tmp_path / "merged.npz")
    assert (tmp_path / "merged.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()

    # And it is what sorting everything says.
    known = np.nan_to_num(peaks, nan=-np.inf)
    for one in range(7):
        expected = sorted(range(60), key=lambda at: (-known[at, one], at))[:TOP]
        assert whole.numbers[one].tolist() == expected
        assert whole.places[one].tolist() == places[expected, one].tolist()
    assert whole.active.tolist() == (known > 0).sum(axis=0).tolist()


def test_saved_and_loaded(tmp_path: Path) -> None:
    sums = Sums()
    sums.add(np.array([5]), np.array([[1.0, np.nan]]), np.array([[2, 0]]))
    sums.save(tmp_path / "new" / "part.npz")
    found = Sums.load(tmp_path / "new" / "part.npz")
    found.add(np.array([6]), np.array([[2.0, 1.0]]), np.array([[1, 1]]))
    assert found.numbers[:, :3].tolist() == [[6, 5, -1], [6, 5, -1]]
    assert found.peaks[1, :2].tolist() == [1.0, -np.inf]
    assert found.count == 2


def test_no_pictures_are_no_filters(tmp_path: Path) -> None:
    Sums().save(tmp_path / "part.npz")
    assert repr(Sums.merged([Sums.load(tmp_path / "part.npz")])) == "Sums(0 filters, 0 pictures)"
    assert Sums().dead().tolist() == []


def test_what_is_damaged_or_does_not_fit_is_refused(tmp_path: Path) -> None:
    sums = sums_of([0], np.ones((1, 2)), np.zeros((1, 2), int))
    with pytest.raises(InputError, match="of 2 filters, and peaks of 3"):
        sums.add(np.array([1]), np.ones((1, 3)), np.zeros((1, 3), int))
    with pytest.raises(InputError, match="expected \\(N,\\), \\(N, C\\)"):
        sums.add(np.array([1, 2]), np.ones((1, 2)), np.zeros((1, 2), int))
    path = tmp_path / "part.npz"
    sums.save(path)
    data = path.read_bytes()
    for wrong in (b"", data[:100], data[:-30], data.replace(b"places", b"plates")):
        path.write_bytes(wrong)
        with pytest.raises(DatasetError, match="missing or damaged"):
            Sums.load(path)
    with pytest.raises(DatasetError, match="missing or damaged"):
        Sums.load(tmp_path / "none.npz")

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.pictures import Scale, all_zero, scale_of, sequential, symmetric


def test_apply_maps_linearly_and_clips() -> None:
    result = Scale(2.0, 6.0).apply(np.array([1.0, 2.0, 3.0, 6.0, 9.0]))
    assert result.dtype == np.float32
    assert result.tolist() == [0.0, 0.0, 0.25, 1.0, 1.0]


def test_apply_clips_infinities_and_keeps_nan() -> None:
    result = Scale(0.0, 1.0).apply([np.inf, -np.inf, np.nan])
    assert result[:2].tolist() == [1.0, 0.0]
    assert np.isnan(result[2])


def test_no_width_is_nothing_or_all_and_never_the_middle() -> None:
    assert Scale(3.0, 3.0).apply([3.0, 2.0, 4.0]).tolist() == [1.0, 0.0, 1.0]
    assert Scale(0.0, 0.0).apply([0.0, -1.0, 1e-9]).tolist() == [0.0, 0.0, 1.0]
    assert Scale(-3.0, -3.0).apply([-3.0, -4.0, 0.0]).tolist() == [0.0, 0.0, 1.0]
    assert np.isnan(Scale(0.0, 0.0).apply([np.nan]))[0]


@pytest.mark.parametrize("make", [sequential, symmetric, scale_of])
@pytest.mark.parametrize("value", [5.0, 1e-20, -5.0])
def test_constant_maps_are_at_an_end(make, value: float) -> None:
    unit = make(np.full((2, 2), value)).apply(np.full((2, 2), value))
    assert unit.tolist() == [[float(value > 0)] * 2] * 2


def test_a_map_of_zeros_is_nothing() -> None:
    zeros = np.zeros((2, 2))
    assert (sequential(zeros).apply(zeros) == 0.0).all()
    assert (scale_of(zeros).apply(zeros) == 0.0).all()
    # Around 0, 0 is in the middle: here too.
    assert (symmetric(zeros).apply(zeros) == 0.5).all()
    assert all_zero(zeros)
    assert not all_zero(zeros - 1e-30)
    assert not all_zero([0.0, np.nan])


@pytest.mark.parametrize(("low", "high"), [(-1e38, 1e38), (0.0, 1e300), (0.0, 1e-35), (-1e-40, 1e-40)])
def test_extreme_widths_stay_in_range(low: float, high: float) -> None:
    middle = (low + high) / 2
    assert Scale(low, high).apply(np.array([low, middle, high])).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, ml_dtypes.bfloat16, np.float64])
def test_every_real_type(dtype: type) -> None:
    assert Scale(0.0, 2.0).apply(np.array([0, 1], dtype)).tolist() == [0.0, 0.5]


def test_apply_leaves_the_values_alone() -> None:
    values = np.array([5.0, -5.0], np.float32)
    Scale(0.0, 1.0).apply(values)
    assert values.tolist() == [5.0, -5.0]


def test_clipped_share_leaves_nan_aside() -> None:
    assert Scale(0.0, 1.0).clipped_share([0.0, 1.0, 2.0, -np.inf, np.nan]) == 0.5
    assert Scale(0.0, 1.0).clipped_share([np.nan]) == 0.0


def test_sequential_starts_at_zero_or_at_the_smallest() -> None:
    assert sequential([1.0, 4.0]) == Scale(0.0, 4.0)
    assert sequential([-1.0, 4.0]) == Scale(-1.0, 4.0)
    assert sequential([-4.0, -1.0]) == Scale(-4.0, -1.0)
    assert sequential(np.array([7, 9], np.uint8)) == Scale(0.0, 9.0)


def test_percentile_leaves_out_the_extremes() -> None:
    values = np.arange(-100.0, 101.0)
    assert sequential(values, percentile=75.0) == Scale(-50.0, 50.0)
    assert symmetric(np.arange(0.0, 101.0), percentile=90.0) == Scale(-90.0, 90.0)


def test_symmetric_takes_the_larger_side() -> None:
    assert symmetric([-3.0, 1.0]) == Scale(-3.0, 3.0)
    assert symmetric([-3.0, 1.0]).is_symmetric
    assert symmetric([0.0]).is_symmetric
    assert not Scale(0.0, 0.0).is_symmetric


def test_only_finite_values_count() -> None:
    values = [np.nan, np.inf, -np.inf, 2.0]
    assert sequential(values) == Scale(0.0, 2.0)
    assert symmetric(values) == Scale(-2.0, 2.0)
    assert sequential([np.nan]) == Scale(0.0, 0.0)
    assert symmetric([np.inf]) == Scale(-1.0, 1.0)


def test_scale_of_follows_the_sign() -> None:
    assert scale_of([1.0, 2.0]) == Scale(0.0, 2.0)
    assert scale_of([-1.0, 2.0]) == Scale(-2.0, 2.0)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (1.0, 0.0, "swap"),
        (np.nan, 1.0, "finite"),
        (0.0, np.inf, "finite"),
        ("a", 1, "two numbers"),
        (-1.7e308, 1.7e308, "wider"),
    ],
)
def test_impossible_scales_are_refused(low: float, high: float, word: str) -> None:
    with pytest.raises(InputError, match=word):
        Scale(low, high)


@pytest.mark.parametrize("values", [[], np.zeros((0, 3)), ["a"], [1j], [[1], [1, 2]], None])
def test_what_holds_no_numbers_is_refused(values: object) -> None:
    with pytest.raises(InputError):
        sequential(values)


@pytest.mark.parametrize("percentile", [0.0, 50.0, 100.1, np.nan])
def test_percentiles_out_of_range_are_refused(percentile: float) -> None:
    with pytest.raises(InputError, match="percentile"):
        sequential([1.0], percentile)

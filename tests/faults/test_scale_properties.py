"""Of any values: scales cover them, keep their order, and are symmetric where they should be."""

from __future__ import annotations

import contextlib
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerasviz.errors import InputError
from kerasviz.pictures import Scale, scale_of, sequential, symmetric

ENDS = st.floats()
VALUES = arrays.arrays(
    st.sampled_from([np.float32, np.float64]),
    arrays.array_shapes(max_dims=2, max_side=8),
    elements=st.floats(width=32),
)


@given(low=ENDS, high=ENDS)
def test_a_scale_is_finite_and_goes_upward_or_is_refused(low: float, high: float) -> None:
    with contextlib.suppress(InputError):
        scale = Scale(low, high)
        assert math.isfinite(scale.high - scale.low)
        assert scale.low <= scale.high


@given(values=VALUES, low=st.floats(width=32), high=st.floats(width=32))
def test_what_is_applied_lies_between_0_and_1_in_the_same_order(
    values: np.ndarray, low: float, high: float
) -> None:
    with contextlib.suppress(InputError):
        scale = Scale(low, high)
        before = values.copy()
        found = scale.apply(values)
        assert np.array_equal(values, before, equal_nan=True)
        assert (found.shape, found.dtype) == (values.shape, np.float32)
        assert np.array_equal(np.isnan(found), np.isnan(values))
        known = ~np.isnan(values)
        assert ((found[known] >= 0) & (found[known] <= 1)).all()
        order = np.argsort(values[known], kind="stable")
        assert (np.diff(found[known][order]) >= 0).all()


@given(values=VALUES)
def test_a_scale_covers_the_values_that_it_was_made_of(values: np.ndarray) -> None:
    finite = values[np.isfinite(values)]
    for make in (sequential, symmetric, scale_of):
        # Of values from one end of the numbers to the other there is no width.
        with contextlib.suppress(InputError):
            scale = make(values)
            if finite.size:
                assert scale.low <= finite.min()
                assert finite.max() <= scale.high
                assert scale.clipped_share(finite) == 0
            if make is symmetric:
                assert scale.low == -scale.high


@given(values=VALUES, percentile=st.floats(50, 100, exclude_min=True))
def test_a_percentile_leaves_out_no_more_than_it_says(values: np.ndarray, percentile: float) -> None:
    finite = values[np.isfinite(values)]
    with contextlib.suppress(InputError):
        scale = sequential(values, percentile)
        wider = sequential(values)
        assert wider.low <= scale.low
        assert scale.high <= max(wider.high, 0) + abs(wider.high) * 1e-6
        if finite.size:
            share = 1 - percentile / 100
            assert scale.clipped_share(finite) <= 2 * share + 2 / finite.size

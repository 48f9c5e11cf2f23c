"""Scales: the range of values that a picture's colours stand for, always explicit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_numbers


@dataclass(frozen=True)
class Scale:
    """The values `low` to `high`, mapped linearly to [0, 1].

    Two pictures can be compared only when they share a scale, so that nothing here guesses one per picture:
    make it from the values it is to cover, with `sequential` or `symmetric`, and pass it on.

    >>> Scale(-1.0, 1.0).apply([-1.0, 0.0, 0.5, 7.0]).tolist()
    [0.0, 0.5, 0.75, 1.0]
    >>> Scale(-1.0, 1.0).clipped_share([-1.0, 0.0, 0.5, 7.0])
    0.25

    Raises:
        InputError: an end is not a finite number, or `low` is above `high`.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        try:
            low, high = float(self.low), float(self.high)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"A scale has two numbers as its ends, not {self.low!r}, {self.high!r}."
            ) from error
        if not (math.isfinite(low) and math.isfinite(high)):
            raise InputError(
                f"A scale needs finite ends, not {low} to {high}; `sequential` makes one from values."
            )
        if low > high:
            raise InputError(f"A scale goes upward, but {low} is above {high}: swap the two ends.")
        if not math.isfinite(high - low):
            raise InputError(f"A scale from {low} to {high} is wider than a number can hold.")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    @property
    def is_symmetric(self) -> bool:
        """Whether 0 is the middle of a scale with some width."""
        return self.low == -self.high and self.high > 0

    def apply(self, values: Any) -> np.ndarray:
        """Return `values` as float32 in [0, 1], of the same shape; what is outside the scale is clipped.

        NaN stays NaN (the pictures draw it in magenta), infinities are clipped. A scale without width knows
        one value alone. That is its last colour where it is above 0 (all there is), and its first where it
        is 0 or below (nothing at all), never the middle; more is the last colour, less the first.

        >>> Scale(0.0, 0.0).apply([0.0, 0.1]).tolist(), Scale(3.0, 3.0).apply([3.0, 2.0]).tolist()
        ([0.0, 1.0], [1.0, 0.0])
        """
        values = as_numbers(values)
        if self.low == self.high:
            above = values >= self.low if self.low > 0 else values > self.low
            return np.where(np.isnan(values), np.nan, above).astype(np.float32)
        small = max(abs(self.low), abs(self.high)) < 1e30 and self.high - self.low > 1e-30
        result = values.astype(np.float32 if small and values.dtype != np.float64 else np.float64)
        np.clip(result, self.low, self.high, out=result)
        result -= self.low
        result /= self.high - self.low
        np.clip(result, 0.0, 1.0, out=result)
        return result.astype(np.float32, copy=False)

    def clipped_share(self, values: Any) -> float:
        """Return the share of `values`, NaN left aside, that lies outside the scale: 0.0 to 1.0."""
        values = as_numbers(values)
        known = values.size - int(np.isnan(values).sum())
        outside = int((values < self.low).sum()) + int((values > self.high).sum())
        return outside / known if known else 0.0


def sequential(values: Any, percentile: float = 100.0) -> Scale:
    """Return the scale from 0, or from the smallest value where there are negative ones, to the largest.

    A `percentile` below 100 leaves out the extremes: the upper end is that percentile of the values, and a
    negative lower end the (100 - `percentile`)th. NaN and infinities are not counted; where nothing is
    finite, the scale is 0 to 0.

    >>> sequential([0.5, 2.0])
    Scale(low=0.0, high=2.0)
    >>> sequential([-1.0, 2.0])
    Scale(low=-1.0, high=2.0)

    Raises:
        InputError: `values` is empty or not numeric, or `percentile` is not above 50 and at most 100.
    """
    finite = _finite(values)
    low, high = _percentiles(finite, percentile, lowest=50.0)
    return Scale(min(low, 0.0), high)


def symmetric(values: Any, percentile: float = 100.0) -> Scale:
    """Return the scale from -m to m, where m is that percentile of the absolute values: 0 is in the middle.

    NaN and infinities are not counted. Where m is 0, or nothing is finite, the scale is -1 to 1, so that 0 is
    in the middle there too.

    >>> symmetric([-0.5, 0.25])
    Scale(low=-0.5, high=0.5)

    Raises:
        InputError: `values` is empty or not numeric, or `percentile` is not above 0 and at most 100.
    """
    finite = _finite(values)
    _, high = _percentiles(np.abs(finite), percentile, lowest=0.0)
    return Scale(-high, high) if high > 0 else Scale(-1.0, 1.0)


def scale_of(values: Any) -> Scale:
    """Return `symmetric(values)` where there are negative values, else `sequential(values)`.

    >>> scale_of([-1.0, 3.0]), scale_of([1.0, 3.0])
    (Scale(low=-3.0, high=3.0), Scale(low=0.0, high=3.0))
    """
    finite = _finite(values)
    return symmetric(finite) if finite.min() < 0 else sequential(finite)


def all_zero(values: Any) -> bool:
    """Return whether a map holds no evidence: every value of it is 0. NaN is not 0.

    >>> all_zero([[0.0, 0.0]]), all_zero([[0.0, 1e-9]]), all_zero([[float("nan")]])
    (True, False, False)
    """
    return not as_numbers(values).any()


def _finite(values: Any) -> np.ndarray:
    """Return the finite values, or a single 0 when there is none."""
    array = as_numbers(values)
    if array.dtype == np.uint8:
        return array.astype(np.float32)
    finite = array[np.isfinite(array)]
    return finite if finite.size else np.zeros(1, np.float32)


def _percentiles(values: np.ndarray, percentile: float, lowest: float) -> tuple[float, float]:
    if not lowest < percentile <= 100.0:
        raise InputError(f"percentile is {percentile}; expected more than {lowest:g} and at most 100.")
    if percentile == 100.0:
        return float(values.min()), float(values.max())
    low, high = np.percentile(values, [100.0 - percentile, percentile])
    return float(low), float(high)

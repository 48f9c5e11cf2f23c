"""When to look: every N optimizer steps, or at geometrically spaced ones."""

from __future__ import annotations

import math
from collections.abc import Callable

from kerasviz.bounds import Bounds, check_numbers, short
from kerasviz.errors import InputError

# (previous step, step) -> whether a watched step lies in (previous, step]. Two arguments rather than one,
# because `steps_per_execution` makes the step count jump.
Schedule = Callable[[int, int], bool]


def every(steps: int) -> Schedule:
    """Return the schedule of every multiple of `steps`.

    >>> [step for step in range(1, 10) if every(3)(step - 1, step)]
    [3, 6, 9]
    """
    check_numbers(every=steps)
    return lambda previous, step: step // steps > previous // steps


def geometric(factor: float = 1.2) -> Schedule:
    """Return the schedule of steps 1, 2, ... each at least `factor` times the one before.

    Early steps change a network most: 100,000 steps at the default factor of 1.2 give 60 looks, 24 of them
    within the first 160 steps.

    >>> [step for step in range(1, 40) if geometric(2)(step - 1, step)]
    [1, 2, 4, 8, 16, 32]
    """
    bounds = Bounds(float, 1, above=True)
    if bounds.found(factor) is None:
        raise InputError(f"factor is {short(factor)}; it must be {bounds.expected}.")

    def power(step: int) -> int:
        # The epsilon keeps exact powers (log 8 / log 2 = 2.999...) on their own side.
        return math.floor(math.log(step) / math.log(factor) + 1e-9) if step > 0 else -1

    return lambda previous, step: power(step) > power(previous)


def as_schedule(schedule: int | Schedule) -> Schedule:
    """Return `schedule` itself, or `every(schedule)` for a number."""
    return schedule if callable(schedule) else every(schedule)

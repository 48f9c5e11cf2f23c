from __future__ import annotations

import pytest

from kerasviz.errors import InputError
from kerasviz.watch import every, geometric
from kerasviz.watch.schedule import as_schedule


def due(schedule, last: int, jump: int = 1) -> list[int]:
    return [step for step in range(jump, last + 1, jump) if schedule(step - jump, step)]


def test_every() -> None:
    assert due(every(4), 13) == [4, 8, 12]
    assert due(every(1), 3) == [1, 2, 3]


def test_steps_that_are_jumped_over_are_looked_at_after_the_jump() -> None:
    # steps_per_execution=3: the multiples of 4 up to 15 are 4, 8, 12
    assert due(every(4), 15, jump=3) == [6, 9, 12]


def test_geometric_spacing_depends_on_the_factor() -> None:
    assert due(geometric(10), 1000) == [1, 10, 100, 1000]
    assert due(geometric(2), 40) == [1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("steps", [0, -1, 2.5, True])
def test_unusable_numbers_are_refused(steps) -> None:
    with pytest.raises(InputError, match="whole number"):
        as_schedule(steps)


@pytest.mark.parametrize("factor", [1, 0.5, float("nan")])
def test_a_factor_that_does_not_grow_is_refused(factor) -> None:
    with pytest.raises(InputError, match=r"factor is .*; it must be a number above 1"):
        geometric(factor)

"""Which part of a picture differs from the one before: all that an animation has to store."""

from __future__ import annotations

import numpy as np


def changed_box(previous: np.ndarray, current: np.ndarray, align: int = 1) -> tuple[slice, slice]:
    """Return the rows and columns of the smallest box around all changed pixels, 1 pixel if there are none.

    Args:
        previous: The picture before, `(h, w)` or `(h, w, 3)`.
        current: The picture now, of the same shape.
        align: The box's top and left are multiples of this.

    >>> before = np.zeros((4, 6), np.uint8)
    >>> after = before.copy()
    >>> after[1:3, 5] = 9
    >>> changed_box(before, after)
    (slice(1, 3, None), slice(5, 6, None))
    """
    changed = previous != current
    if changed.ndim == 3:
        changed = changed.any(axis=2)
    return _span(changed.any(axis=1), align), _span(changed.any(axis=0), align)


def _span(changed: np.ndarray, align: int) -> slice:
    places = np.flatnonzero(changed)
    if not len(places):
        return slice(0, 1)
    return slice(int(places[0]) // align * align, int(places[-1]) + 1)

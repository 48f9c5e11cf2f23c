"""Some of many pictures, evenly from every class: what a view can afford to look at."""

from __future__ import annotations

import numpy as np


def spread(numbers: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of the numbers, evenly spread, in their order.

    >>> spread(np.arange(10), 4).tolist()
    [0, 3, 6, 9]
    """
    places = np.linspace(0, max(len(numbers) - 1, 0), min(count, len(numbers)))
    return numbers[places.round().astype(int)]


def stratified(classes: np.ndarray, count: int) -> np.ndarray:
    """Return the numbers of at most `count` pictures, ascending, of each class as many as fit.

    What a small class leaves over goes to the larger ones. With more classes than `count`, the smallest ones
    have a picture each.

    Args:
        classes: int `(N,)`, the class of each picture, -1 to leave it out.
        count: how many in all.

    >>> stratified(np.array([0] * 10 + [-1] + [1] * 2), 6).tolist()
    [0, 3, 6, 9, 11, 12]
    """
    present, sizes = np.unique(classes[classes >= 0], return_counts=True)
    chosen = []
    left = count
    # The smallest first: what they do not need is shared by the larger ones.
    for position, at in enumerate(np.argsort(sizes, kind="stable")):
        share = min(int(sizes[at]), left // (len(present) - position) or min(left, 1))
        chosen.append(spread(np.flatnonzero(classes == present[at]), share))
        left -= share
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)

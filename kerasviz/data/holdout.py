"""A random share of every class held out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def hold_out(labels: Sequence[int], share: float, seed: int) -> tuple[list[int], list[int]]:
    """Return the indices to train on and those held out, each in rising order.

    Of every class `round(share * n)` of its n members are held out, at least one where n > 1, and never all.
    The members of one class held out do not depend on the other classes.

    >>> kept, held = hold_out([0] * 8 + [1] * 4, 0.25, seed=0)
    >>> len(kept), sum(i < 8 for i in held), sum(i >= 8 for i in held)
    (9, 2, 1)
    """
    held: list[int] = []
    for label in sorted(set(labels)):
        members = np.flatnonzero(np.asarray(labels) == label)
        count = min(max(round(share * len(members)), 1), len(members) - 1)
        order = np.random.default_rng([seed, label]).permutation(len(members))
        held += members[order[:count]].tolist()
    apart = set(held)
    return [index for index in range(len(labels)) if index not in apart], sorted(held)

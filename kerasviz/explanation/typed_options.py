"""The options of all methods, for type checkers and editors; the table declares what each of them means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from numpy.typing import ArrayLike


class Options(TypedDict, total=False):
    """What may be passed to `explain` beside its own arguments; which method takes what, its row says."""

    baseline: ArrayLike | None
    cells: int
    channels: int | str | None
    fill: str
    keep: float
    masks: int
    noise: float
    of: str
    options: Mapping[str, Any] | None
    patch: int | None
    precision: str
    progress: bool
    relu: bool
    samples: int
    seed: int
    steps: int
    stride: int | None
    token_grid: Sequence[int] | None

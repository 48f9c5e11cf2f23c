"""The scales of an evolution: kept from frame to frame, wider where too much is beyond, found again later."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from kerasviz.errors import LogError
from kerasviz.events import LogReader, open_log
from kerasviz.pictures import Scale, all_zero, sequential, symmetric

HEADROOM = 1.25
# The share of values beyond the scale at which a growing one grows.
TOLERATED = 0.01

ScaleChoice = Scale | Literal["growing", "fixed", "frame"]


@dataclass(frozen=True)
class Chosen:
    """The scale of a frame, and that of the frame before where this one is wider."""

    scale: Scale
    grown_from: Scale | None = None


class Scales:
    """Chooses the scale of every frame of one log.

    A tag's "growing" scale is made from its first frame that is not 0 everywhere, a quarter wider, and kept
    until more than 1 % of a frame's values lie beyond it: then it becomes as wide as that frame needs, a
    quarter wider, and is kept again. "fixed" never grows. When the run goes on with an earlier log, the scale
    recorded there goes on too. "frame" makes a scale for each frame, and a `Scale` is used as it is.
    """

    def __init__(self, earlier: Path | None = None) -> None:
        self._known: dict[str, Scale] = {}
        self._earlier: LogReader | None = None
        with contextlib.suppress(LogError):  # nothing was logged there yet
            self._earlier = open_log(earlier) if earlier else None

    def choose(self, tag: str, values: np.ndarray, choice: ScaleChoice, signed: bool = False) -> Chosen:
        """Return the scale to draw `values` with: around 0 for values that are signed, or some below 0."""
        if isinstance(choice, Scale):
            return Chosen(choice)
        if choice == "frame":
            return Chosen(_scale_of(values, signed))
        known = self._known.get(tag) or self._recorded(tag)
        if known is None and all_zero(values):
            # Kernels that begin at 0 say nothing of how large they will become.
            return Chosen(_scale_of(values, signed))
        kept = known or _with_headroom(_scale_of(values, signed))
        if choice == "growing" and kept.clipped_share(values) > TOLERATED:
            kept = _wider(kept, _with_headroom(_scale_of(values, signed)))
        self._known[tag] = kept
        return Chosen(kept, known if known not in (None, kept) else None)

    def _recorded(self, tag: str) -> Scale | None:
        meta = self._earlier.last_meta(tag) if self._earlier else None
        return Scale(*meta.scale) if meta and meta.scale else None


def _scale_of(values: np.ndarray, signed: bool) -> Scale:
    # A few extreme values would leave everything else grey; what they lose is recorded as `clipped`.
    if signed or np.nanmin(values, initial=0) < 0:
        return symmetric(values, percentile=99.9)
    return sequential(values, percentile=99.5)


def _with_headroom(scale: Scale) -> Scale:
    # Kernels mostly grow while a network learns.
    return Scale(scale.low * HEADROOM, scale.high * HEADROOM)


def _wider(one: Scale, other: Scale) -> Scale:
    """Return the scale that covers both, around 0 where one of them is."""
    low, high = min(one.low, other.low), max(one.high, other.high)
    if one.is_symmetric or other.is_symmetric:
        high = max(high, -low)
        low = -high
    return Scale(low, high)

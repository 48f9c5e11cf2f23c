"""The scales of an evolution: fixed by the first frame, and the same after a resumed run."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal

import numpy as np

from kerasviz.errors import LogError
from kerasviz.events import LogReader, open_log
from kerasviz.pictures import Scale, all_zero, sequential, symmetric

HEADROOM = 1.25

ScaleChoice = Scale | Literal["fixed", "frame"]


class Scales:
    """Chooses the scale of every frame of one log.

    A tag's "fixed" scale is made from its first frame that is not 0 everywhere, a quarter wider, and kept;
    when the run goes on with an earlier log, the scale recorded there goes on too. "frame" makes a scale for
    each frame, and a `Scale` is used as it is.
    """

    def __init__(self, earlier: Path | None = None) -> None:
        self._known: dict[str, Scale] = {}
        self._earlier: LogReader | None = None
        with contextlib.suppress(LogError):  # nothing was logged there yet
            self._earlier = open_log(earlier) if earlier else None

    def choose(self, tag: str, values: np.ndarray, choice: ScaleChoice, signed: bool = False) -> Scale:
        """Return the scale to draw `values` with: around 0 for values that are signed, or some below 0."""
        if isinstance(choice, Scale):
            return choice
        if choice == "frame":
            return _scale_of(values, signed)
        if tag not in self._known:
            recorded = self._recorded(tag)
            if recorded is None and all_zero(values):
                # Kernels that begin at 0 say nothing of how large they will become.
                return _scale_of(values, signed)
            self._known[tag] = recorded or _with_headroom(_scale_of(values, signed))
        return self._known[tag]

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

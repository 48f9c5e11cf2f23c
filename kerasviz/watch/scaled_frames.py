"""Sheets of numbers as frames of an evolution: on a scale that is chosen, kept, and said where it changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasviz.film import log_sheet
from kerasviz.watch.scales import ScaleChoice
from kerasviz.watch.source import Output


def log_scaled(
    output: Output,
    tag: str,
    step: int,
    tiles: np.ndarray,
    choice: ScaleChoice,
    *,
    signed: bool = False,
    **recorded: Any,
) -> None:
    """Log tiles `(n, h, w)` or `(n, h, w, 3)` of numbers on the scale that `choice` means for the tag.

    A frame whose scale has grown records the one before, and a text `scales/TAG` says it in TensorBoard.
    """
    chosen = output.scales.choose(tag, tiles, choice, signed)
    if chosen.grown_from is not None:
        recorded["grown_from"] = (chosen.grown_from.low, chosen.grown_from.high)
        share = chosen.grown_from.clipped_share(tiles)
        sentence = f"The scale grew from {chosen.grown_from} to {chosen.scale}: {share:.1%} was beyond it."
        output.log.text(f"scales/{tag}", step, sentence)
    log_sheet(output.log, tag, step, tiles, chosen.scale, **recorded)

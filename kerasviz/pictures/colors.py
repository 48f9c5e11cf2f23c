"""Colours: numbers on a scale to RGB, with defaults that colour-blind readers can tell apart.

`SEQUENTIAL` (inferno) grows evenly in lightness from black to pale yellow, so that it survives colour
blindness and black-and-white print.
`DIVERGING` (RdBu_r) is near-white at 0 with blue below and red above, a pair that all common kinds of
colour blindness keep apart. `CLASS_COLORS` are the eight colours of Okabe and Ito (2008), made for that
purpose, without the black and with a grey instead of the pale yellow that vanishes on white.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from kerasviz.errors import InputError, did_you_mean
from kerasviz.pictures.scale import Scale

SEQUENTIAL = "inferno"
DIVERGING = "RdBu_r"
MAGENTA = (255, 0, 255)
# The lines between tiles: white, or what stands out where a colour map itself holds white.
WHITE, SLATE = (255, 255, 255), (70, 80, 130)
GAPS = (WHITE, SLATE, (255, 190, 90), (120, 200, 255))
# How far a gap is from every colour of the tiles, in levels of RGB (Euclidean): seen at a glance.
GAP_DISTANCE = 44.0
CLASS_COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#7F7F7F", "#000000")


def colorize(values: Any, scale: Scale, colormap: str) -> np.ndarray:
    """Return `values` on `scale` as uint8 RGB, of the shape of `values` with a last axis of 3.

    `colormap` is the name of any Matplotlib colour map. NaN is drawn in magenta.

    >>> colorize([0.0, 1.0], Scale(0.0, 1.0), "gray").tolist()
    [[0, 0, 0], [255, 255, 255]]

    Raises:
        InputError: no colour map has that name, or `values` is empty or not numeric.
    """
    levels, unknown = to_levels(values, scale)
    colors = color_table(colormap).take(levels, axis=0)
    if unknown is not None:
        colors[unknown] = MAGENTA
    return colors


def to_levels(values: Any, scale: Scale, most: int = 255) -> tuple[np.ndarray, np.ndarray | None]:
    """Return `values` on `scale` as uint8 levels 0..`most`, and where they are NaN (None where nowhere)."""
    unit = scale.apply(values)
    unknown = np.isnan(unit)
    if unknown.any():
        unit[unknown] = 0.0
    unit *= float(most)
    unit += 0.5
    return unit.astype(np.uint8), unknown if unknown.any() else None


@functools.lru_cache(maxsize=32)
def color_table(colormap: str) -> np.ndarray:
    """Return the colour map of that name as a read-only uint8 table (256, 3)."""
    if colormap == "gray":
        table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    else:
        # Grey sheets are written, and logs read, without waiting for Matplotlib.
        import matplotlib

        if colormap not in matplotlib.colormaps:
            known = list(matplotlib.colormaps)
            raise InputError(f"There is no colour map {colormap!r}. {did_you_mean(str(colormap), known)}")
        table = matplotlib.colormaps[colormap].resampled(256)(np.arange(256), bytes=True)[:, :3].copy()
    table.flags.writeable = False
    return table


@functools.lru_cache(maxsize=32)
def clear_color(*colormaps: str) -> tuple[int, int, int]:
    """Return the RGB colour of the lines between tiles that are drawn with these colour maps.

    It is none of theirs, so that a line is never taken for a value: white where they hold nothing like it,
    slate beside grey, and between RGB kernels.

    >>> clear_color("inferno"), clear_color("gray")
    ((255, 255, 255), (70, 80, 130))
    """
    table = np.concatenate([color_table(colormap) for colormap in colormaps]).astype(np.float32)
    distances = {color: float(np.linalg.norm(table - color, axis=1).min()) for color in GAPS}
    clear = [color for color, distance in distances.items() if distance >= GAP_DISTANCE]
    return clear[0] if clear else max(distances, key=distances.__getitem__)


def default_colormap(scale: Scale) -> str:
    """Return the diverging colour map for a scale around 0, the sequential one for any other."""
    return DIVERGING if scale.is_symmetric else SEQUENTIAL

"""Pictures: numbers in, uint8 images out, on scales that are always explicit.

The Matplotlib figures are in `kerasviz.pictures.figures`, apart, so that what only draws sheets stays light.
"""

from __future__ import annotations

from kerasviz.pictures.colors import (
    CLASS_COLORS,
    DIVERGING,
    SEQUENTIAL,
    clear_color,
    color_table,
    colorize,
    default_colormap,
)
from kerasviz.pictures.filtering import filter_image
from kerasviz.pictures.heat import draw_box, draw_contour, fit_heatmap, overlay, strongest_box
from kerasviz.pictures.kernel_tiles import filter_tiles, map_tiles
from kerasviz.pictures.scale import Scale, all_zero, scale_of, sequential, symmetric
from kerasviz.pictures.tile_sheet import SheetLayout, grey_sheet, sheet

__all__ = [
    "CLASS_COLORS",
    "DIVERGING",
    "SEQUENTIAL",
    "Scale",
    "SheetLayout",
    "all_zero",
    "clear_color",
    "color_table",
    "colorize",
    "default_colormap",
    "draw_box",
    "draw_contour",
    "filter_image",
    "filter_tiles",
    "fit_heatmap",
    "grey_sheet",
    "map_tiles",
    "overlay",
    "scale_of",
    "sequential",
    "sheet",
    "strongest_box",
    "symmetric",
]

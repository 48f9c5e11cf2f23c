"""Pictures: numbers in, uint8 images out, on scales that are always explicit.

The Matplotlib figures are in `kerasviz.pictures.figures`, apart, so that what only draws sheets stays light.
"""

from kerasviz.pictures.colors import CLASS_COLORS, DIVERGING, SEQUENTIAL, colorize, default_colormap
from kerasviz.pictures.filtering import filter_image
from kerasviz.pictures.image import as_gray, as_rgb, as_uint8, encode_png, upscale, write_png
from kerasviz.pictures.kernels import filter_tiles, map_tiles
from kerasviz.pictures.overlay import draw_box, draw_contour, fit_heatmap, overlay, strongest_box
from kerasviz.pictures.scale import Scale, scale_of, sequential, symmetric
from kerasviz.pictures.sheet import SheetLayout, sheet

__all__ = [
    "CLASS_COLORS",
    "DIVERGING",
    "SEQUENTIAL",
    "Scale",
    "SheetLayout",
    "as_gray",
    "as_rgb",
    "as_uint8",
    "colorize",
    "default_colormap",
    "draw_box",
    "draw_contour",
    "encode_png",
    "filter_image",
    "filter_tiles",
    "fit_heatmap",
    "map_tiles",
    "overlay",
    "scale_of",
    "sequential",
    "sheet",
    "strongest_box",
    "symmetric",
    "upscale",
    "write_png",
]

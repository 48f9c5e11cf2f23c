"""Figures of kernels: all of a layer's filters, and what each does to a picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from kerasviz.errors import InputError
from kerasviz.pictures.colors import DIVERGING, WHITE, colorize
from kerasviz.pictures.figures.base import Figure, color_bar, new_figure
from kerasviz.pictures.figures.sheets import MOST_NUMBERED, Part, number_tiles, sheet_figure, show_tiles
from kerasviz.pictures.filtering import filter_image
from kerasviz.pictures.kernel_tiles import filter_tiles
from kerasviz.pictures.scale import Scale, symmetric
from kerasviz.pictures.tile_sheet import SheetLayout

# Beyond this many weights the numbers would be too small to read, or the figure too large for a page.
MOST_ANNOTATED = 640
# Pixels, so that the filter beside a small picture can be enlarged by a whole number that fits well.
SMALLEST_PAIR = 140


def kernel_figure(
    kernel: Any,
    channel: str | int = "auto",
    *,
    columns: int | None = None,
    annotate: bool | None = None,
    scale: Scale | None = None,
    title: str | None = None,
) -> Figure:
    """Return a figure of every filter of a kernel, on one scale around 0, with its colour bar.

    Args:
        kernel: a convolution's weights, and
        channel: what to show of its input channels; both as for `filter_tiles`.
        columns: filters in a row; without it, nearly square.
        annotate: whether to write each weight into its pixel; without it, where there are at most 640 and
            the tiles are not RGB.
        scale: the weights that the ends of the colour bar stand for; without it, `symmetric` over the tiles.
        title: the figure's, such as the layer's path.

    Raises:
        InputError: as `filter_tiles`; or `annotate` is asked of RGB tiles, which have three weights a pixel.

    >>> len(kernel_figure(np.ones((3, 3, 1, 16))).axes[0].texts)  # 144 weights, 16 numbers of filters
    160
    """
    tiles = filter_tiles(kernel, channel)
    is_rgb = tiles.ndim == 4
    if annotate is None:
        annotate = tiles.size <= MOST_ANNOTATED and not is_rgb
    elif annotate and is_rgb:
        raise InputError(
            "RGB tiles have three weights a pixel: annotate them with channel=0, 1, 2 or 'mean'."
        )
    scale = scale or symmetric(tiles)
    layout = SheetLayout.for_tiles(tiles, columns, 1)
    colormap = "gray" if is_rgb else DIVERGING
    height, width = layout.shape
    pixel = 0.36 if annotate else min(0.36, max(8.0 / width, min(0.03, 24.0 / width)))
    figure = new_figure(max(pixel * width, 2.0) + 1.4, max(pixel * height, 1.5) + 0.7, title)
    axes = figure.add_subplot()
    show_tiles(axes, tiles, layout, scale=scale, colormap=colormap)
    if layout.count <= MOST_NUMBERED:
        number_tiles(axes, layout, range(layout.count), pixel)
    if annotate:
        _annotate(axes, tiles, scale, layout)
    color_bar(
        figure, axes, scale, colormap, "weight, for each of red, green and blue" if is_rgb else "weight"
    )
    return figure


def pairs_figure(
    kernel: Any,
    image: Any,
    channel: str | int = "auto",
    *,
    columns: int = 8,
    padding: str = "same",
    title: str | None = None,
) -> Figure:
    """Return a figure of each filter beside its effect on an image, `columns` / 2 pairs in a row.

    Args:
        kernel: a convolution's weights, and
        channel: what to use of its input channels; both as for `filter_tiles`.
        image: grey for grey tiles, RGB for RGB tiles; see `filter_image`, which also explains `padding`.
        columns: tiles in a row, an even number.
        padding: `"same"` or `"valid"`.
        title: the figure's.

    The filters share one scale around 0, the filtered images another: mid-grey is 0 in them.

    Raises:
        ImageError: the image has the wrong shape or range.
        InputError: as `filter_tiles` and `filter_image`, or `columns` is odd.
    """
    if columns < 2 or columns % 2:
        raise InputError(f"columns is {columns}; expected an even number, two for each pair.")
    tiles = filter_tiles(kernel, channel)
    results = filter_image(image, tiles, padding)
    weights, effects = symmetric(tiles), symmetric(results)
    colormap = "gray" if tiles.ndim == 4 else DIVERGING
    pairs, parts = _side_by_side(_colors(tiles, weights, colormap), _colors(results, effects, "gray"))
    bars = [(weights, colormap, "weight"), (effects, "gray", "filtered image")]
    return sheet_figure(pairs, columns // 2, title, bars, parts=parts)


def filtered_figure(
    kernel: Any,
    image: Any,
    channel: str | int = "auto",
    *,
    columns: int | None = None,
    padding: str = "same",
    title: str | None = None,
) -> Figure:
    """Return a figure of an image filtered with every filter of a kernel, on one scale: mid-grey is 0.

    The arguments are those of `pairs_figure`; `columns` counts pictures, and without it the figure is nearly
    square. An RGB image is filtered depthwise, each colour with its slice of the filter.

    Raises:
        ImageError: the image has the wrong shape or range.
        InputError: as `filter_tiles` and `filter_image`.
    """
    results = filter_image(image, filter_tiles(kernel, channel), padding)
    scale = symmetric(results)
    return sheet_figure(_colors(results, scale, "gray"), columns, title, [(scale, "gray", "filtered image")])


def _colors(tiles: np.ndarray, scale: Scale, colormap: str) -> np.ndarray:
    """Return tiles as uint8 RGB `(n, h, w, 3)`: RGB tiles by their own three values, others by colour map."""
    if tiles.ndim == 3:
        return colorize(tiles, scale, colormap)
    return (scale.apply(tiles) * 255.0 + 0.5).astype(np.uint8)


def _side_by_side(filters: np.ndarray, effects: np.ndarray) -> tuple[np.ndarray, list[Part]]:
    """Return each filter, enlarged by a whole number, beside its effect, on white; and where the two are."""
    enlarged = max(1, -(-SMALLEST_PAIR // max(effects.shape[1:3])))
    effects = effects.repeat(enlarged, axis=1).repeat(enlarged, axis=2)
    factor = max(1, min(effects.shape[1] // filters.shape[1], effects.shape[2] // filters.shape[2]))
    filters = filters.repeat(factor, axis=1).repeat(factor, axis=2)
    (rows, columns), (height, width) = filters.shape[1:3], effects.shape[1:3]
    between = max(1, width // 20)
    pairs = np.empty((len(filters), max(rows, height), columns + between + width, 3), np.uint8)
    pairs[:] = WHITE
    above = (pairs.shape[1] - rows) // 2
    pairs[:, above : above + rows, :columns] = filters
    top = (pairs.shape[1] - height) // 2
    pairs[:, top : top + height, columns + between :] = effects
    return pairs, [(above, 0, rows, columns), (top, columns + between, height, width)]


def _annotate(axes: Axes, tiles: np.ndarray, scale: Scale, layout: SheetLayout) -> None:
    """Write each weight into its pixel, dark on light and light on dark."""
    form = _number_format(tiles)
    colors = colorize(tiles, scale, DIVERGING) / 255.0
    # Relative luminance (WCAG 2): black has the higher contrast above 0.179, white below.
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    is_light = linear @ (0.2126, 0.7152, 0.0722) > 0.179
    for index, tile in enumerate(tiles):
        top, left = layout.origin(index)
        for (y, x), weight in np.ndenumerate(tile):
            color = "black" if is_light[index, y, x] else "white"
            place = (left + x, top + y)
            axes.text(
                *place,
                _unsigned_zero(format(weight, form)),
                fontsize=6.5,
                color=color,
                ha="center",
                va="center",
            )


def _number_format(values: np.ndarray) -> str:
    """Return the format in which the numbers of an array are told apart, in at most six characters."""
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0.0))
    if largest >= 1000 or 0 < largest < 0.01:
        return ".0e"
    if (finite == np.round(finite)).all() or largest >= 100:
        return ".0f"
    return ".1f" if largest >= 10 else ".2f" if largest >= 0.1 else ".3f"


def _unsigned_zero(text: str) -> str:
    return text.lstrip("-") if float(text) == 0 else text

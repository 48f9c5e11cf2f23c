"""Figures of sheets: numbered tiles in one axes, with the colour bars of their scales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError
from kerasviz.images import as_numbers, as_uint8, resize_image
from kerasviz.pictures.colors import SLATE, WHITE, colorize, default_colormap
from kerasviz.pictures.figures.base import Figure, color_bar, new_figure, show_image
from kerasviz.pictures.kernel_tiles import map_tiles
from kerasviz.pictures.scale import Scale, scale_of
from kerasviz.pictures.tile_sheet import SheetLayout, sheet

# More numbers than these would run into each other.
MOST_NUMBERED = 144
# Pixels of a sheet in a figure: about twice what a figure of 8 inches has at 150 dots per inch.
LARGEST_SHEET = 3_000_000

Bar = tuple[Scale, str, str]
# A part of every tile: y, x, height and width in pixels.
Part = tuple[float, float, float, float]


def feature_order(activations: Any, by: str = "mean") -> np.ndarray:
    """Return the channels of one sample's feature maps `(..., C)`, the most active first.

    `by` is `"mean"` or `"max"` of each channel's values, or `"channel"`, which keeps the layer's order. Equal
    channels keep their order, NaN comes last.

    >>> feature_order([[[1.0, 5.0, 3.0]]]).tolist()
    [1, 2, 0]

    Raises:
        InputError: `by` is something else, or the array is empty.
    """
    activations = as_numbers(activations, "activations").astype(np.float64)
    values = activations.reshape(-1, activations.shape[-1])
    if by == "channel":
        return np.arange(values.shape[1])
    if by not in ("mean", "max"):
        raise InputError(f"The order is {by!r}; expected 'mean', 'max' or 'channel'.")
    return np.argsort(-(values.mean(axis=0) if by == "mean" else values.max(axis=0)), kind="stable")


def feature_figure(
    activations: Any,
    layer: str,
    order: str = "mean",
    top: int | None = None,
    columns: int | None = None,
    colormap: str | None = None,
    scale: Scale | None = None,
) -> Figure:
    """Return a figure of one layer's feature maps for one sample, headed by its name, shape and order.

    Args:
        activations: one sample's, as for `map_tiles`.
        layer: the layer's path, for the heading.
        order: `"mean"` or `"max"`, the most active first, or `"channel"`; see `feature_order`.
        top: how many of them, all without it; the heading says how many there are.
        columns: maps in a row; without it, nearly square.
        colormap: any Matplotlib colour map; without it, one that fits the scale.
        scale: for all the maps; without it, `scale_of` over all channels, shown or not.

    One map large is `heatmap_figure(activations[..., channel])`.

    Raises:
        InputError: the array has the wrong rank, or an argument is out of its range.

    >>> feature_figure(np.ones((7, 7, 64)), "conv5", top=4).get_suptitle()
    'conv5: 7 x 7 x 64, the first 4 of 64 channels by mean activation'
    """
    tiles = map_tiles(activations)
    chosen = _first(feature_order(activations, order), top)
    scale = scale or scale_of(tiles)
    colormap = colormap or default_colormap(scale)
    return sheet_figure(
        colorize(tiles[chosen], scale, colormap),
        columns,
        _heading(activations, layer, order, len(chosen)),
        [(scale, colormap, "activation")],
        chosen.tolist(),
    )


def masking_figure(
    images: tuple[Any, Any],
    activations: tuple[Any, Any],
    layer: str,
    order: str = "mean",
    top: int | None = None,
) -> Figure:
    """Return a figure of a layer's feature maps for a picture and for the same with a part hidden.

    The title says by how much the layer changed: the length of the difference of the two activations over
    the length of the first.

    Args:
        images: the picture and the masked one; see `as_uint8`.
        activations: the layer's for each, `(h, w, C)`, drawn on one scale and in the first's order.
        layer: the layer's path.
        order: "mean", "max" or "channel"; see `feature_order`.
        top: how many maps, all without it.

    Raises:
        ImageError: an image has another shape or range.
        InputError: the two activations differ in shape, or an argument is out of its range.

    >>> maps = np.ones((7, 7, 64))
    >>> masking_figure((np.zeros((8, 8)),) * 2, (maps, maps / 2), "conv5", top=4).get_suptitle()
    'conv5: 7 x 7 x 64, the first 4 of 64 channels by mean activation; the mask changes the layer by 50%'
    """
    before, after = (as_numbers(values, "activations").astype(np.float64) for values in activations)
    if before.shape != after.shape:
        raise InputError(f"The activations differ in shape, {before.shape} and {after.shape}.")
    scale = scale_of(np.stack([before, after]))
    colormap = default_colormap(scale)
    chosen = _first(feature_order(before, order), top)
    change = np.linalg.norm(after - before) / max(float(np.linalg.norm(before)), 1e-12)
    heading = _heading(before, layer, order, len(chosen))
    figure = new_figure(11.0, 8.0, f"{heading}; the mask changes the layer by {change:.0%}")
    grid = figure.subplots(2, 2, height_ratios=(1, 2.6))
    for column, (image, values, name) in enumerate(
        zip(images, (before, after), ("original", "masked"), strict=True)
    ):
        show_image(grid[0, column], as_uint8(image), name)
        tiles = colorize(map_tiles(values)[chosen], scale, colormap)
        show_tiles(grid[1, column], tiles, SheetLayout.for_tiles(tiles, None, _gap(tiles, 0.08)))
    color_bar(figure, grid[1].tolist(), scale, colormap, "activation")
    return figure


def _first(channels: np.ndarray, top: int | None) -> np.ndarray:
    if top is None:
        return channels
    check_numbers(top=top)
    return channels[:top]


def _heading(activations: Any, layer: str, order: str, count: int) -> str:
    """Say what of a layer is drawn: its path and shape, how many channels, and in which order."""
    *_, channels = shape = np.shape(activations)
    sorting = "in their order" if order == "channel" else f"by {order} activation"
    shown = f"all {count}" if count == channels else f"the first {count} of {channels}"
    return f"{layer}: {' x '.join(map(str, shape))}, {shown} channels {sorting}"


def sheet_figure(
    tiles: np.ndarray,
    columns: int | None,
    title: str | None,
    bars: Sequence[Bar],
    numbers: Sequence[int] | None = None,
    parts: Sequence[Part] | None = None,
) -> Figure:
    """Return a figure of uint8 RGB tiles, numbered where there is room, with a colour bar for each of `bars`.

    `bars` holds (scale, colour map, label); `numbers` are the tiles' own, 0, 1, 2, ... without it; `parts`
    are those of a tile that are framed, the whole without it.
    """
    whole = tiles.shape[1]
    tiles = _reduce(tiles)
    if parts is not None:
        factor = tiles.shape[1] / whole
        parts = [(y * factor, x * factor, h * factor, w * factor) for y, x, h, w in parts]
    gap = _gap(tiles, 0.16)
    layout = SheetLayout.for_tiles(tiles, columns, gap)
    height, width = layout.shape
    inches = min(8.0 / width, 14.0 / height)
    figure = new_figure(max(inches * width, 2.5) + 0.9 * len(bars), max(inches * height, 1.5) + 0.6, title)
    axes = figure.add_subplot()
    show_tiles(axes, tiles, layout, parts)
    if layout.count <= MOST_NUMBERED:
        number_tiles(axes, layout, range(layout.count) if numbers is None else numbers, inches * gap)
    for scale, colormap, label in bars:
        color_bar(figure, axes, scale, colormap, label)
    return figure


def show_tiles(
    axes: Axes, tiles: np.ndarray, layout: SheetLayout, parts: Sequence[Part] | None = None, **painted: Any
) -> None:
    """Draw tiles on the white of the page, a thin line around each, or around its `parts`.

    Without the line, a tile whose edge is white would have none. Its colour is of no colour map used here.
    `painted` says how numbers become colours, as for `sheet`.
    """
    picture = sheet(tiles, columns=layout.columns, gap=layout.gap, gap_color=WHITE, **painted)
    show_image(axes, picture)
    corners = np.array([layout.origin(index) for index in range(layout.count)]) - 0.5
    frames = [
        Rectangle((left + x, top + y), width, height)
        for top, left in corners
        for y, x, height, width in parts or [(0, 0, layout.height, layout.width)]
    ]
    color = tuple(level / 255 for level in SLATE)
    lines = PatchCollection(frames, facecolor="none", edgecolor=color, linewidth=0.6)
    lines.set_clip_on(False)  # else half of the outermost is cut away
    axes.add_collection(lines)


def _gap(tiles: np.ndarray, share: float) -> int:
    return max(1, round(share * max(tiles.shape[1:3])))


def _reduce(tiles: np.ndarray) -> np.ndarray:
    """Return tiles of at most `LARGEST_SHEET` pixels in all, larger ones averaged down."""
    count, height, width = tiles.shape[:3]
    factor = np.sqrt(count * height * width / LARGEST_SHEET)
    if factor <= 1:
        return tiles
    size = (max(1, round(height / factor)), max(1, round(width / factor)))
    return np.stack([resize_image(tile, size) for tile in tiles])


def number_tiles(axes: Axes, layout: SheetLayout, numbers: Sequence[int], room: float) -> None:
    """Write each tile's number into the gap above it, which is `room` inches high."""
    fontsize = min(8.0, max(4.0, 72 * room * 0.65))
    for index, number in enumerate(numbers):
        y, x = layout.origin(index)
        axes.text(
            x + layout.width / 2 - 0.5, y - 0.6, str(number), fontsize=fontsize, ha="center", va="bottom"
        )

"""A part of a picture hidden: its rectangle on the command line, and what hiding it does to a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.pictures.figures import Figure

Rectangle = tuple[int, int, int, int]


def parse_rectangle(text: str) -> Rectangle:
    """Return (x, y, width, height) from "x,y,w,h".

    Raises:
        InputError: that is not what the text is.

    >>> parse_rectangle("10,20,30,40")
    (10, 20, 30, 40)
    """
    from kerasviz.errors import InputError

    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts) or "0" in parts[2:]:
        raise InputError(
            f"--mask is {text!r}; pass x,y,width,height in whole pixels of the picture, such as 40,60,100,80."
        )
    x, y, width, height = map(int, parts)
    return x, y, width, height


def hide(image: np.ndarray, rectangle: Rectangle) -> np.ndarray:
    """Return a copy of `image`, uint8 RGB, with the rectangle filled with the picture's mean colour.

    Raises:
        ImageError: the rectangle is not within the picture.
    """
    from kerasviz.errors import ImageError

    x, y, width, height = rectangle
    if x + width > image.shape[1] or y + height > image.shape[0]:
        raise ImageError(
            f"--mask {x},{y},{width},{height} is not within the picture of {image.shape[1]} x "
            f"{image.shape[0]} pixels: choose a rectangle inside it."
        )
    hidden = image.copy()
    hidden[y : y + height, x : x + width] = image.mean(axis=(0, 1)).round()
    return hidden


def masking_figure(
    pictures: tuple[np.ndarray, np.ndarray],
    maps: tuple[np.ndarray, np.ndarray],
    layer: str,
    order: str,
    top: int | None,
) -> Figure:
    """Return a figure of a layer's feature maps for a picture and for the same with a part hidden.

    Args:
        pictures: the picture and the masked one, uint8 RGB.
        maps: the layer's activations for each, `(h, w, C)`, drawn on one scale and in the first's order.
        layer: the layer's path.
        order: "mean", "max" or "channel"; see `feature_order`.
        top: how many maps, all without it.
    """
    import numpy as np

    from kerasviz.pictures import colorize, default_colormap, map_tiles, scale_of, sheet
    from kerasviz.pictures.figures import feature_order
    from kerasviz.pictures.figures.base import color_bar, new_figure, show_image

    scale = scale_of(np.stack(maps))
    colormap = default_colormap(scale)
    chosen = feature_order(maps[0], order)[:top]
    change = np.linalg.norm(maps[1] - maps[0]) / max(float(np.linalg.norm(maps[0])), 1e-12)
    shape = " x ".join(str(size) for size in maps[0].shape)
    count = len(chosen)
    shown = f"all {count}" if count == maps[0].shape[-1] else f"the first {count} of {maps[0].shape[-1]}"
    sorting = "in their order" if order == "channel" else f"by {order} activation"
    title = f"{layer}: {shape}, {shown} channels {sorting}; the mask changes the layer by {change:.0%}"
    figure = new_figure(11.0, 8.0, title)
    grid = figure.subplots(2, 2, height_ratios=(1, 2.6))
    columns = zip(pictures, maps, ("original", "masked"), strict=True)
    for column, (picture, values, name) in enumerate(columns):
        show_image(grid[0, column], picture, name)
        tiles = colorize(map_tiles(values)[chosen], scale, colormap)
        show_image(grid[1, column], sheet(tiles, gap=max(1, round(0.08 * max(tiles.shape[1:3])))))
    color_bar(figure, grid[1].tolist(), scale, colormap, "activation")
    return figure

"""The figure of one picture's class activation maps: classes as rows, methods and layers as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_rgb
from kerasviz.pictures.colors import default_colormap
from kerasviz.pictures.figures.base import (
    BAR_WIDTH,
    NO_EVIDENCE,
    Figure,
    color_bar,
    map_grid,
    new_figure,
    show_image,
    wrap,
)
from kerasviz.pictures.overlay import draw_box, draw_contour, overlay, strongest_box
from kerasviz.pictures.scale import all_zero, scale_of


@dataclass(frozen=True)
class CamStyle:
    """How a map is drawn: its share in the mix, and what is outlined above `threshold` times its maximum.

    Attributes:
        alpha: 0.0 is the picture alone, 1.0 the map alone.
        contour: outline everything strong.
        box: frame the strongest region.
        threshold: what is strong, a share of the maximum.
    """

    alpha: float = 0.5
    contour: bool = False
    box: bool = False
    threshold: float = 0.5

    def draw(self, image: Any, heatmap: Any) -> np.ndarray:
        """Return the map on its picture, uint8 RGB, on the scale from 0 to the map's maximum.

        What is 0 is no evidence and leaves the picture as it is, see `overlay`.

        >>> CamStyle(alpha=1.0).draw(np.zeros((2, 2), "uint8"), np.zeros((1, 1))).shape
        (2, 2, 3)
        """
        drawn = overlay(image, heatmap, self.alpha, scale=scale_of(heatmap))
        if self.contour:
            drawn = draw_contour(drawn, heatmap, self.threshold)
        if self.box:
            box = strongest_box(heatmap, self.threshold, drawn.shape[:2])
            drawn = drawn if box is None else draw_box(drawn, box)
        return drawn


def cam_figure(
    image: Any,
    heatmaps: Sequence[Sequence[Any]],
    rows: Sequence[str],
    columns: Sequence[str],
    style: CamStyle | None = None,
) -> Figure:
    """Return a figure of the picture and of its maps, each with a title and its own colour bar.

    The strengths of CAMs of different classes, methods or layers cannot be compared, so each has a scale of
    its own, from 0 to its maximum. Above one that is 0 everywhere stands "no evidence for" what it explains.

    Args:
        image: `(h, w)`, `(h, w, 1)` or `(h, w, 3)`, uint8 or floats in 0..1.
        heatmaps: `heatmaps[row][column]`, `(h', w')` numbers of any size.
        rows: what each row explains.
        columns: method and layer of each column.
        style: how a map is drawn.

    Raises:
        ImageError: the image has another shape or range.
        InputError: there is no map, or there are not as many titles as rows and columns of maps.

    >>> figure = cam_figure(np.zeros((8, 8), "uint8"), [[np.eye(2)]], ["cat"], ["grad_cam"])
    >>> [axes.get_title() for axes in figure.axes]
    ['picture', 'cat\\ngrad_cam', '']
    """
    sizes = [len(row) for row in heatmaps]
    if not rows or not columns or sizes != [len(columns)] * len(rows):
        raise InputError(
            f"There are {len(rows)} titles of rows, {len(columns)} of columns, and rows of {sizes} maps; "
            "pass at least one of each, and one title for each."
        )
    style = style or CamStyle()
    image = as_rgb(image)
    aspect = image.shape[0] / image.shape[1]
    cell = min(4.0, 3.2 / aspect)
    across = 1.0 + (1.0 + BAR_WIDTH) * len(columns)
    figure = new_figure(cell * across + 0.7 * len(columns), (cell * aspect + 0.7) * len(rows))
    figure.set_layout_engine("constrained", h_pad=0.1, w_pad=0.08)
    grid = map_grid(figure, len(rows), len(columns), aspect)
    for (axes, places), maps, row in zip(grid, heatmaps, rows, strict=True):
        show_image(axes, image, "picture")
        for (place, bar), heatmap, column in zip(places, maps, columns, strict=True):
            explained = f"{NO_EVIDENCE} for {row}" if all_zero(heatmap) else row
            title = f"{wrap(explained, cell, 9)}\n{wrap(column, cell, 9)}"
            show_image(place, style.draw(image, heatmap), title)
            scale = scale_of(heatmap)
            color_bar(figure, None, scale, default_colormap(scale), "CAM", into=bar)
    return figure

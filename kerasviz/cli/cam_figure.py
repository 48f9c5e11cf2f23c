"""The figure of one picture's class activation maps: classes as rows, methods and layers as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.pictures.figures import Figure


@dataclass(frozen=True)
class Style:
    """How a map is drawn: its share in the mix, and what is outlined above `threshold` times its maximum."""

    alpha: float
    contour: bool
    box: bool
    threshold: float

    def draw(self, image: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
        """Return the map on its picture, uint8 RGB, on the scale from 0 to the map's maximum."""
        from kerasviz.pictures import draw_box, draw_contour, overlay, scale_of, strongest_box

        drawn = overlay(image, heatmap, self.alpha, scale=scale_of(heatmap))
        if self.contour:
            drawn = draw_contour(drawn, heatmap, self.threshold)
        if self.box:
            box = strongest_box(heatmap, self.threshold, drawn.shape[:2])
            drawn = drawn if box is None else draw_box(drawn, box)
        return drawn


def cam_figure(
    image: np.ndarray,
    heatmaps: Sequence[Sequence[np.ndarray]],
    rows: Sequence[str],
    columns: Sequence[str],
    style: Style,
) -> Figure:
    """Return a figure of the picture and of its maps, each with a title and its own colour bar.

    The strengths of CAMs of different classes, methods or layers cannot be compared, so each has a scale of
    its own, from 0 to its maximum.

    Args:
        image: uint8 RGB.
        heatmaps: `heatmaps[row][column]`, `(h, w)`.
        rows: what each row explains.
        columns: method and layer of each column.
        style: how a map is drawn.
    """
    from kerasviz.pictures import default_colormap, scale_of
    from kerasviz.pictures.figures.base import color_bar, new_figure, show_image, wrap

    aspect = image.shape[0] / image.shape[1]
    cell = min(4.0, 3.2 / aspect)
    # The colour bar takes its part of a map's column: so the maps come out as large as the picture.
    ratios = [1.0, *[1.02] * len(columns)]
    figure = new_figure(cell * sum(ratios) + 0.7 * len(columns), (cell * aspect + 0.7) * len(rows))
    figure.set_layout_engine("constrained", h_pad=0.1, w_pad=0.08)
    grid = figure.subplots(len(rows), len(ratios), squeeze=False, width_ratios=ratios)
    for row, maps in enumerate(heatmaps):
        show_image(grid[row, 0], image, "picture")
        for axes, heatmap, column in zip(grid[row, 1:], maps, columns, strict=True):
            show_image(
                axes, style.draw(image, heatmap), f"{wrap(rows[row], cell, 9)}\n{wrap(column, cell, 9)}"
            )
            scale = scale_of(heatmap)
            color_bar(figure, axes, scale, default_colormap(scale), "CAM")
    return figure

"""Figures of one picture's maps: classes as rows, methods and layers as columns, each map with its bar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
from kerasviz.pictures.figures.map_styles import CamStyle, MapStyle, PixelStyle

# Maps side by side; more go into further lines.
MOST_ACROSS = 6
# Inches of a figure, as long as its maps stay at least that wide; of a bar with its numbers.
_WIDEST, _NARROWEST, _BAR = 26.0, 1.8, 0.8


def cam_figure(
    image: Any,
    heatmaps: Sequence[Sequence[Any]],
    rows: Sequence[str],
    columns: Sequence[str],
    style: MapStyle | Sequence[MapStyle] | None = None,
) -> Figure:
    """Return a figure of the picture and of its maps, each with a title and its own colour bar.

    The strengths of maps of different classes, methods or layers cannot be compared, so each has a scale of
    its own. Above one that shows nothing (see `MapStyle`) stands "no evidence for" what it explains; above
    one whose scale leaves out values stands which share. Of more than six columns, a row takes several lines.

    Args:
        image: `(h, w)`, `(h, w, 1)` or `(h, w, 3)`, uint8 or floats in 0..1.
        heatmaps: `heatmaps[row][column]`, `(h', w')` numbers of any size.
        rows: what each row explains.
        columns: method and layer of each column.
        style: how a map is drawn: one for all, or one for each column; without it `CamStyle()`.

    Raises:
        ImageError: the image has another shape or range.
        InputError: there is no map, or there are not as many titles as rows and columns of maps, or not as
            many styles as columns.

    >>> figure = cam_figure(np.zeros((8, 8), "uint8"), [[np.eye(2)]], ["cat"], ["grad_cam"])
    >>> [axes.get_title() for axes in figure.axes]
    ['picture', 'cat\\ngrad_cam', '']
    """
    styles = _styles(style or CamStyle(), len(columns))
    sizes = [len(row) for row in heatmaps]
    if not rows or not columns or sizes != [len(columns)] * len(rows) or len(styles) != len(columns):
        raise InputError(
            f"There are {len(rows)} titles of rows, {len(columns)} of columns, {len(styles)} styles, rows of "
            f"{sizes} maps; pass at least one of each, and one title for each and one style."
        )
    lines = []
    for maps, row in zip(heatmaps, rows, strict=True):
        shown = [
            _Map(f"{NO_EVIDENCE} for {row}" if drawn.shows_nothing(one) else row, column, one, drawn)
            for one, column, drawn in zip(maps, columns, styles, strict=True)
        ]
        lines += [(as_rgb(image), "picture", part) for part in _parts(shown)]
    return _figure(lines)


def saliency_figure(
    image: Any, maps: Mapping[str, Any], heading: str = "picture", percentile: float = 99.5
) -> Figure:
    """Return a figure of a picture and its pixel attributions beside it, each with its own colour bar.

    Picture and maps are drawn at one size, so that a pixel is at the same place in all of them. Above a map
    that is 0 everywhere stands "no evidence".

    Args:
        image: as for `overlay`.
        maps: `(h, w)` by method; signed ones get a scale around 0.
        heading: what is explained, above the picture.
        percentile: of the values that each map's scale spans; its title says which share lies beyond.

    Raises:
        ImageError: the image has another shape or range.
        InputError: there is no map, one is not two-dimensional, or `percentile` is out of its range.

    >>> len(saliency_figure(np.zeros((8, 8)), {"saliency": np.eye(8)}).axes)  # picture, map, colour bar
    3
    """
    if not maps:
        raise InputError("There are no maps to draw: pass {method: map}.")
    style = PixelStyle(percentile)
    shown = [
        _Map(f"{method} ({NO_EVIDENCE})" if style.shows_nothing(values) else method, "", values, style)
        for method, values in maps.items()
    ]
    return _figure([(as_rgb(image), heading, part) for part in _parts(shown)])


def maps_figure(images: Any, heatmaps: Any, explained: Sequence[str], method: str, style: MapStyle) -> Figure:
    """Return a figure of pictures of one size with one method's map beside each, on a scale of its own.

    Args:
        images: as for `overlay`.
        heatmaps: `(h', w')` for each image.
        explained: what each map explains, or that it explains nothing.
        method: the second line above each map.
        style: how the maps are drawn.

    Raises:
        ImageError: an image has another shape or range.
        InputError: there is no map, or the numbers of images, maps and titles differ.

    >>> figure = maps_figure(np.zeros((2, 8, 8)), [np.eye(2)] * 2, ["cat", "dog"], "Grad-CAM", CamStyle())
    >>> [axes.get_title() for axes in figure.axes if axes.get_title()]
    ['picture', 'cat\\nGrad-CAM', 'picture', 'dog\\nGrad-CAM']
    """
    counts = {len(images), len(heatmaps), len(explained)}
    if len(counts) > 1 or not len(images):
        raise InputError(
            f"There are {len(images)} images, {len(heatmaps)} maps and {len(explained)} titles: one for each."
        )
    return _figure(
        [
            (as_rgb(image), "picture", [_Map(what, method, values, style)])
            for image, values, what in zip(images, heatmaps, explained, strict=True)
        ]
    )


class _Map:
    """A map with the two lines of its title."""

    def __init__(self, explained: str, method: str, values: Any, style: MapStyle) -> None:
        self.explained, self.method, self.values, self.style = explained, method, values, style
        self.scale = style.scale(values)

    def title(self, width: float) -> str:
        outside = self.scale.clipped_share(self.values)
        last = self.method or self.explained
        last += f" ({outside:.1%} beyond the scale)" if outside else ""
        parts = [self.explained, last] if self.method else [last]
        return "\n".join(wrap(part, width, 9) for part in parts)


def _styles(style: MapStyle | Sequence[MapStyle], count: int) -> Sequence[MapStyle]:
    return style if isinstance(style, Sequence) else [style] * count


def _parts(maps: list[_Map]) -> list[list[_Map]]:
    """Return the maps in lines of about equal length."""
    lines = math.ceil(len(maps) / MOST_ACROSS)
    length = math.ceil(len(maps) / lines)
    return [maps[at : at + length] for at in range(0, len(maps), length)]


def _figure(lines: Sequence[tuple[np.ndarray, str, Sequence[_Map]]]) -> Figure:
    """Return the figure of lines: a picture under a heading, and maps beside it."""
    most = max(len(maps) for *_, maps in lines)
    aspect = lines[0][0].shape[0] / lines[0][0].shape[1]
    across = 1.0 + (1.0 + BAR_WIDTH) * most
    cell = max(_NARROWEST, min(4.0, 3.2 / aspect, (_WIDEST - _BAR * most) / across))
    figure = new_figure(cell * across + _BAR * most, (cell * aspect + 0.8) * len(lines))
    figure.set_layout_engine("constrained", h_pad=0.1, w_pad=0.08)
    grid = map_grid(figure, len(lines), most, aspect)
    for (axes, places), (image, heading, maps) in zip(grid, lines, strict=True):
        show_image(axes, image, wrap(heading, cell, 9))
        for (place, bar), one in zip(places, maps, strict=False):
            drawn = one.style.draw(image, one.values)
            show_image(place, drawn, one.title(cell), size=image.shape[:2])
            color_bar(figure, None, one.scale, default_colormap(one.scale), one.style.label, into=bar)
        for place, bar in places[len(maps) :]:
            place.axis("off")
            bar.axis("off")
    return figure

"""Figures of heatmaps: alone or on their image, and side by side on one stated scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_numbers, as_rgb
from kerasviz.pictures.colors import colorize, default_colormap
from kerasviz.pictures.figures.base import (
    NO_EVIDENCE,
    Figure,
    color_bar,
    new_figure,
    show_image,
)
from kerasviz.pictures.heat import fit_heatmap, overlay
from kerasviz.pictures.scale import Scale, all_zero, scale_of


def heatmap_figure(
    heatmap: Any,
    image: Any = None,
    alpha: float = 0.5,
    colormap: str | None = None,
    scale: Scale | None = None,
    title: str | None = None,
) -> Figure:
    """Return a figure of one heatmap with its colour bar: on `image` where there is one, else alone.

    The arguments are those of `kerasviz.pictures.overlay`; alone, the heatmap is drawn with its own pixels.
    Above one that is 0 everywhere stands "no evidence".

    Raises:
        ImageError: the image has the wrong shape or range.
        InputError: the heatmap is not two-dimensional, or another argument is out of its range.

    >>> heatmap_figure(np.eye(7), title="Layer-CAM").axes[0].get_images()[0].get_array().shape
    (7, 7, 3)
    """
    heatmap = as_numbers(heatmap, "The heatmap")
    scale = scale or scale_of(heatmap)
    colormap = colormap or default_colormap(scale)
    if image is None:
        picture = colorize(fit_heatmap(heatmap, np.shape(heatmap)), scale, colormap)
    else:
        picture = overlay(image, heatmap, alpha, colormap=colormap, scale=scale)
    height = min(max(5.0 * picture.shape[0] / picture.shape[1], 2.0), 10.0)
    figure = new_figure(6.0, height + 0.4, title)
    axes = figure.add_subplot()
    show_image(axes, picture, NO_EVIDENCE if all_zero(heatmap) else None)
    color_bar(figure, axes, scale, colormap, "value")
    return figure


def comparison_figure(
    images: Sequence[Any],
    heatmaps: Sequence[Sequence[Any]],
    columns: Sequence[str],
    rows: Sequence[str] | None = None,
    scale: Scale | str = "shared",
    alpha: float = 0.5,
    title: str | None = None,
) -> Figure:
    """Return a figure of several heatmaps beside each image: methods, classes or layers as columns.

    Above one that is 0 everywhere stands "no evidence".

    Args:
        images: one for each row, as for `overlay`; each is shown bare in the first column.
        heatmaps: `heatmaps[row][column]`, `(h, w)` each, of any sizes.
        columns: the title of each column of heatmaps.
        rows: a title for each image.
        scale: a `Scale` for all; `"shared"`, one that covers all the heatmaps; or `"each"`, every heatmap's
            own, written above it (for methods whose values have different units).
        alpha: the share of the heatmap in the mix, 0.0 to 1.0.
        title: the figure's.

    Raises:
        ImageError: an image has the wrong shape or range.
        InputError: the numbers of images, heatmaps and titles differ, or `scale` is something else.
    """
    _check_counts(images, heatmaps, columns, rows)
    maps = [[as_numbers(heatmap, "A heatmap") for heatmap in row] for row in heatmaps]
    if scale == "shared":
        scale = scale_of(np.concatenate([heatmap.ravel() for row in maps for heatmap in row]))
    if scale != "each" and not isinstance(scale, Scale):
        raise InputError(f"scale is {scale!r}; expected 'shared', 'each' or a Scale.")
    pictures = [as_rgb(image) for image in images]
    heights = [min(picture.shape[0] / picture.shape[1], 2.0) for picture in pictures]
    cell = 1.9 if len(columns) < 6 else 1.5
    inches = cell * sum(heights) + 0.1 * len(images) + 0.7
    figure = new_figure(cell * (len(columns) + 1) + 0.8, inches, title)
    grid = figure.subplots(
        len(images), len(columns) + 1, squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for index, (picture, row) in enumerate(zip(pictures, maps, strict=True)):
        show_image(grid[index, 0], picture, "image" if index == 0 else None)
        if rows is not None:
            grid[index, 0].set_ylabel(rows[index], fontsize=9, parse_math=False)
        for axes, heatmap, name in zip(grid[index, 1:], row, columns, strict=True):
            own = scale if isinstance(scale, Scale) else scale_of(heatmap)
            heading = [name] if index == 0 else []
            if all_zero(heatmap):
                heading.append(NO_EVIDENCE)
            elif scale == "each":
                heading.append(f"{own.low:.3g} to {own.high:.3g}")
            show_image(axes, overlay(picture, heatmap, alpha, colormap=None, scale=own), "\n".join(heading))
    if isinstance(scale, Scale):
        color_bar(figure, grid.ravel().tolist(), scale, default_colormap(scale), "value")
    return figure


def _check_counts(
    images: Sequence[Any],
    heatmaps: Sequence[Sequence[Any]],
    columns: Sequence[str],
    rows: Sequence[str] | None,
) -> None:
    if len(images) == 0 or len(columns) == 0:
        raise InputError(
            f"There are {len(images)} images and {len(columns)} columns; expected at least one of each."
        )
    if len(heatmaps) != len(images) or (rows is not None and len(rows) != len(images)):
        titles = "" if rows is None else f", {len(rows)} row titles"
        raise InputError(
            f"There are {len(images)} images, {len(heatmaps)} rows of heatmaps{titles}: one for each image."
        )
    for index, row in enumerate(heatmaps):
        if len(row) != len(columns):
            raise InputError(
                f"Row {index} has {len(row)} heatmaps, but there are {len(columns)} column titles."
            )

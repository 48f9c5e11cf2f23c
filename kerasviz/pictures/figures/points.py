"""Figures of lines and points: training curves of several runs, and embeddings coloured by class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from kerasviz.errors import InputError
from kerasviz.images import as_numbers, as_rgb
from kerasviz.pictures.colors import CLASS_COLORS
from kerasviz.pictures.figures.base import Figure, legend, name_of, new_figure

LINE_STYLES = ("-", "--", ":", "-.")
MARKERS = ("o", "^", "s", "D", "v", "P")
MOST_NAMED = 24
THUMBNAILS_ABREAST = 24

Points = Iterable[tuple[float, float]]


def curves_figure(
    runs: Mapping[str, Mapping[str, Points]],
    label: str,
    title: str | None = None,
    step_label: str = "step",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """Return a figure of curves over steps: a colour for each run, a line style for each part of it.

    Args:
        runs: `{run: {part: points}}`, such as `{"dropout": {"validation": [(0, 0.5), ...], "train": ...}}`;
            the points are (step, value), in any order.
        label: what the values are, such as `"accuracy"`.
        title: the figure's.
        step_label: what the steps are.
        limits: the lowest and highest value of the axis; without it, what the values need.

    Values that are not finite are left out of the line, and their number is said in the legend.

    Raises:
        InputError: there is no run or a curve has no points.

    >>> figure = curves_figure({"a": {"train": [(0, 1.0), (5, 0.5)]}}, "loss")
    >>> figure.axes[0].lines[0].get_ydata().tolist()
    [1.0, 0.5]
    """
    curves = [(run, part, points) for run, parts in runs.items() for part, points in parts.items()]
    if not curves:
        raise InputError("There are no curves to draw: pass {run: {part: [(step, value), ...]}}.")
    parts = list(dict.fromkeys(part for _, part, _ in curves))
    figure = new_figure(7.0, 4.2, title)
    axes = figure.add_subplot()
    labels = []
    for run, part, points in curves:
        steps, values = _sorted_points(points, f"{run} {part}")
        lost = int((~np.isfinite(values)).sum())
        labels.append(f"{run} {part}{f' ({lost} not finite)' if lost else ''}")
        axes.plot(
            steps,
            np.where(np.isfinite(values), values, np.nan),
            color=CLASS_COLORS[list(runs).index(run) % len(CLASS_COLORS)],
            linestyle=LINE_STYLES[parts.index(part) % len(LINE_STYLES)],
            marker="o" if len(steps) == 1 else None,
            linewidth=1.6,
        )
    axes.set_xlabel(step_label, parse_math=False)
    axes.set_ylabel(label, parse_math=False)
    axes.grid(alpha=0.3)
    if limits is not None:
        axes.set_ylim(*limits)
    legend(axes, axes.lines, labels)
    return figure


def embedding_figure(
    points: Any,
    labels: Sequence[int] | np.ndarray | None = None,
    *,
    class_names: Sequence[str] | None = None,
    title: str | None = None,
    images: Sequence[Any] | np.ndarray | None = None,
) -> Figure:
    """Return a scatter figure of points in the plane, a colour and a marker for each class.

    The legend names every class; up to 24 classes are named at the median of their points too, where there is
    room. Colours repeat after eight classes, with another marker. Both axes have the same scale.

    Args:
        points: `(n, 2)`, such as from t-SNE, UMAP or PCA.
        labels: the class of each, by number; without them, all are alike.
        class_names: the names of the classes; without them, numbers are shown.
        title: the figure's.
        images: a picture for each point, `(h, w)`, `(h, w, 1)` or `(h, w, 3)`, uint8 or floats in 0..1. Those
            that do not overlap an earlier one are drawn at their points, framed in the class's colour, in the
            place of the names; a line below says how many.

    Raises:
        InputError: the points are not `(n, 2)` or not finite, or there is not one label or picture for each.
        ImageError: a picture has the wrong shape or range.
    """
    points = as_numbers(points, "points").astype(np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise InputError(f"Points to scatter are finite numbers (n, 2), not of the shape {points.shape}.")
    classes = np.zeros(len(points), int) if labels is None else np.asarray(labels)
    if classes.shape != (len(points),):
        raise InputError(
            f"There are {len(points)} points and labels of the shape {classes.shape}: one for each."
        )
    if images is not None and len(images) != len(points):
        raise InputError(f"There are {len(points)} points and {len(images)} pictures: one for each.")
    figure = new_figure(8.0, 6.0, title)
    axes = figure.add_subplot()
    axes.set(xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="datalim")
    present = np.unique(classes)
    size = float(np.clip(4000 / len(points), 4, 40))
    handles: list[Artist] = []
    for label in present:
        own = points[classes == label]
        style = _style(label)
        axes.scatter(own[:, 0], own[:, 1], s=size, linewidths=0, alpha=0.7, **style)
        handles.append(Line2D([], [], linestyle="", markersize=6, **style))
    if images is not None:
        _draw_thumbnails(axes, points, classes, images)
    if labels is None:
        return figure
    names = [name_of(label, class_names) for label in present]
    if images is None and len(present) <= MOST_NAMED:
        middles = [np.median(points[classes == label], axis=0) for label in present]
        _draw_names(axes, np.array(middles), names, np.ptp(points, axis=0))
    legend(axes, handles, names, loc="center left", bbox_to_anchor=(1.01, 0.5), ncols=1 + len(names) // 28)
    return figure


def _style(label: int) -> dict[str, Any]:
    """Return the marker and the colour of a class."""
    return {
        "marker": MARKERS[label // len(CLASS_COLORS) % len(MARKERS)],
        "color": CLASS_COLORS[label % len(CLASS_COLORS)],
    }


def _draw_names(axes: Axes, middles: np.ndarray, names: Sequence[str], span: np.ndarray) -> None:
    """Write each name at its class's middle, unless one is in its way: the legend has them all."""
    # A letter's size in the units of the data, in axes of at most 6.5 x 5.5 inches.
    letter = max(span[0] / 6.5, span[1] / 5.5) * np.array([0.08, 0.15])
    taken: list[tuple[np.ndarray, int]] = []
    for middle, name in zip(middles, names, strict=True):
        apart = (np.abs(middle - at) >= letter * [(len(name) + length) / 2, 1] for at, length in taken)
        if not all(sides.any() for sides in apart):
            continue
        taken.append((middle, len(name)))
        text = axes.text(middle[0], middle[1], name, fontsize=9, ha="center", va="center", parse_math=False)
        text.set_path_effects([patheffects.withStroke(linewidth=3, foreground="white")])


def _draw_thumbnails(
    axes: Axes, points: np.ndarray, classes: np.ndarray, images: Sequence[Any] | np.ndarray
) -> None:
    """Draw the pictures of points that are far enough from each other, and say how many these are."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) / THUMBNAILS_ABREAST or 1.0
    shown: list[int] = []
    for at, point in enumerate(points):
        if (np.abs(points[shown] - point) >= side).any(axis=1).all():
            shown.append(at)
    for at in shown:
        image = as_rgb(images[at])
        height, width = np.array(image.shape[:2]) * (0.9 * side / max(image.shape[:2]) / 2)
        x, y = points[at]
        extent = (x - width, x + width, y - height, y + height)
        axes.imshow(image, extent=extent, aspect="equal", interpolation="antialiased", zorder=3)
        frame = Rectangle(
            (x - width, y - height), 2 * width, 2 * height, fill=False, color=_style(classes[at])["color"]
        )
        axes.add_patch(frame).set(linewidth=1.5, zorder=4)
    axes.set(xlim=(low[0] - side, high[0] + side), ylim=(low[1] - side, high[1] + side))
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel(f"{len(shown):,} of {len(points):,} pictures, where they do not overlap", fontsize=8)


def _sorted_points(points: Points, name: str) -> tuple[np.ndarray, np.ndarray]:
    array = np.array(sorted((tuple(point) for point in points), key=lambda point: point[0]), np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise InputError(f"The curve {name!r} has no points (step, value).")
    return array[:, 0], array[:, 1]

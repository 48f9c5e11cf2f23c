"""What all figures share: a Matplotlib figure of its own that shows itself, its parts, and its file.

No figure touches `pyplot`, its list of open figures, or `rcParams`: a figure that is no longer referred to
is gone. Text is never read as mathematics, so that a class may be named `$5_bill`.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.colors
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure as MatplotlibFigure

from kerasviz.atomic import atomic_path
from kerasviz.errors import InputError
from kerasviz.pictures.colors import color_table
from kerasviz.pictures.scale import Scale

# Of a colour bar, as a share of the width of its map.
BAR_WIDTH = 0.05
NO_EVIDENCE = "no evidence"
FILE_TYPES = (".png", ".svg", ".pdf", ".jpg", ".jpeg", ".webp")


class Figure(MatplotlibFigure):
    """A Matplotlib figure that a notebook shows, whether or not `pyplot` was ever imported."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def new_figure(width: float, height: float, title: str | None = None) -> Figure:
    """Return an empty figure of that size in inches; its parts keep clear of each other and of the edges."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    if title:
        figure.suptitle(wrap(title, width), fontsize=11, parse_math=False)
    return figure


def save_figure(figure: MatplotlibFigure, path: str | os.PathLike[str], dpi: int = 150) -> None:
    """Write a figure as a PNG, SVG, PDF, JPEG or WebP file that appears whole or not at all.

    Args:
        figure: any Matplotlib figure.
        path: where to; the ending chooses the kind of file.
        dpi: pixels per inch of the figure's size.

    Raises:
        InputError: the ending is another one, or `dpi` is not above 0.
    """
    ending = os.path.splitext(os.fspath(path))[1].lower()
    if ending not in FILE_TYPES:
        raise InputError(
            f"{os.fspath(path)!r} ends in {ending!r}; a figure's file ends in {', '.join(FILE_TYPES)}."
        )
    if not dpi > 0:
        raise InputError(f"dpi is {dpi}; expected pixels per inch above 0.")
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=dpi)


def wrap(text: str, width: float, fontsize: float = 11) -> str:
    """Return the text in lines that fit into `width` inches at that font size."""
    characters = max(6, int(width / (fontsize / 72 * 0.6)))
    return "\n".join(textwrap.wrap(str(text), characters)) or ""


def show_image(
    axes: Axes,
    image: np.ndarray,
    title: str | None = None,
    fontsize: float = 9,
    size: tuple[int, int] | None = None,
) -> None:
    """Draw a uint8 picture without ticks: enlarged pixels stay squares, reduced ones are averaged.

    With `size`, (height, width), it is drawn over that many pixels of another picture, its own whatever they
    are, so that both have the same coordinates.
    """
    crisp = max(image.shape[:2]) < 500
    height, width = size or image.shape[:2]
    axes.imshow(
        image,
        cmap="gray",
        vmin=0,
        vmax=255,
        interpolation="nearest" if crisp else "antialiased",
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
    )
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if title:
        axes.set_title(title, fontsize=fontsize, parse_math=False)


def map_grid(
    figure: MatplotlibFigure, rows: int, maps: int, aspect: float
) -> list[tuple[Axes, list[tuple[Axes, Axes]]]]:
    """Return, for each row, the axes of a picture, and for each of its maps the axes and those of its bar.

    Picture and maps are of one size, for the bars have columns of their own: what is at one place of the
    picture is at the same place of every map. `aspect` is the picture's height over its width.
    """
    grid = figure.subplots(rows, 1 + 2 * maps, squeeze=False, width_ratios=[1.0, *[1.0, BAR_WIDTH] * maps])
    for bar in grid[:, 2::2].ravel():
        bar.set_box_aspect(aspect / BAR_WIDTH)
    return [(row[0], list(zip(row[1::2], row[2::2], strict=True))) for row in grid]


def color_bar(
    figure: MatplotlibFigure,
    axes: Axes | Sequence[Axes] | None,
    scale: Scale,
    colormap: str,
    label: str,
    into: Axes | None = None,
) -> None:
    """Draw the colour bar of a scale beside `axes`, from whose room it takes its own, or `into` axes for it.

    A scale without width has one tick on one value, at the end whose colour it has; see `Scale.apply`.
    """
    low, high = scale.low, scale.high
    if low == high:
        margin = abs(low) * 1e-3 or 1.0
        low, high = (low - margin, high) if low > 0 else (low, high + margin)
    table = matplotlib.colors.ListedColormap(color_table(colormap) / 255.0)
    mappable = ScalarMappable(matplotlib.colors.Normalize(low, high), table)
    if into is not None:
        bar = figure.colorbar(mappable, cax=into)
    else:
        aspect = max(20.0, 5.0 * figure.get_figheight())
        bar = figure.colorbar(mappable, ax=axes, fraction=0.05, pad=0.02, aspect=aspect)
    bar.set_label(label, fontsize=8, parse_math=False)
    bar.ax.tick_params(labelsize=8)
    if scale.low == scale.high:
        bar.set_ticks([scale.low], labels=[f"{scale.low:.4g}"])


def axes_grid(figure: MatplotlibFigure, count: int, columns: int) -> list[Axes]:
    """Return `count` axes in rows of `columns`, filled from the left and from the top."""
    rows = -(-count // columns)
    return [figure.add_subplot(rows, columns, index + 1) for index in range(count)]


def legend(axes: Axes, handles: Sequence[Artist], labels: Sequence[str], **options: Any) -> None:
    """Draw a legend whose labels are taken literally, those that start with `_` or hold a `$` too."""
    drawn = axes.legend(handles, ["."] * len(handles), fontsize=8, **options)
    for text, label in zip(drawn.get_texts(), labels, strict=True):
        text.set_parse_math(False)
        text.set_text(label)


def name_of(index: int, class_names: Sequence[str] | None) -> str:
    """Return the name of a class, or its number where there are no names.

    Raises:
        InputError: there are names, but not for this class.
    """
    if class_names is None:
        return str(int(index))
    if not 0 <= index < len(class_names):
        raise InputError(
            f"A label is {index}, but there are {len(class_names)} class names: 0 to {len(class_names) - 1}."
        )
    return str(class_names[index])

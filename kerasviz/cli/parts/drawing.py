"""How the maps of pictures are drawn and written: flags, styles, titles, and the names of files."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.chosen_methods import changed_options
from kerasviz.cli.parts.inputs import file_part
from kerasviz.cli.parts.method_flags import as_flag
from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.cli.parts.columns import Column
    from kerasviz.cli.parts.explaining import Map, View
    from kerasviz.explanation import Method
    from kerasviz.images import Picture
    from kerasviz.pictures.figures import MapStyle

# Flags of maps that lie over their picture, and of those whose pixels have values of their own.
_OVER, _ALONE = ("alpha", "contour", "box", "threshold"), ("percentile",)
# A longer name of the methods is cut, and told apart by a mark.
_LONGEST = 100


def add_drawing(parser: argparse.ArgumentParser, methods: Sequence[Method]) -> None:
    """Add what the maps of these methods can be drawn with, and --plain and --raw.

    No flag of a style has a default: so one that has no effect is noticed.
    """
    draw = parser.add_argument_group("how it is drawn")
    if not all(map(_is_of_pixels, methods)):
        draw.add_argument(
            "--alpha", action=Number, help="share of the map in the mix (default: 0.5); 1 is the map alone"
        )
        draw.add_argument("--contour", action="store_true", default=None, help="outline what is strong")
        draw.add_argument("--box", action="store_true", default=None, help="frame the strongest region")
        draw.add_argument(
            "--threshold", action=Number, help="what is strong, a share of the map's maximum (default: 0.5)"
        )
    if any(map(_is_of_pixels, methods)):
        draw.add_argument(
            "--percentile",
            action=Number,
            help="of the values of input gradients, what the colours span (default: 99.5); 100 is all",
        )
    draw.add_argument(
        "--plain", action="store_true", help="the maps alone, a file each, without titles and colour bars"
    )
    draw.add_argument(
        "--raw",
        action="store_true",
        help="also write each map as .npy: float32, the size of the layer's feature maps or of the input",
    )


def chosen_styles(args: argparse.Namespace, methods: Sequence[Method]) -> dict[Method, MapStyle]:
    """Return how the maps of each method are drawn.

    Raises:
        InputError: a flag that none of the methods is drawn with.
    """
    from kerasviz.errors import InputError
    from kerasviz.explanation import map_style

    given = {name: value for name in (*_OVER, *_ALONE) if (value := getattr(args, name, None)) is not None}
    of_pixels = {_is_of_pixels(method) for method in methods}
    for name in given:
        if (name in _ALONE) not in of_pixels:
            kind = "input gradients" if name in _ALONE else "maps that lie over their picture"
            drawn = ", ".join(method.name for method in methods)
            raise InputError(f"{as_flag(name)} is for {kind}; {drawn} is drawn otherwise: leave it out.")
    return {method: map_style(method, **given) for method in methods}


def _is_of_pixels(method: Method) -> bool:
    from kerasviz.explanation import map_style
    from kerasviz.pictures.figures import PixelStyle

    return isinstance(map_style(method), PixelStyle)


@dataclass(frozen=True)
class Naming:
    """What titles and names of files say: the methods, with the options that are not the default.

    Titles also say what was left to a method, and what it chose.

    In the names of files are layers, where they were asked for, and `target`, what was asked to be explained.
    `smoothing` is what was asked of the noise around the methods.
    """

    columns: Sequence[Column]
    target: Sequence[str]
    smoothing: Mapping[str, Any] | None

    def title(self, column: Column, one: Map) -> str:
        """Return what stands above a map of the column."""
        said = {**self._changed(column), **one.chosen}
        return ", ".join([one.title, *(f"{name}={value}" for name, value in said.items())])

    def of_figure(self, output: str) -> str:
        """Return the part of a figure's name that follows the picture's, for the output that was named."""
        methods = dict.fromkeys(map(self._of_method, self.columns))
        layers = dict.fromkeys(column.layer for column in self.columns if column.layer)
        name = "-".join(["+".join(methods), *map(file_part, layers), *map(file_part, self._target(output))])
        if len(name) <= _LONGEST:
            return name
        return f"{name[:_LONGEST]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    def of_map(self, column: Column, index: int, output: str) -> str:
        """Return the part of a map's name that follows the picture's, for a class of the output named."""
        layer = [file_part(column.layer)] if column.layer else []
        label = [f"class{index}"] if self._target(output) else []
        named = [file_part(f"output{output}")] if output else []
        return "-".join([self._of_method(column), *layer, *label, *named])

    def _target(self, output: str) -> list[str]:
        return [*self.target, *([f"output{output}"] if output else [])]

    def _of_method(self, column: Column) -> str:
        changed = self._changed(column)
        return "-".join(
            [column.method.name, *(file_part(f"{name}{value}") for name, value in changed.items())]
        )

    def _changed(self, column: Column) -> dict[str, Any]:
        smoothing = dict(self.smoothing or {})
        noise = {"smooth": smoothing.pop("samples")} | smoothing if smoothing else {}
        return changed_options(column.method, column.options) | noise


@dataclass(frozen=True)
class Writer:
    """Writes what was made of a picture."""

    folder: Path
    naming: Naming
    styles: Sequence[MapStyle]
    plain: bool
    raw: bool

    def write(self, picture: Picture, stem: str, views: Sequence[View], note: str = "") -> None:
        """Write the files of a picture; their names begin with `stem`, and `note` is in the last title."""
        from kerasviz.atomic import save_array
        from kerasviz.images import write_png
        from kerasviz.pictures.figures import cam_figure, save_figure

        # Fewer than there are, where a run was interrupted.
        columns = self.naming.columns[: len(views[0].maps)]

        def placed(column: Column, one: Map) -> np.ndarray:
            return picture.placed(one.values, from_zero=column.method.zero_is_nothing)

        styles = self.styles[: len(columns)]
        for view in views if self.plain or self.raw else ():
            for column, style, one in zip(columns, styles, view.maps, strict=True):
                path = self.folder / f"{stem}-{self.naming.of_map(column, view.index, view.output)}"
                if self.plain:
                    write_png(f"{path}.png", style.draw(picture.shown, placed(column, one)))
                if self.raw:
                    save_array(f"{path}.npy", one.values)
        if self.plain:
            return
        titles = list(map(self.naming.title, columns, views[0].maps))
        if note:
            titles[-1] += f" ({note})"
        maps = [
            [placed(column, one) for column, one in zip(columns, view.maps, strict=True)] for view in views
        ]
        figure = cam_figure(picture.shown, maps, [view.heading for view in views], titles, styles)
        save_figure(figure, self.folder / f"{stem}-{self.naming.of_figure(views[0].output)}.png", dpi=100)

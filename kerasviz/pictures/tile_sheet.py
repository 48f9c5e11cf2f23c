"""Sheets: many tiles in one picture at native size, and the layout that finds each again."""

from __future__ import annotations

import functools
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kerasviz.bounds import Bounds, check_numbers, short
from kerasviz.errors import InputError
from kerasviz.images import as_numbers
from kerasviz.pictures.colors import MAGENTA, clear_color, color_table, to_levels
from kerasviz.pictures.scale import Scale

# Of 256 colours of a palette, what magenta and the gaps leave.
_GREYS = 254


@dataclass(frozen=True)
class SheetLayout:
    """Where each of `count` tiles of `height` x `width` pixels stands in a sheet.

    Rows of `columns` tiles, filled from the left and from the top, `gap` pixels between neighbours and none
    around the sheet. The cells that are left over in the last row stay empty.

    >>> layout = SheetLayout(count=5, columns=3, height=3, width=4, gap=1)
    >>> layout.rows, layout.shape, layout.origin(4)
    (2, (7, 14), (4, 5))

    Raises:
        InputError: a size is not a whole number, below 1, or (`gap`) below 0.
    """

    count: int
    columns: int
    height: int
    width: int
    gap: int

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            bounds = Bounds(int, 0 if name == "gap" else 1)
            number = bounds.found(value)
            if number is None:
                raise InputError(f"{name} of a sheet is {short(value)}; expected {bounds.expected}.")
            object.__setattr__(self, name, number)

    @classmethod
    def for_tiles(cls, tiles: np.ndarray, columns: int | None = None, gap: int = 1) -> SheetLayout:
        """Return the layout for tiles `(n, h, w)` or `(n, h, w, 3)`.

        Without `columns`, the sheet comes out nearly square, without empty cells where a number of columns
        not too far from square divides the number of tiles: 64 tiles in 8 columns, 32 in 8, 10 in 5. More
        columns than tiles are as many as tiles.
        """
        if tiles.ndim not in (3, 4) or (tiles.ndim == 4 and tiles.shape[-1] != 3) or 0 in tiles.shape:
            raise InputError(f"Tiles have the shape (n, h, w), or (n, h, w, 3) for RGB, not {tiles.shape}.")
        count, height, width = tiles.shape[:3]
        if columns is None:
            columns = tidy_columns(count, math.sqrt(count * (height + gap) / (width + gap)))
        check_numbers(columns=columns)
        return cls(count, min(columns, count), height, width, gap)

    @property
    def rows(self) -> int:
        """The number of rows, the last perhaps not full."""
        return -(-self.count // self.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """The height and width of the sheet in pixels."""
        return (
            self.rows * (self.height + self.gap) - self.gap,
            self.columns * (self.width + self.gap) - self.gap,
        )

    def origin(self, index: int) -> tuple[int, int]:
        """Return (y, x) of the upper left pixel of the tile `index`."""
        if not 0 <= index < self.count:
            raise InputError(f"There is no tile {index}: the sheet's tiles are 0 to {self.count - 1}.")
        row, column = divmod(int(index), self.columns)
        return row * (self.height + self.gap), column * (self.width + self.gap)

    def crop(self, image: np.ndarray, index: int) -> np.ndarray:
        """Return the tile `index` of a sheet of this layout, as a view of `image`."""
        if image.shape[:2] != self.shape:
            raise InputError(
                f"The sheet is {image.shape[:2]} pixels, its layout {self.shape}: they do not belong."
            )
        y, x = self.origin(index)
        return image[y : y + self.height, x : x + self.width]

    def to_dict(self) -> dict[str, int]:
        """Return the fields by name; `SheetLayout(**layout.to_dict())` is the same layout."""
        return asdict(self)


def sheet(
    tiles: Any,
    scale: Scale | None = None,
    *,
    columns: int | None = None,
    gap: int = 1,
    colormap: str = "gray",
    gap_color: tuple[int, int, int] | None = None,
) -> np.ndarray:
    """Return all tiles in one uint8 picture at native size, one tile pixel to a pixel.

    Args:
        tiles: `(n, h, w)`, or RGB `(n, h, w, 3)`. Numbers of any type with a `scale`; uint8 0..255 without.
        scale: the values that the darkest and lightest (or first and last) colour stand for, shared by all
            tiles: `symmetric(kernel)`, `sequential(activations)`, or one kept from an earlier frame.
        columns: tiles in a row; without it, see `SheetLayout.for_tiles`.
        gap: pixels between neighbours; the sheet has no outer border.
        colormap: the name of any Matplotlib colour map, for tiles that are not RGB.
        gap_color: of the gaps and of cells without a tile; by default one that the colour map does not hold,
            see `clear_color`, so that a gap is never taken for a value.

    Returns:
        uint8 `(H, W, 3)` RGB; `(H, W)` where all is grey: tiles with the colour map `"gray"`, without a gap.
        NaN pixels are magenta.

    Raises:
        InputError: the tiles have another shape, are empty, or are not uint8 and come without a scale; the
            colour map is unknown, or given for RGB tiles.

    >>> sheet(np.array([[[0.0]], [[1.0]]]), scale=Scale(0.0, 1.0)).tolist()
    [[[0, 0, 0], [70, 80, 130], [255, 255, 255]]]
    """
    tiles = as_numbers(tiles, "tiles")
    layout = SheetLayout.for_tiles(tiles, columns, gap)
    if scale is not None and colormap == "gray" and tiles.ndim == 3:
        picture, palette = _grey_sheet(tiles, scale, layout, gap_color)
        return picture if palette is None else palette.take(picture, axis=0)
    if scale is not None:
        levels, unknown = to_levels(tiles, scale)
    elif tiles.dtype == np.uint8:
        levels, unknown = tiles, None
    else:
        raise InputError(
            f"Tiles of the type {tiles.dtype} need a scale, such as scale=symmetric(tiles) for kernels or "
            "scale=sequential(tiles) for activations."
        )
    return _arrange(_paint(levels, unknown, colormap), layout, gap_color or clear_color(colormap))


def grey_sheet(
    tiles: Any,
    scale: Scale,
    columns: int | None = None,
    gap: int = 1,
    gap_color: tuple[int, int, int] | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return `sheet` of tiles `(n, h, w)` as uint8 `(H, W)` and its palette.

    The picture holds the numbers of colours of the palette, uint8 `(256, 3)`; without one, grey levels. A
    file of numbers and a palette is as small as a grey one, and a third of an RGB one.

    Raises:
        InputError: as `sheet`.

    >>> picture, palette = grey_sheet([[[0.0]], [[1.0]]], Scale(0.0, 1.0))
    >>> palette[picture].tolist()
    [[[0, 0, 0], [70, 80, 130], [255, 255, 255]]]
    """
    tiles = as_numbers(tiles, "tiles")
    if tiles.ndim != 3:
        raise InputError(f"Grey tiles have the shape (n, h, w), not {tiles.shape}.")
    return _grey_sheet(tiles, scale, SheetLayout.for_tiles(tiles, columns, gap), gap_color)


def _grey_sheet(
    tiles: np.ndarray, scale: Scale, layout: SheetLayout, gap_color: tuple[int, int, int] | None
) -> tuple[np.ndarray, np.ndarray | None]:
    height, width = layout.shape
    if tiles.size == height * width and not np.isnan(tiles).any():
        return _arrange(to_levels(tiles, scale)[0], layout, (0, 0, 0)), None
    levels, unknown = to_levels(tiles, scale, most=_GREYS - 1)
    if unknown is not None:
        levels[unknown] = _GREYS
    return _arrange(levels, layout, _GREYS + 1), grey_palette(gap_color or clear_color("gray"))


@functools.cache
def grey_palette(gap_color: tuple[int, int, int]) -> np.ndarray:
    """Return the colours of a grey sheet, read-only uint8 `(256, 3)`: the greys, magenta, and its gaps'."""
    greys = np.linspace(0, 255, _GREYS).round().astype(np.uint8)
    palette = np.concatenate([np.repeat(greys[:, None], 3, axis=1), [MAGENTA], [gap_color]])
    palette = palette.astype(np.uint8)
    palette.flags.writeable = False
    return palette


def tidy_columns(count: int, square: float) -> int:
    """Return the divisor of `count` nearest to `square` columns, or `square` where all are too far off."""
    divisors = (i for i in range(1, count + 1) if count % i == 0)
    nearest = min(divisors, key=lambda i: (round(abs(math.log(i / square)), 9), -i))
    if max(nearest / square, square / nearest) <= 1.75:
        return nearest
    return min(count, math.ceil(square))


def _paint(levels: np.ndarray, unknown: np.ndarray | None, colormap: str) -> np.ndarray:
    """Return uint8 tiles, grey or RGB, from levels on a colour map; `unknown` pixels are magenta."""
    if levels.ndim == 4:
        if colormap != "gray":
            raise InputError(
                f"RGB tiles have their own colours: colormap={colormap!r} is for tiles (n, h, w)."
            )
        if unknown is not None:
            levels[unknown.any(axis=-1)] = MAGENTA
        return levels
    table = color_table(colormap)
    if colormap == "gray" and unknown is None:
        return levels
    colors = table.take(levels, axis=0)
    if unknown is not None:
        colors[unknown] = MAGENTA
    return colors


def _arrange(tiles: np.ndarray, layout: SheetLayout, between: tuple[int, int, int] | int) -> np.ndarray:
    """Return the uint8 tiles in their places; `between` is the colour, or the number, of what has none."""
    height, width = layout.shape
    is_covered = layout.count * layout.height * layout.width == height * width
    if tiles.ndim == 3 and not is_covered and not isinstance(between, int):
        tiles = np.repeat(tiles[..., None], 3, axis=-1)
    rows, columns, gap = layout.rows, layout.columns, layout.gap
    cell = (layout.height + gap, layout.width + gap)
    color = tiles.shape[3:]
    canvas = np.empty((rows, cell[0], columns, cell[1], *color), np.uint8)
    if not is_covered:
        canvas[:] = between
    # (rows, columns, h, w, ...): every cell without its gap.
    cells = np.swapaxes(canvas, 1, 2)[:, :, : layout.height, : layout.width]
    whole, rest = divmod(layout.count, columns)
    cells[:whole] = tiles[: whole * columns].reshape(whole, columns, *tiles.shape[1:])
    if rest:
        cells[whole, :rest] = tiles[whole * columns :]
    return np.ascontiguousarray(canvas.reshape(rows * cell[0], columns * cell[1], *color)[:height, :width])

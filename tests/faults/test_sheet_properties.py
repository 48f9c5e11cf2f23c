"""Of any tiles: each is found again where the layout says, and between them is none of their colours."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerasviz.pictures import Scale, SheetLayout, grey_sheet, sheet
from kerasviz.pictures.colors import MAGENTA

SIDES = st.integers(1, 6)
TILES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), SIDES, SIDES))
COLOURED = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), SIDES, SIDES, st.just(3)))
COLUMNS = st.none() | st.integers(1, 15)
GAPS = st.integers(0, 3)


@given(tiles=TILES | COLOURED, columns=COLUMNS, gap=GAPS)
def test_every_tile_is_found_again(tiles: np.ndarray, columns: int | None, gap: int) -> None:
    layout = SheetLayout.for_tiles(tiles, columns, gap)
    picture = sheet(tiles, columns=columns, gap=gap)
    assert picture.shape[:2] == layout.shape
    assert picture.dtype == np.uint8
    for at, tile in enumerate(tiles):
        found = layout.crop(picture, at)
        wanted = tile if found.ndim == tile.ndim else np.repeat(tile[..., None], 3, axis=-1)
        assert np.array_equal(found, wanted)


@given(tiles=TILES, columns=COLUMNS, gap=GAPS)
def test_what_lies_between_grey_tiles_is_not_grey(tiles: np.ndarray, columns: int | None, gap: int) -> None:
    layout = SheetLayout.for_tiles(tiles, columns, gap)
    covered = np.zeros(layout.shape, bool)
    for at in range(layout.count):
        layout.crop(covered, at)[:] = True
    picture = sheet(tiles, columns=columns, gap=gap)
    if covered.all():
        assert picture.ndim == 2
        return
    between = picture[~covered].astype(int)
    assert (np.ptp(between, axis=1) > 20).all()
    assert not (between == MAGENTA).all(axis=1).any()


@given(
    tiles=arrays.arrays(
        np.float32, st.tuples(st.integers(1, 6), SIDES, SIDES), elements=st.floats(-2, 2, width=32)
    ),
    holes=st.floats(0, 0.5),
    columns=COLUMNS,
    gap=GAPS,
)
def test_numbers_and_palette_are_the_same_sheet(
    tiles: np.ndarray, holes: float, columns: int | None, gap: int
) -> None:
    tiles[np.random.default_rng(0).random(tiles.shape) < holes] = np.nan
    scale = Scale(-1.0, 1.0)
    numbers, palette = grey_sheet(tiles, scale, columns, gap)
    picture = sheet(tiles, scale, columns=columns, gap=gap)
    assert np.array_equal(picture, numbers if palette is None else palette[numbers])
    layout = SheetLayout.for_tiles(tiles, columns, gap)
    for at, tile in enumerate(tiles):
        magenta = (np.atleast_3d(layout.crop(picture, at)) == MAGENTA).all(axis=-1)
        assert np.array_equal(magenta, np.isnan(tile))


@given(count=st.integers(1, 500), columns=st.integers(1, 40), height=SIDES, width=SIDES, gap=GAPS)
def test_tiles_lie_inside_the_sheet_and_apart(
    count: int, columns: int, height: int, width: int, gap: int
) -> None:
    layout = SheetLayout(count, columns, height, width, gap)
    places = [layout.origin(at) for at in range(count)]
    assert len(set(places)) == count
    assert all(y + height <= layout.shape[0] and x + width <= layout.shape[1] for y, x in places)
    assert SheetLayout(**layout.to_dict()) == layout

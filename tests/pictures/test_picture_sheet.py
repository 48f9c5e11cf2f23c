from __future__ import annotations

import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.pictures import Scale, SheetLayout, filter_tiles, grey_sheet, sheet, symmetric

UNIT = Scale(0.0, 1.0)


def test_literal_pixels() -> None:
    tiles = np.array([[[0.0, 1.0]], [[0.5, 0.25]], [[2.0, -1.0]]])
    image = sheet(tiles, UNIT, columns=2, gap=1)
    gap = np.array([[False, False, True, False, False], [True] * 5, [False, False, True, True, True]])
    assert (image[gap] == (70, 80, 130)).all()
    levels = [[0, 255, 0, 128, 63], [0] * 5, [255, 0, 0, 0, 0]]
    assert np.where(gap, 0, image[..., 0]).tolist() == levels
    assert (image[~gap] == image[~gap][:, :1]).all()


def test_the_gap_is_no_color_of_the_scale() -> None:
    values = np.linspace(0, 1, 256).reshape(1, 1, 256)
    for colormap in ("gray", "RdBu_r", "inferno", "viridis", "Greens", "tab20"):
        drawn = sheet(np.concatenate([values, values]), UNIT, columns=1, colormap=colormap)
        assert drawn.shape == (3, 256, 3)
        colors = drawn[0].astype(float)
        assert np.linalg.norm(colors - drawn[1, 0], axis=1).min() > 40, colormap
    rgb = np.zeros((2, 1, 1, 3), np.uint8)
    assert sheet(rgb, columns=2, gap_color=(1, 2, 3))[0, 1].tolist() == [1, 2, 3]


def test_a_grey_sheet_and_its_palette_are_the_sheet() -> None:
    tiles = np.linspace(-1, 2, 5 * 12).reshape(5, 3, 4)
    for one in (tiles, np.where(tiles > 1.5, np.nan, tiles)):
        picture, palette = grey_sheet(one, UNIT, 3)
        assert picture.shape == SheetLayout.for_tiles(tiles, 3).shape
        assert (palette[picture] == sheet(one, UNIT, columns=3)).all()
        # Off by half a level at most, for the room that magenta and the gap take among 256 colours.
        exact = UNIT.apply(one)[0] * 255.0
        shown = SheetLayout.for_tiles(tiles, 3).crop(palette[picture], 0)[..., 0]
        assert np.abs(shown - exact).max() <= 1.01
    picture, palette = grey_sheet(tiles[:1], UNIT)
    assert palette is None
    assert (picture == sheet(tiles[:1], UNIT)).all()


def test_grey_without_gaps_stays_grey() -> None:
    tiles = np.zeros((6, 2, 2), np.uint8)
    assert sheet(tiles[:1]).shape == (2, 2)
    assert sheet(tiles, columns=3, gap=0).shape == (4, 6)
    assert sheet(tiles, columns=4, gap=0).shape == (4, 8, 3)  # two cells are empty


def test_uint8_passes_without_a_scale() -> None:
    tiles = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    image = sheet(tiles, gap=0, columns=3)
    assert image.tolist() == [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]]
    assert sheet(tiles, Scale(0.0, 11.0), gap=0, columns=3)[1, 5] == 255


def test_nan_is_magenta_in_grey_colored_and_rgb_sheets() -> None:
    tiles = np.array([[[np.nan, 1.0]]])
    assert sheet(tiles, UNIT).tolist() == [[[255, 0, 255], [255, 255, 255]]]
    assert sheet(tiles, UNIT, colormap="viridis")[0, 0].tolist() == [255, 0, 255]
    rgb = np.zeros((1, 1, 2, 3))
    rgb[0, 0, 1, 2] = np.nan
    assert sheet(rgb, UNIT).tolist() == [[[0, 0, 0], [255, 0, 255]]]


def test_infinities_and_constants_are_drawn() -> None:
    assert sheet(np.array([[[np.inf, -np.inf]]]), UNIT).tolist() == [[255, 0]]
    assert sheet(np.full((1, 1, 2), 7.0), Scale(7.0, 7.0)).tolist() == [[255, 255]]


def test_colormap_colors_and_rgb_refuses_one() -> None:
    tiles = np.array([[[0.0, 1.0]]])
    assert sheet(tiles, UNIT, colormap="viridis").tolist() == [[[68, 1, 84], [253, 231, 36]]]
    with pytest.raises(InputError, match="RGB tiles"):
        sheet(np.zeros((1, 2, 2, 3)), UNIT, colormap="viridis")
    with pytest.raises(InputError, match="viridis"):
        sheet(tiles, UNIT, colormap="virids")


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 5, 4), (7, 1, 1), (512, 2, 3), (10, 3, 3, 3)])
@pytest.mark.parametrize("columns", [None, 1, 3, 600])
@pytest.mark.parametrize("gap", [0, 1, 3])
def test_every_tile_is_found_again(shape: tuple[int, ...], columns: int | None, gap: int) -> None:
    tiles = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    image = sheet(tiles, columns=columns, gap=gap)
    layout = SheetLayout.for_tiles(tiles, columns, gap)
    assert image.shape[:2] == layout.shape
    assert layout == SheetLayout(**layout.to_dict())
    for index, tile in enumerate(tiles):
        found = layout.crop(image, index)
        assert (found == (tile if tile.ndim == found.ndim else tile[..., None])).all()
    # What no tile covers is gap; no tile is of that colour here.
    gaps = (image == (70, 80, 130)).all(axis=-1).sum() if image.ndim == 3 else 0
    covered = tiles[..., 0].size if tiles.ndim == 4 else tiles.size
    assert gaps == np.prod(layout.shape) - covered


def test_a_whole_large_kernel() -> None:
    tiles = filter_tiles(np.random.default_rng(0).normal(size=(3, 3, 64, 128)), "all")
    image = sheet(tiles, symmetric(tiles))
    assert image.shape == (64 * 4 - 1, 128 * 4 - 1, 3)


@pytest.mark.parametrize(
    ("count", "columns"),
    [
        (1, 1),
        (2, 2),
        (3, 3),
        (7, 3),
        (10, 5),
        (16, 4),
        (17, 5),
        (32, 8),
        (64, 8),
        (96, 12),
        (128, 16),
        (512, 32),
    ],
)
def test_tidy_columns(count: int, columns: int) -> None:
    assert SheetLayout.for_tiles(np.zeros((count, 3, 3))).columns == columns


def test_wide_tiles_get_fewer_columns() -> None:
    assert SheetLayout.for_tiles(np.zeros((64, 1, 31))).columns == 2


def test_parameters_change_the_sheet() -> None:
    tiles = np.linspace(0, 1, 24).reshape(6, 2, 2)
    base = sheet(tiles, UNIT)
    for other in (
        sheet(tiles, Scale(0.0, 2.0)),
        sheet(tiles, UNIT, columns=6),
        sheet(tiles, UNIT, gap=2),
        sheet(tiles, UNIT, colormap="magma"),
    ):
        assert other.shape != base.shape or (other != base).any()


@pytest.mark.parametrize(
    ("tiles", "options", "word"),
    [
        (np.zeros((2, 3, 3)), {}, "scale=symmetric"),
        (np.zeros((3, 3), np.uint8), {}, r"\(n, h, w\)"),
        (np.zeros((2, 3, 3, 4), np.uint8), {}, r"\(n, h, w\)"),
        (np.zeros((0, 3, 3), np.uint8), {}, "empty"),
        (np.zeros((2, 3, 3), np.uint8), {"columns": 0}, "columns"),
        (np.zeros((2, 3, 3), np.uint8), {"columns": 1.5}, "columns"),
        (np.zeros((2, 3, 3), np.uint8), {"gap": -1}, "gap"),
    ],
)
def test_what_cannot_be_arranged_is_refused(tiles: np.ndarray, options: dict, word: str) -> None:
    with pytest.raises(InputError, match=word):
        sheet(tiles, **options)


def test_crop_refuses_what_does_not_belong() -> None:
    layout = SheetLayout(4, 2, 3, 3, 1)
    with pytest.raises(InputError, match="0 to 3"):
        layout.origin(4)
    with pytest.raises(InputError, match="do not belong"):
        layout.crop(np.zeros((8, 8), np.uint8), 0)


def test_the_tiles_are_left_alone() -> None:
    tiles = np.zeros((2, 2, 2), np.uint8)
    sheet(tiles, gap=0)[:] = 9
    assert not tiles.any()

from __future__ import annotations

import numpy as np
import pytest

from kerasviz.errors import ImageError, InputError
from kerasviz.pictures import Scale, colorize, draw_box, draw_contour, fit_heatmap, overlay, strongest_box

IMAGE = np.full((4, 4, 3), 100, np.uint8)
HEATMAP = np.array([[0.0, 1.0], [2.0, 4.0]])


def test_alpha_mixes() -> None:
    heat = np.zeros((4, 4))
    heat[0, 0] = 1.0
    assert (overlay(IMAGE, heat, alpha=0.0) == IMAGE).all()
    alone = overlay(IMAGE, heat, alpha=1.0, colormap="gray")
    assert alone[0, 0].tolist() == [255, 255, 255]
    assert alone[1, 1].tolist() == [100, 100, 100]
    # 0.75 * 100 + 0.25 * 255 = 138.75
    assert overlay(IMAGE, heat, alpha=0.25, colormap="gray")[0, 0].tolist() == [139, 139, 139]


def test_parameters_change_the_overlay() -> None:
    base = overlay(IMAGE, HEATMAP)
    for other in (
        overlay(IMAGE, HEATMAP, alpha=0.6),
        overlay(IMAGE, HEATMAP, colormap="viridis"),
        overlay(IMAGE, HEATMAP, scale=Scale(0.0, 10.0)),
    ):
        assert (other != base).any()


def test_the_default_colors_follow_the_scale() -> None:
    flat = np.ones((4, 4))
    assert (overlay(IMAGE, flat, 1.0)[0, 0] == colorize(1.0, Scale(0.0, 1.0), "inferno")).all()
    assert (overlay(IMAGE, -flat, 1.0)[0, 0] == colorize(-1.0, Scale(-1.0, 1.0), "RdBu_r")).all()


@pytest.mark.parametrize("alpha", [0.5, 1.0])
@pytest.mark.parametrize(
    "scale", [None, Scale(0.0, 0.0), Scale(0.0, 3.0), Scale(-2.0, 2.0), Scale(-3.0, 1.0)]
)
def test_no_evidence_leaves_the_image_as_it_is(alpha: float, scale: Scale | None) -> None:
    assert (overlay(IMAGE, np.zeros((2, 2)), alpha, scale=scale) == IMAGE).all()


def test_a_zero_within_a_map_leaves_its_pixel() -> None:
    heat = np.array([[0.0, 0.0, 0.0, 4.0], [-4.0, 0.0, 0.0, 0.0]] * 2)
    for one in (heat, np.abs(heat), -np.abs(heat)):
        changed = (overlay(IMAGE, one) != IMAGE).any(axis=-1)
        assert (changed == (heat != 0)).all()


def test_the_share_of_the_map_rises_to_alpha_at_a_quarter() -> None:
    heat = np.array([[0.0, 0.5, 1.0, 4.0]])
    drawn = overlay(np.zeros((1, 4, 3)), heat, alpha=0.5, colormap="gray", scale=Scale(-4.0, 4.0))
    levels = colorize(heat, Scale(-4.0, 4.0), "gray")[0, :, 0]
    shares = [0.0, 0.25, 0.5, 0.5]
    assert drawn[0, :, 0].tolist() == [
        int(level * share + 0.5) for level, share in zip(levels, shares, strict=True)
    ]


def test_constant_maps_have_one_color_and_its_whole_share() -> None:
    last = colorize(1.0, Scale(0.0, 1.0), "inferno")
    assert (overlay(IMAGE, np.full((2, 2), 3.0), 1.0) == last).all()
    assert (overlay(IMAGE, np.full((2, 2), 3.0), 1.0, scale=Scale(3.0, 3.0)) == last).all()


def test_a_heatmap_of_nan_is_magenta() -> None:
    assert overlay(IMAGE, np.full((4, 4), np.nan), alpha=1.0)[2, 2].tolist() == [255, 0, 255]


def test_nothing_of_the_callers_changes() -> None:
    image, heatmap = IMAGE.copy(), HEATMAP.copy()
    overlay(image, heatmap)
    draw_box(image, (0, 0, 2, 2))
    draw_contour(image, heatmap)
    assert (image == IMAGE).all()
    assert (heatmap == HEATMAP).all()


def test_gray_and_float_images() -> None:
    assert overlay(np.full((4, 4), 100, np.uint8), HEATMAP, 0.0).tolist() == IMAGE.tolist()
    assert overlay(np.full((4, 4, 1), 0.2), HEATMAP, 0.0)[0, 0].tolist() == [51, 51, 51]


def test_resizing_is_bilinear_on_pixel_centres() -> None:
    assert fit_heatmap([[0.0], [4.0]], (4, 1)).ravel().tolist() == [0.0, 1.0, 3.0, 4.0]


def test_the_box_holds_what_is_connected_with_the_maximum() -> None:
    heatmap = np.zeros((6, 8))
    heatmap[1, 1] = 9.0
    heatmap[2, 2] = 5.0  # touches at a corner
    heatmap[4, 5:8] = 8.0  # apart
    assert strongest_box(heatmap, 0.5) == (1, 1, 2, 2)
    assert strongest_box(heatmap, 0.6) == (1, 1, 1, 1)
    heatmap[4, 6] = 10.0
    assert strongest_box(heatmap, 0.5) == (5, 4, 3, 1)


def test_the_box_of_a_resized_map_is_in_its_pixels() -> None:
    heatmap = np.zeros((4, 4))
    heatmap[1:3, 1:3] = 1.0
    # Bilinear at 4 times the size: the half-way line between 0 and 1 is the edge of the cell.
    assert strongest_box(heatmap, 0.5, shape=(16, 16)) == (4, 4, 8, 8)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_nothing_positive_has_no_box(value: float) -> None:
    assert strongest_box(np.full((3, 3), value)) is None
    assert (draw_contour(IMAGE, np.full((3, 3), value)) == IMAGE).all()


def test_constant_and_nan_maps() -> None:
    assert strongest_box(np.ones((3, 4))) == (0, 0, 4, 3)
    assert strongest_box([[np.nan, 1.0]]) == (1, 0, 1, 1)


def test_the_contour_stands_on_the_threshold() -> None:
    image = np.full((60, 60), 100, np.uint8)
    heatmap = np.zeros((60, 60))
    heatmap[20:40, 20:40] = 1.0
    heatmap[25:35, 25:35] = 4.0
    wide, narrow = draw_contour(image, heatmap, 0.25), draw_contour(image, heatmap, 0.5)
    assert wide[20, 30].tolist() == narrow[25, 30].tolist() == [255, 255, 255]
    assert wide[25, 30].tolist() == narrow[20, 30].tolist() == [100, 100, 100]


def test_the_box_is_drawn_on_its_outermost_pixels() -> None:
    image = draw_box(np.full((40, 40), 100, np.uint8), (10, 12, 20, 8))
    white = np.argwhere((image == 255).all(axis=-1))
    assert white.min(axis=0).tolist() == [12, 10]
    assert white.max(axis=0).tolist() == [19, 29]


@pytest.mark.parametrize("box", [(-1, 0, 2, 2), (0, 0, 5, 1), (0, 3, 1, 2), (0, 0, 0, 1)])
def test_a_box_outside_is_refused(box: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError, match="within"):
        draw_box(IMAGE, box)


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="alpha"):
        overlay(IMAGE, HEATMAP, alpha=1.5)
    with pytest.raises(InputError, match="one map"):
        overlay(IMAGE, HEATMAP[None])
    with pytest.raises(ImageError, match="astype"):
        overlay(IMAGE.astype(np.float32), HEATMAP)
    with pytest.raises(InputError, match="threshold"):
        strongest_box(HEATMAP, 0.0)

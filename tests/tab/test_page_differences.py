"""Differences are of values: both scales count, and the colours are what NumPy makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from page_fixtures import OpenTab
from sample_log import COLOURED, FIRST, KERNELS, OTHER, RESPONSES, SECOND, tiles_at
from tab_page import TabPage

from kerasviz.events import Frame, open_log

pytestmark = pytest.mark.xdist_group("page")

# RdBu_r with a colour for 0 itself: an odd number of levels.
LEVELS = 255
COLOURS = matplotlib.colormaps["RdBu_r"].resampled(LEVELS)(np.arange(LEVELS), bytes=True)[:, :3].astype(int)


def frame_at(folder: Path, run: str, tag: str, step: int) -> Frame:
    (frame,) = [one for one in open_log(folder / run).frames(tag) if one.step == step]
    return frame


def rgb(frame: Frame) -> np.ndarray:
    return frame.image if frame.image.ndim == 3 else np.repeat(frame.image[..., None], 3, axis=-1)


def values_of(frame: Frame) -> np.ndarray:
    """What the levels of a frame stand for, `(h, w, 3)`; NaN where they are magenta."""
    image = rgb(frame)
    low, high = frame.meta.scale or (0.0, 255.0)
    values = low + image / 255.0 * (high - low)
    values[(image == (255, 0, 255)).all(-1)] = np.nan
    return values


def difference(frame: Frame, other: Frame) -> np.ndarray:
    """The difference of two frames in values, `(h, w)`: of the channel that differs most."""
    channels = values_of(frame) - values_of(other)
    # Two channels that differ as much, up and down: either may be shown.
    channels[np.isclose(channels.max(-1), -channels.min(-1)) & (np.ptp(channels, -1) > 0)] = np.inf
    largest = np.abs(np.nan_to_num(channels, posinf=0)).argmax(-1)
    return np.take_along_axis(channels, largest[..., None], -1)[..., 0]


def end_said(said: str) -> float:
    """The end of the scale that a caption says."""
    return float(re.search(r"\+(\S+)", said).group(1))


def assert_difference(tab: TabPage, run: str, tag: str, expected: np.ndarray, layout: dict[str, int]) -> None:
    """Each tile is in the colour of its difference, within one of 255 levels; gaps are bare."""
    panel = tab.panel(run, tag)
    pixels = tab.pixels(panel)
    end = end_said(tab.caption(panel))
    known = np.abs(expected[tile_pixels(expected.shape, layout)])
    assert np.isinf(known).mean() < 0.25
    known = known[np.isfinite(known)]
    assert np.percentile(known, 99) <= end <= 2 * known.max()
    zoom = max(1, (pixels.shape[1] - 2 * (layout["columns"] - 1)) // (layout["columns"] * layout["width"]))
    gap = layout["gap"] if zoom == 1 else 2
    for at in range(layout["count"]):
        y, x = origin(layout, at, layout["gap"], 1)
        tile = expected[y : y + layout["height"], x : x + layout["width"]]
        levels = np.nan_to_num(np.clip((tile / end + 1) / 2, 0, 1)) * (LEVELS - 1)
        colours = [COLOURS[np.floor(levels).astype(int)], COLOURS[np.ceil(levels).astype(int)]]
        y, x = origin(layout, at, gap, zoom)
        shown = pixels[y : y + layout["height"] * zoom : zoom, x : x + layout["width"] * zoom : zoom]
        assert (shown[..., 3] == 255).all()
        between = (shown[..., :3] >= np.minimum(*colours) - 1) & (shown[..., :3] <= np.maximum(*colours) + 1)
        is_nan = np.isnan(tile)
        assert between[np.isfinite(tile)].all()
        assert (shown[is_nan][:, :3] == (255, 0, 255)).all()
    y, x = origin(layout, 1, gap, zoom)
    assert (pixels[:, x - gap : x, 3] == 0).all()


def origin(layout: dict[str, int], at: int, gap: int, zoom: int) -> tuple[int, int]:
    row, column = divmod(at, layout["columns"])
    return row * (layout["height"] * zoom + gap), column * (layout["width"] * zoom + gap)


def tile_pixels(shape: tuple[int, ...], layout: dict[str, int]) -> np.ndarray:
    inside = np.zeros(shape, bool)
    for at in range(layout["count"]):
        y, x = origin(layout, at, layout["gap"], 1)
        inside[y : y + layout["height"], x : x + layout["width"]] = True
    return inside


@pytest.mark.parametrize("tag", [RESPONSES, KERNELS, COLOURED])
@pytest.mark.parametrize(
    ("show", "other"),
    [
        ("first", lambda folder, tag: frame_at(folder, FIRST, tag, 0)),
        ("previous", lambda folder, tag: frame_at(folder, FIRST, tag, 80)),
        (f"run {SECOND}", lambda folder, tag: frame_at(folder, SECOND, tag, 90)),
    ],
    ids=["first", "previous", "run"],
)
def test_a_difference_is_that_of_the_values(
    open_tab: OpenTab, tab_log: Path, tag: str, show: str, other: Callable[[Path, str], Frame]
) -> None:
    # The scale is one for all runs that are seen: here one alone.
    tab = open_tab(filter=f"{tag} {FIRST}", step=90)
    tab.settle()
    tab.show(show)
    frame, against = frame_at(tab_log, FIRST, tag, 90), other(tab_log, tag)
    assert_difference(tab, FIRST, tag, difference(frame, against), frame.meta.tiles)
    assert f"step 90 − step {against.step}" in tab.caption(tab.panel(FIRST, tag))


def test_the_difference_of_levels_would_be_another(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(filter=f"{RESPONSES} {FIRST}", step=190, show="first")
    tab.settle()
    last, first = (frame_at(tab_log, FIRST, RESPONSES, step) for step in (190, 0))
    # What was written, before it had levels: twice the level may be far from twice the value.
    written = [np.abs(tiles_at(step, 0, (6, 90, 120))).clip(0, 2 + step / 50) for step in (190, 0)]
    tile = difference(last, first)[:90, :120]
    level = (last.meta.scale[1] + first.meta.scale[1]) / 255
    np.testing.assert_allclose(tile, written[0][0] - written[1][0], atol=level)
    assert_difference(tab, FIRST, RESPONSES, difference(last, first), last.meta.tiles)
    levels = rgb(last)[:90, :120, 0].astype(float) - rgb(first)[:90, :120, 0]
    assert np.corrcoef(levels.ravel(), tile.ravel())[0, 1] < 0.9


def test_the_run_compared_with_is_shown_as_it_is(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(filter=RESPONSES, step=90, show="run", **{"with": SECOND})
    tab.settle()
    panel = tab.panel(SECOND, RESPONSES)
    assert "the run compared with" in tab.caption(panel)
    shown = tab.pixels(panel)[..., :3]
    np.testing.assert_array_equal(shown, rgb(frame_at(tab_log, SECOND, RESPONSES, 90)))


def test_without_a_scale_the_difference_says_that_it_is_of_levels(open_tab: OpenTab) -> None:
    tab = open_tab(filter=OTHER, step=40, show="first")
    tab.settle()
    said = tab.caption(tab.panel(OTHER, "samples"))
    assert "step 40 − step 0" in said
    assert " levels" in said


def test_no_difference_is_said(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=0, show="first")
    tab.settle()
    assert "no difference" in tab.caption(tab.panel(FIRST, RESPONSES))
    pixels = tab.pixels(tab.panel(FIRST, RESPONSES))
    assert (pixels[:90, :120] == (*COLOURS[LEVELS // 2], 255)).all()

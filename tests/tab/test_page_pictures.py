"""The page's pictures are those of the log: at the playhead, enlarged, in every run, and of any writer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from page_fixtures import OpenTab
from sample_log import COLOURED, FEWER, FIRST, HOSTILE, KERNELS, OTHER, RESPONSES, SECOND, STEPS
from tab_page import TabPage

from kerasviz.events import open_log

pytestmark = pytest.mark.xdist_group("page")


def logged(folder: Path, run: str, tag: str, step: int) -> np.ndarray:
    """The frame as it lies in the log, uint8 RGB."""
    (frame,) = [one for one in open_log(folder / run).frames(tag) if one.step == step]
    image = frame.image
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=-1)


def assert_shows(tab: TabPage, folder: Path, run: str, tag: str, step: int) -> None:
    pixels = tab.pixels(tab.panel(run, tag))
    expected = logged(folder, run, tag, step)
    assert (pixels[..., 3] == 255).all()
    np.testing.assert_array_equal(pixels[..., :3], expected)


def test_the_canvas_holds_the_pixels_of_the_log_at_the_playhead(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(filter=RESPONSES)
    tab.settle()
    assert tab.step == STEPS[-1]
    assert_shows(tab, tab_log, FIRST, RESPONSES, STEPS[-1])
    tab.press("Home")
    assert_shows(tab, tab_log, FIRST, RESPONSES, 0)
    assert_shows(tab, tab_log, SECOND, RESPONSES, 0)
    tab.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert tab.step == 30
    assert_shows(tab, tab_log, FIRST, RESPONSES, 30)
    assert_shows(tab, tab_log, SECOND, RESPONSES, 30)


def test_where_there_is_no_room_no_pixel_is_lost(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(filter=RESPONSES, step=20, size="small")
    tab.settle()
    assert_shows(tab, tab_log, FIRST, RESPONSES, 20)
    shown = tab.panel(FIRST, RESPONSES).locator("canvas").bounding_box()
    assert shown["width"] < logged(tab_log, FIRST, RESPONSES, 20).shape[1]


def test_a_run_without_the_step_shows_its_nearest_earlier_frame_and_says_so(
    open_tab: OpenTab, tab_log: Path
) -> None:
    tab = open_tab(filter=RESPONSES, step=50)
    tab.settle()
    assert_shows(tab, tab_log, FIRST, RESPONSES, 50)
    assert_shows(tab, tab_log, SECOND, RESPONSES, 30)
    assert "step 50" in tab.caption(tab.panel(FIRST, RESPONSES))
    assert "step 30 · none at 50, nearest before" in tab.caption(tab.panel(SECOND, RESPONSES))


def test_a_caption_has_run_tag_step_scale_and_what_is_clipped(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(filter=RESPONSES, step=100)
    tab.settle()
    (frame,) = [one for one in open_log(tab_log / FIRST).frames(RESPONSES) if one.step == 100]
    said = tab.caption(tab.panel(FIRST, RESPONSES))
    assert frame.meta.clipped > 0.001
    for part in (
        FIRST,
        RESPONSES,
        "step 100",
        "0\n4",
        f"{frame.meta.clipped:.1%} clipped".replace("%", " %"),
    ):
        assert part in said


@pytest.mark.parametrize("tag", [KERNELS, COLOURED])
def test_small_tiles_are_enlarged_pixel_by_pixel(open_tab: OpenTab, tab_log: Path, tag: str) -> None:
    tab = open_tab(filter=tag, step=20)
    tab.settle()
    frame = logged(tab_log, FIRST, tag, 20)
    pixels = tab.pixels(tab.panel(FIRST, tag))[..., :3]
    # Eight tiles of 3 x 3 in four columns, and gaps of one pixel that become two.
    zoom = (pixels.shape[1] - 3 * 2) // (4 * 3)
    assert zoom > 5
    assert pixels.shape == (2 * 3 * zoom + 2, 4 * 3 * zoom + 3 * 2, 3)
    for at in range(8):
        row, column = divmod(at, 4)
        tile = frame[row * 4 : row * 4 + 3, column * 4 : column * 4 + 3]
        y, x = row * (3 * zoom + 2), column * (3 * zoom + 2)
        shown = pixels[y : y + 3 * zoom, x : x + 3 * zoom]
        np.testing.assert_array_equal(shown, tile.repeat(zoom, 0).repeat(zoom, 1))
    gap = pixels[:, 3 * zoom : 3 * zoom + 2]
    np.testing.assert_array_equal(gap, np.broadcast_to(frame[0, 3], gap.shape))


def test_pictures_of_another_writer_play_too(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(filter=OTHER, step=0)
    tab.settle()
    for step in (0, 20, 40):
        assert tab.step == step
        assert_shows(tab, tab_log, OTHER, "samples", step)
        tab.press("ArrowRight")
    assert "no scale recorded" in tab.caption(tab.panel(OTHER, "samples"))


def test_names_stay_text(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.settle()
    panel = tab.panel(HOSTILE, "<b>bold</b>")
    panel.scroll_into_view_if_needed()
    tab.settle()
    assert HOSTILE in tab.caption(panel)
    assert "<b>bold</b>" in tab.frame.locator("h2").all_inner_texts()
    assert tab.frame.locator("img").count() == 0
    panel.locator(".stage").click()
    tab.settle()
    assert "<b>bold</b>, filter" in tab.frame.locator("h1").first.inner_text()
    assert tab.frame.evaluate("window.hacked") is None


def test_the_filter_chooses_rows_and_columns(open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.settle()
    tab.frame.get_by_label("Filter tags and runs").fill("KERNELS plain")
    tab.settle()
    panels = tab.frame.locator("figure.panel")
    shown = {(one.get_attribute("data-run"), one.get_attribute("data-tag")) for one in panels.all()}
    assert shown == {(SECOND, KERNELS), (SECOND, COLOURED)}
    # The playhead is on the frames that are seen.
    assert tab.frame.locator(".place").inner_text() == f"{len(FEWER)} / {len(FEWER)}"

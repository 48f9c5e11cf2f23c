"""One filter, large, in all runs, with its history; arrows from filter to filter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from page_fixtures import OpenTab
from sample_log import FEWER, FIRST, KERNELS, OTHER, RESPONSES, SECOND, STEPS
from tab_page import TabPage

from kerasviz.events import open_log
from kerasviz.pictures import SheetLayout

pytestmark = pytest.mark.xdist_group("page")


def tile(folder: Path, run: str, tag: str, step: int, at: int) -> np.ndarray:
    (frame,) = [one for one in open_log(folder / run).frames(tag) if one.step == step]
    part = SheetLayout(**frame.meta.tiles).crop(frame.image, at)
    return part if part.ndim == 3 else np.repeat(part[..., None], 3, axis=-1)


def assert_tile(tab: TabPage, folder: Path, run: str, tag: str, step: int, at: int) -> None:
    np.testing.assert_array_equal(tab.pixels(tab.view(run))[..., :3], tile(folder, run, tag, step, at))


def test_a_click_on_a_tile_shows_that_filter_in_all_runs(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(filter=RESPONSES, step=50)
    tab.settle()
    stage = tab.panel(FIRST, RESPONSES).locator(".stage")
    box = stage.bounding_box()
    # Six tiles in two columns: the first of the third row is number 4.
    stage.click(position={"x": box["width"] / 4, "y": box["height"] * 5 / 6})
    tab.settle()
    assert f"{RESPONSES}, filter 4 of 0–5" in tab.frame.locator("h1").first.inner_text()
    assert_tile(tab, tab_log, FIRST, RESPONSES, 50, 4)
    assert_tile(tab, tab_log, SECOND, RESPONSES, 30, 4)
    assert "none at 50" in tab.caption(tab.view(SECOND))
    tab.press("ArrowDown")
    assert_tile(tab, tab_log, FIRST, RESPONSES, 50, 5)
    assert tab.frame.get_by_label("Next filter").is_disabled()
    tab.press("ArrowUp", "ArrowUp", "ArrowRight")
    assert_tile(tab, tab_log, FIRST, RESPONSES, 60, 3)
    assert_tile(tab, tab_log, SECOND, RESPONSES, 60, 3)
    tab.press("Escape")
    assert tab.frame.locator(".tile-view").is_hidden()
    assert tab.panel(FIRST, RESPONSES).is_visible()


def test_a_tile_has_its_history_and_a_click_goes_there(open_tab: OpenTab, tab_log: Path) -> None:
    tab = open_tab(step=0, tag=KERNELS, tile=2)
    tab.settle()
    for run, steps in ((FIRST, STEPS), (SECOND, FEWER)):
        moments = tab.view(run).locator(".history button")
        assert moments.count() == len(steps)
        # Every moment is drawn: its canvas has the size of a tile.
        tab.frame.wait_for_function(
            "run => [...document.querySelectorAll(`[data-run='${run}'] .history canvas`)]"
            ".every(one => one.width === 3)",
            arg=run,
        )
    tab.view(FIRST).get_by_label("step 70", exact=True).click()
    tab.settle()
    assert tab.step == 70
    assert tab.view(FIRST).locator("[aria-current=step]").get_attribute("title") == "step 70"
    assert_tile(tab, tab_log, FIRST, KERNELS, 70, 2)


def test_a_picture_without_tiles_is_shown_whole(open_tab: OpenTab) -> None:
    tab = open_tab(filter=OTHER, step=40)
    tab.settle()
    tab.panel(OTHER, "samples").locator(".stage").click()
    tab.settle()
    assert tab.frame.locator("h1").first.inner_text() == "samples"
    assert tab.pixels(tab.view(OTHER)).shape == (24, 32, 4)
    assert tab.frame.get_by_label("Next filter").is_hidden()


def test_enter_on_a_panel_opens_it_and_the_focus_comes_back(open_tab: OpenTab) -> None:
    tab = open_tab(filter=KERNELS, step=0)
    tab.settle()
    stage = tab.panel(SECOND, KERNELS).locator(".stage")
    stage.focus()
    tab.press("Enter")
    assert f"{KERNELS}, filter 0" in tab.frame.locator("h1").first.inner_text()
    tab.press("Escape")
    assert stage.evaluate("stage => stage === document.activeElement")

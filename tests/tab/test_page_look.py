"""Themes, narrow screens, less motion, the keyboard alone, names for those who listen, and the empty log."""

from __future__ import annotations

from typing import Any

import pytest
from page_fixtures import OpenTab
from sample_log import FIRST, KERNELS, RESPONSES
from tab_page import TabPage

pytestmark = pytest.mark.xdist_group("page")

LIGHTNESS = """element => {
  const [r, g, b] = getComputedStyle(element).backgroundColor.match(/\\d+/g).map(Number);
  return (r + g + b) / 765;
}"""
UNNAMED = """() => [...document.querySelectorAll('button, input, select, [role=slider], [role=img], dialog')]
  .filter(one => !(one.ariaLabel || one.getAttribute('aria-labelledby')))
  .filter(one => !(one.textContent.trim() || one.labels?.length))
  .map(one => one.outerHTML)"""
EMPTY = {"format": 1, "version": "empty", "note": None, "runs": []}


def paper(tab: TabPage) -> float:
    return tab.frame.locator("body").evaluate(LIGHTNESS)


def test_the_theme_is_that_of_tensorboard_and_turns_with_it(open_tab: OpenTab) -> None:
    tab = open_tab(hosted=True, query="?darkMode=true", filter=KERNELS)
    tab.settle()
    assert paper(tab) < 0.3
    pixels = tab.pixels(tab.panel(FIRST, KERNELS))
    tab.page.evaluate("document.body.classList.remove('dark-mode')")
    tab.frame.locator("html[data-theme=light]").wait_for(state="attached")
    assert paper(tab) > 0.9
    tab.settle()
    # Pictures are data: no theme changes them.
    assert (tab.pixels(tab.panel(FIRST, KERNELS)) == pixels).all()


@pytest.mark.parametrize("state", [{"filter": KERNELS}, {"tag": KERNELS, "tile": 1}], ids=["panels", "tile"])
def test_a_narrow_screen_has_all_controls_and_scrolls_in_one_direction(
    open_tab: OpenTab, state: dict[str, Any]
) -> None:
    tab = open_tab(viewport=(380, 760), **state)
    tab.settle()
    assert tab.frame.evaluate("document.documentElement.scrollWidth") <= 380
    for label in ("Play", "Next frame", "Follow", "Loop"):
        box = (
            tab.frame.get_by_label(label, exact=True)
            .or_(tab.frame.get_by_role("button", name=label))
            .first.bounding_box()
        )
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 380


def test_who_wants_less_motion_gets_none_but_the_film(open_tab: OpenTab) -> None:
    moving = "one => getComputedStyle(one).transitionDuration !== '0s'"
    tab = open_tab(filter=KERNELS, options={"reduced_motion": "reduce"})
    tab.settle()
    assert tab.frame.evaluate(f"[...document.querySelectorAll('*')].filter({moving}).length") == 0
    assert tab.frame.get_by_label("Loop").get_attribute("aria-pressed") == "false"


def test_the_keyboard_reaches_everything(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=10)
    tab.settle()
    reached = []
    for _ in range(26):
        tab.page.keyboard.press("Tab")
        reached.append(
            tab.frame.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent")
        )
        if tab.frame.evaluate("document.activeElement === document.body"):
            continue
        # Where the focus is can be seen.
        assert tab.frame.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    for name in (
        "Filter tags and runs",
        "Show",
        "Copy link",
        "Play",
        "Training step",
        "Step",
        "Frames a second",
        "Follow",
    ):
        assert name in reached
    assert any(name.startswith(f"{RESPONSES} of {FIRST}, step 10; 0 to 2.2") for name in reached)
    # A button keeps its Space, and letters are not keys while one writes.
    tab.frame.get_by_label("Loop").focus()
    tab.press("Space")
    tab.frame.locator("[aria-label=Loop][aria-pressed=false]").wait_for()
    assert tab.frame.get_by_label("Play", exact=True).is_visible()
    tab.press("/")
    tab.page.keyboard.type("land f")
    assert tab.frame.get_by_label("Show", exact=True).input_value() == "none"
    assert tab.frame.get_by_label("Filter tags and runs").input_value() == "land f"


def test_d_goes_through_the_differences_and_the_list_of_keys_opens(open_tab: OpenTab) -> None:
    tab = open_tab(filter=KERNELS, step=30)
    tab.settle()
    shown = []
    for _ in range(3):
        tab.press("d")
        shown.append(tab.frame.get_by_label("Show", exact=True).input_value())
    assert shown[:2] == ["first", "previous"]
    assert shown[2].startswith("run ")
    tab.page.keyboard.press("?")
    tab.frame.get_by_role("dialog", name="Keyboard").wait_for()


def test_everything_has_a_name_and_the_slider_says_where_it_is(open_tab: OpenTab) -> None:
    tab = open_tab(tag=RESPONSES, tile=0, step=70)
    tab.settle()
    assert tab.frame.evaluate(UNNAMED) == []
    said = tab.frame.get_by_role("slider", name="Training step").get_attribute("aria-valuetext")
    assert said == "step 70, frame 8 of 20"


def test_an_empty_log_shows_what_to_add_and_fills_itself(open_tab: OpenTab) -> None:
    may_copy = {"permissions": ["clipboard-read", "clipboard-write"]}
    tab = open_tab(
        options=may_copy,
        before=lambda page: page.route("**/kerasviz/index", lambda route: route.fulfill(json=EMPTY)),
    )
    tab.frame.get_by_role("heading", name="No pictures in this log yet").wait_for()
    tab.frame.get_by_role("button", name="Copy").click()
    tab.frame.get_by_role("button", name="Copied").wait_for()
    code = tab.page.evaluate("navigator.clipboard.readText()")
    compile(code, "what is to be added", "exec")
    assert "kv.Evolution(" in code
    assert tab.frame.get_by_label("Play", exact=True).is_hidden()
    tab.page.unroute("**/kerasviz/index")
    tab.frame.wait_for_selector("figure.panel")
    assert tab.frame.get_by_role("heading", name="No pictures in this log yet").is_hidden()

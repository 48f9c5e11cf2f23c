"""The one playhead: playing, the slider, the step field, the keys, the curves, and a link to where it is."""

from __future__ import annotations

import re

import pytest
from page_fixtures import OpenTab
from sample_log import FIRST, KERNELS, RESPONSES, SECOND, STEPS
from tab_page import TabPage

pytestmark = pytest.mark.xdist_group("page")

# Every step that the playhead came by, noted in the page itself.
WATCH = """() => {
  const slider = document.querySelector('[role=slider]');
  window.seen = [[performance.now(), Number(slider.getAttribute('aria-valuenow'))]];
  new MutationObserver(() => {
    window.seen.push([performance.now(), Number(slider.getAttribute('aria-valuenow'))]);
  }).observe(slider, { attributeFilter: ['aria-valuenow'] });
}"""


def watched(tab: TabPage) -> tuple[list[float], list[int]]:
    times, steps = zip(*tab.frame.evaluate("window.seen"), strict=True)
    return list(times), list(steps)


def wait_until(tab: TabPage, expression: str) -> None:
    tab.frame.wait_for_function(expression)


def test_nothing_plays_by_itself(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=20)
    tab.settle()
    tab.page.wait_for_timeout(400)
    assert tab.step == 20
    assert tab.frame.get_by_label("Play", exact=True).is_visible()


def test_playing_shows_every_frame_in_order_and_goes_round(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=0, speed=30)
    tab.settle()
    tab.frame.evaluate(WATCH)
    tab.page.keyboard.press("Space")
    wait_until(tab, f"window.seen.length > {len(STEPS) + 3}")
    tab.press("Space")
    times, steps = watched(tab)
    expected = [*STEPS, *STEPS][: len(steps)]
    assert steps == expected
    assert tab.step == steps[-1]
    # Never faster than was asked for, whatever the machine.
    assert (times[-1] - times[1]) / (len(times) - 2) > 30
    caption = tab.caption(tab.panel(FIRST, RESPONSES))
    assert f"step {tab.step}" in caption


def test_without_loop_it_stops_at_the_end_and_starts_anew(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=STEPS[-3], speed=30)
    tab.settle()
    tab.frame.get_by_label("Loop").click()
    tab.frame.get_by_label("Play", exact=True).click()
    wait_until(tab, f"document.querySelector('[role=slider]').ariaValueNow === '{STEPS[-1]}'")
    tab.frame.get_by_label("Play", exact=True).wait_for()
    tab.frame.evaluate(WATCH)
    tab.frame.get_by_label("Play", exact=True).click()
    wait_until(tab, "window.seen.length > 2")
    assert watched(tab)[1][:3] == [STEPS[-1], 0, 10]


def test_scrubbing_shows_the_frame_below_the_pointer(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=0)
    tab.settle()
    track = tab.frame.locator(".track").bounding_box()
    middle = track["y"] + track["height"] / 2
    tab.page.mouse.move(track["x"], middle)
    tab.page.mouse.down()
    for share in (0.2, 0.9, 0.52):
        tab.page.mouse.move(track["x"] + share * track["width"], middle, steps=4)
    tab.page.mouse.up()
    tab.settle()
    assert tab.step == 100
    assert "step 100" in tab.caption(tab.panel(FIRST, RESPONSES))
    assert "step 90 · none at 100" in tab.caption(tab.panel(SECOND, RESPONSES))


def test_the_keyboard_alone_moves_it(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=0)
    tab.settle()
    for key, step in (
        ("ArrowRight", 10),
        ("Shift+ArrowRight", 110),
        ("ArrowLeft", 100),
        ("End", STEPS[-1]),
        ("Shift+ArrowLeft", STEPS[-11]),
        ("Home", 0),
    ):
        tab.press(key)
        assert tab.step == step
    assert "12 fps" in tab.frame.locator(".speed").inner_text()
    tab.press("]", "]", "[")
    assert "13 fps" in tab.frame.locator(".speed").inner_text()


def test_the_step_field_goes_to_any_step(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=0)
    tab.settle()
    field = tab.frame.locator(".transport").get_by_label("Step", exact=True)
    field.fill("47")
    field.press("Enter")
    tab.settle()
    assert tab.step == 47
    assert "step 40 · none at 47, nearest before" in tab.caption(tab.panel(FIRST, RESPONSES))
    field.fill("9999")
    field.press("Enter")
    tab.settle()
    assert tab.step == STEPS[-1]


def test_curves_are_on_the_playhead_and_a_click_goes_there(open_tab: OpenTab) -> None:
    tab = open_tab(filter=RESPONSES, step=40)
    tab.settle()
    chart = tab.frame.locator('.chart[data-tag="batch_loss"]')
    chart.scroll_into_view_if_needed()
    value = chart.locator("li", has_text=FIRST).locator(".value")
    value.get_by_text("0.67").wait_for()
    plot = chart.locator("svg").bounding_box()
    # The first and the last step lie 5 pixels from the edges.
    x = 5 + 0.5 * (plot["width"] - 10)
    chart.locator("svg").click(position={"x": x, "y": 20})
    tab.settle()
    assert tab.step in (90, 100)
    value.get_by_text(f"{2.718281828 ** (-tab.step / 100):.3f}").wait_for()


def test_the_curves_are_those_of_the_layers_seen_and_of_the_network(open_tab: OpenTab) -> None:
    tab = open_tab(filter=KERNELS)
    tab.settle()
    shown = tab.frame.locator(".chart").evaluate_all("charts => charts.map(chart => chart.dataset.tag)")
    assert shown == ["drift/conv", "batch_loss", "batch_accuracy"]
    tab.frame.get_by_label("Filter tags and runs").fill("kernels/rgb")
    tab.settle()
    shown = tab.frame.locator(".chart").evaluate_all("charts => charts.map(chart => chart.dataset.tag)")
    assert shown == ["batch_loss", "batch_accuracy"]


def test_a_curve_of_many_points_loses_no_peak_and_has_gaps_where_there_are_no_values(
    open_tab: OpenTab,
) -> None:
    tab = open_tab(filter=RESPONSES, step=40)
    tab.settle()
    chart = tab.frame.locator('.chart[data-tag="batch_accuracy"]')
    chart.scroll_into_view_if_needed()
    chart.locator("path").wait_for(state="attached")
    assert chart.locator(".plot > span").all_inner_texts() == ["9", "−1"]
    points = re.findall(r"([ML])(\S+) (\S+?)(?=[MLh]|$)", chart.locator("path").get_attribute("d"))
    heights = [float(y) for _, _, y in points]
    assert len(points) < 4000
    # The peak is at the upper edge, alone; the gap begins the line anew.
    assert sorted(heights)[0] == 5.0
    assert sorted(heights)[1] > 50
    assert [move for move, _, _ in points].count("M") == 2


def test_a_link_opens_the_tab_in_its_state(open_tab: OpenTab) -> None:
    may_copy = {"permissions": ["clipboard-read", "clipboard-write"]}
    tab = open_tab(hosted=True, options=may_copy, filter=KERNELS, step=30, size="small")
    tab.settle()
    tab.show("first")
    tab.press("ArrowRight")
    tab.frame.get_by_role("button", name="Copy link").click()
    tab.frame.get_by_role("button", name="Copied").wait_for()
    link = tab.page.evaluate("navigator.clipboard.readText()")
    tab.page.goto("about:blank")
    tab.page.goto(link)
    tab.frame = tab.page.wait_for_selector("iframe[src*='kerasviz']", state="attached").content_frame()
    tab.frame.wait_for_selector("figure.panel[aria-busy=false]")
    tab.settle()
    assert tab.step == 40
    assert tab.frame.get_by_label("Show", exact=True).input_value() == "first"
    assert tab.frame.get_by_label("Filter tags and runs").input_value() == KERNELS
    assert tab.frame.get_by_label("small panels").get_attribute("aria-pressed") == "true"
    assert "step 40 − step 0" in tab.caption(tab.panel(FIRST, KERNELS))

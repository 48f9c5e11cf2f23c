"""What the form saves is what is seen: films and pictures that decode to the log's frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from page_fixtures import OpenTab
from PIL import Image, ImageSequence
from sample_log import FIRST, RESPONSES
from tab_page import TabPage

from kerasviz.events import open_log
from kerasviz.pictures import SheetLayout

pytestmark = pytest.mark.xdist_group("page")


def saved(tab: TabPage, folder: Path, tile: int | None, **fields: str) -> list[np.ndarray]:
    """Fill the form, wait for what it says of the size, save, and return the file's frames."""
    form = tab.frame.get_by_role("dialog", name="Export")
    form.get_by_label("Caption with step and scale").uncheck()
    for label, value in fields.items():
        field = form.get_by_label(label.replace("_", " "), exact=True)
        if label in ("Format", "Enlarged"):
            field.select_option(value)
        else:
            field.fill(value)
    form.get_by_label("Filter").fill("" if tile is None else str(tile))
    form.get_by_text(" pixels, about ").wait_for()
    with tab.page.expect_download() as download:
        form.get_by_role("button", name="Save").click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    form.wait_for(state="hidden")
    with Image.open(path) as film:
        return [np.asarray(one.convert("RGB")) for one in ImageSequence.Iterator(film)]


def test_a_film_of_one_filter_has_the_frames_asked_for(
    open_tab: OpenTab, tab_log: Path, tmp_path: Path
) -> None:
    tab = open_tab(filter=RESPONSES, step=50)
    tab.settle()
    tab.panel(FIRST, RESPONSES).get_by_label("Export").click()
    fields = {
        "Format": "apng",
        "First_step": "20",
        "Last_step": "60",
        "Frames_a_second": "5",
        "Enlarged": "1",
    }
    frames = saved(tab, tmp_path, tile=4, **fields)
    logged = [one for one in open_log(tab_log / FIRST).frames(RESPONSES) if 20 <= one.step <= 60]
    assert len(frames) == len(logged) == 5
    for shown, frame in zip(frames, logged, strict=True):
        part = SheetLayout(**frame.meta.tiles).crop(frame.image, 4)
        np.testing.assert_array_equal(shown, part if part.ndim == 3 else np.repeat(part[..., None], 3, -1))


def test_a_picture_of_the_frame_at_the_playhead(open_tab: OpenTab, tab_log: Path, tmp_path: Path) -> None:
    tab = open_tab(filter=RESPONSES, step=50)
    tab.settle()
    tab.panel(FIRST, RESPONSES).get_by_label("Export").click()
    (picture,) = saved(tab, tmp_path, tile=None, Format="png", Enlarged="1")
    (frame,) = [one for one in open_log(tab_log / FIRST).frames(RESPONSES) if one.step == 50]
    expected = frame.image if frame.image.ndim == 3 else np.repeat(frame.image[..., None], 3, -1)
    np.testing.assert_array_equal(picture, expected)


def test_the_form_opens_with_what_is_seen_and_says_what_is_wrong(open_tab: OpenTab) -> None:
    tab = open_tab(step=50, tag=RESPONSES, tile=3, speed=7)
    tab.settle()
    tab.view(FIRST).get_by_label("Export").click()
    form = tab.frame.get_by_role("dialog", name="Export")
    assert form.get_by_label("Filter").input_value() == "3"
    assert form.get_by_label("Frames a second").input_value() == "7"
    assert form.get_by_label("First step").input_value() == "0"
    form.get_by_text("20 frames of ").wait_for()
    # Space and arrows belong to the form, not to the film behind it.
    tab.page.keyboard.press("End")
    assert tab.step == 50

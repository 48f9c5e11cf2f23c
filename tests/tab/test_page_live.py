"""A training that writes while the tab is open: its frames appear, and who looks elsewhere is left alone."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from page_fixtures import OpenTab
from sample_log import write_frames
from tab_page import TabPage

import kerasviz as kv
from kerasviz.events import EventLog

pytestmark = pytest.mark.xdist_group("page")


@pytest.fixture
def new_run(tab_log: Path) -> Iterator[Path]:
    """The folder of a run that is there for one test alone: the log is that of all tests."""
    folder = tab_log / "new"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def wait_for_step(tab: TabPage, step: int) -> None:
    tab.frame.wait_for_function(
        "step => document.querySelector('[role=slider]')?.ariaValueNow === String(step)",
        arg=step,
        timeout=10_000,
    )


def test_a_training_is_followed_while_it_writes(open_tab: OpenTab, new_run: Path) -> None:
    """Every frame that `fit` writes is seen before the next one, within two seconds."""
    layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, name="conv"), keras.layers.Flatten()]
    model = keras.Sequential([*layers, keras.layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images = np.random.default_rng(0).normal(size=(6, 8, 8, 1)).astype("float32")
    watch = [kv.watch.kernels("conv"), kv.watch.responses(images[0], "conv", input_range=(-3, 3))]
    evolution = kv.Evolution(new_run, watch, every=2)
    waited: list[float] = []
    tab = open_tab(filter="new")

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
            if batch % 2 == 1:
                start = time.monotonic()
                wait_for_step(tab, batch + 1)
                waited.append(time.monotonic() - start)

    model.fit(images, np.zeros(6), batch_size=1, epochs=1, verbose=0, callbacks=[evolution, Look()])
    assert len(waited) == 3
    assert max(waited[1:]) < 2.0
    run = "new/evolution"
    tab.settle()
    assert "step 6" in tab.caption(tab.panel(run, "kernels/conv"))
    # Beside the panel stands what the layer is, and what it looks at.
    row = tab.frame.locator("section", has=tab.panel(run, "responses/conv"))
    note = row.locator(".note")
    note.get_by_text("40 parameters").wait_for()
    assert note.locator("p").all_inner_texts() == ["Conv2D", "output 6 × 6 × 4", "40 parameters"]
    title, facts = row.locator("h2").bounding_box(), note.locator("div").bounding_box()
    assert title["y"] + title["height"] <= facts["y"] + 1
    assert note.get_by_alt_text("the picture watched").evaluate("image => image.naturalWidth") == 8


def test_whoever_moves_the_playhead_is_left_alone(open_tab: OpenTab, new_run: Path) -> None:
    with EventLog(new_run) as log:
        for step in (0, 10, 20):
            write_frames(log, step, seed=3)
        log.flush()
        tab = open_tab(filter="new kernels/conv")
        tab.settle()
        follow = tab.frame.get_by_role("button", name="Follow")
        assert (tab.step, follow.get_attribute("aria-pressed")) == (20, "true")
        tab.press("ArrowLeft")
        assert (tab.step, follow.get_attribute("aria-pressed")) == (10, "false")
        write_frames(log, 30, seed=3)
        log.flush()
        tab.frame.get_by_text("2 / 4", exact=True).wait_for()
        assert tab.step == 10
        follow.click()
        wait_for_step(tab, 30)
        write_frames(log, 40, seed=3)
        log.flush()
        wait_for_step(tab, 40)


def test_a_frame_that_a_resumed_run_replaces_is_shown_anew(open_tab: OpenTab, new_run: Path) -> None:
    with EventLog(new_run) as log:
        for step in (0, 10, 20):
            write_frames(log, step, seed=3)
    tab = open_tab(filter="new kernels/conv")
    tab.settle()
    before = tab.pixels(tab.panel("new", "kernels/conv"))
    with EventLog(new_run, start_step=20) as log:
        write_frames(log, 20, seed=4)
    changed = "first => document.querySelector('figure.panel canvas').toDataURL() !== first"
    url = tab.panel("new", "kernels/conv").locator("canvas").evaluate("canvas => canvas.toDataURL()")
    tab.frame.wait_for_function(changed, arg=url)
    assert (tab.pixels(tab.panel("new", "kernels/conv")) != before).any()
    assert tab.step == 20


def test_a_run_that_is_deleted_is_gone(open_tab: OpenTab, new_run: Path) -> None:
    with EventLog(new_run) as log:
        write_frames(log, 0, seed=3)
    tab = open_tab(filter="new kernels/conv")
    tab.settle()
    shutil.rmtree(new_run)
    tab.frame.get_by_text("No tag or run holds these words.").wait_for()


def test_the_tab_says_when_nothing_answers_and_goes_on_when_it_does(open_tab: OpenTab) -> None:
    answers = {"answers": True}

    def answer(route: Any) -> None:
        if answers["answers"]:
            route.continue_()
        else:
            route.fulfill(status=503, body="kerasviz is not whole.")

    tab = open_tab(
        filter="kernels", before=lambda page: page.route("**/kerasviz/index", answer), expected="503"
    )
    tab.settle()
    answers["answers"] = False
    tab.frame.get_by_text("kerasviz is not whole.").wait_for()
    assert tab.frame.locator("figure.panel").count() > 0
    answers["answers"] = True
    tab.frame.locator(".remark").wait_for(state="hidden")

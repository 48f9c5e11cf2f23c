"""One TensorBoard and one browser for all tests of the page; each test has a page of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_log import write_sample
from tab_page import TabPage, address_of

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic")
OpenTab = Callable[..., TabPage]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by playwright."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.skip(
            "the page is not tried in a browser: playwright is not installed (pip install playwright)"
        )
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(
            "the page is not tried in a browser: apt-get install chromium-headless-shell installs one"
        )
    with sync_playwright() as playwright:
        # In a container root has no sandbox; the pages are our own.
        browser = playwright.chromium.launch(
            executable_path=path, args=[*QUIET, "--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tab_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the log that TensorBoard shows."""
    folder = tmp_path_factory.mktemp("tab")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def tensorboard(browser: Any, tab_log: Path) -> Iterator[str]:
    """The address of a TensorBoard with the tab; started only where there is a browser."""
    command = [sys.executable, str(Path(__file__).with_name("serve_tab.py")), str(tab_log)]
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    ) as server:
        yield server.stdout.readline().strip()
        server.terminate()


@pytest.fixture
def open_tab(browser: Any, tensorboard: str) -> Iterator[OpenTab]:
    """Return what opens a tab; none may write an error to its console, but for the `expected` one.

    `hosted` opens all of TensorBoard, with a `query`, else the tab alone, which is quicker. `before` is
    called with the page before it opens, `options` are playwright's context's, `state` is the address's.
    """
    complaints: list[str] = []
    contexts = []

    def make(
        hosted: bool = False,
        viewport: tuple[int, int] = (1280, 900),
        query: str = "",
        before: Callable[[Any], None] | None = None,
        options: dict[str, Any] | None = None,
        expected: str = "never said",
        **state: Any,
    ) -> TabPage:
        size = {"width": viewport[0], "height": viewport[1]}
        context = browser.new_context(viewport=size, accept_downloads=True, **(options or {}))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: _complain(complaints, said, expected))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if before:
            before(page)
        entry = query if hosted else "data/plugin_entry.html?name=kerasviz"
        page.goto(f"{tensorboard}{entry}#{address_of(state)}")
        frame = page.main_frame
        if hosted:
            frame = page.wait_for_selector("iframe[src*='kerasviz']", state="attached").content_frame()
        frame.wait_for_selector(".page")
        return TabPage(page, frame)

    yield make
    for context in contexts:
        context.close()
    assert not complaints, complaints


def _complain(complaints: list[str], said: Any, expected: str) -> None:
    # A page that is opened alone has no icon: browsers ask for one on their own.
    url = said.location.get("url", "")
    if said.type == "error" and not url.endswith("favicon.ico") and expected not in said.text:
        complaints.append(f"{said.text} ({url})")

"""Measure the TensorBoard tab on a log of 1,000 steps x 20 tags of 511 x 511: server, and page in a browser.

    python scripts/bench/tab.py [--steps 1000] [--tags 20] [--seconds 8]

Server: its memory above that of TensorBoard without the tab, the first index, and the index after a frame
was added. Page, in Debian's Chromium: from opening its iframe to the first picture, frames a second with one
and two panels, and from going to a step to seeing a frame that was not fetched before. Needs playwright and
Chromium.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kerasviz.events import EventLog
from kerasviz.film import log_sheet
from kerasviz.pictures import Scale

SIDE = 63  # 64 tiles of it and the gaps between them are 511 pixels
EVERY = 10
SERVE = """
import sys
from tensorboard import default, program
from kerasviz.tab.loader import Loader
server = program.TensorBoard(plugins=[*default.get_static_plugins(), *[Loader] * int(sys.argv[2])])
server.configure(argv=[None, "--logdir", sys.argv[1], "--host=127.0.0.1", "--port=0", "--load_fast=true"])
print(server.launch(), flush=True)
sys.stdin.read()
"""
FIRST_PICTURE = """
if (location.pathname.includes('plugin_entry')) new MutationObserver(() => {
  const canvas = document.querySelector('figure[aria-busy=false] canvas');
  if (canvas?.width > 1) window.firstPicture ??= performance.now();
}).observe(document, { subtree: true, childList: true, attributes: true });
"""
FRAMES = """seconds => new Promise(done => {
  const slider = document.querySelector('[role=slider]');
  const times = [];
  const watch = new MutationObserver(() => times.push(performance.now()));
  watch.observe(slider, { attributeFilter: ['aria-valuenow'] });
  setTimeout(() => { watch.disconnect(); done(times); }, seconds * 1000);
})"""
GO = """step => new Promise(done => {
  const field = document.querySelector('.transport .step input');
  const start = performance.now();
  const said = `step ${step.toLocaleString('en')}`;
  const look = () => {
    const lines = [...document.querySelectorAll('figcaption .when')].filter(one => one.checkVisibility());
    if (lines.length && lines.every(one => one.textContent === said)) done(performance.now() - start);
    else requestAnimationFrame(look);
  };
  field.value = step;
  field.dispatchEvent(new Event('change'));
  look();
})"""


def write_log(folder: Path, steps: int, tags: int) -> None:
    """Write two runs; the pictures change slowly from step to step, as responses do."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype("float32")
    texture = np.abs(np.random.default_rng(0).normal(size=(64, SIDE, SIDE))).astype("float32")
    for run in ("a", "b"):
        with EventLog(folder / run) as log:
            for step in range(0, steps * EVERY, EVERY):
                tiles = texture * (0.4 + 0.3 * np.sin(columns / 9 + step / 200) + 0.3 * np.cos(rows / 7))
                for tag in range(tags // 2):
                    log_sheet(log, f"responses/conv{tag}", step, tiles, Scale(0.0, 3.0), layer=f"conv{tag}")


@contextmanager
def tensorboard(folder: Path, with_tab: bool) -> Iterator[tuple[str, int]]:
    """Serve a log; yield the address and the process."""
    command = [sys.executable, "-c", SERVE, str(folder), str(int(with_tab))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as server:
        yield server.stdout.readline().strip(), server.pid
        server.kill()


def memory(process: int) -> float:
    """The resident memory of a process in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def timed_get(url: str) -> float:
    start = time.perf_counter()
    urllib.request.urlopen(url).read()
    return time.perf_counter() - start


def measure_server(folder: Path) -> None:
    with tensorboard(folder, with_tab=False) as (address, process):
        timed_get(f"{address}data/environment")
        time.sleep(5)
        without = memory(process)
    with tensorboard(folder, with_tab=True) as (address, process):
        index = f"{address}data/plugin/kerasviz/index"
        print(f"first index: {timed_get(index):.2f} s, unchanged: {timed_get(index) * 1e3:.1f} ms")
        with EventLog(folder / "added") as log:
            log_sheet(log, "added", 0, np.ones((64, SIDE, SIDE)), Scale(0.0, 3.0))
        print(f"index after a new frame: {timed_get(index) * 1e3:.1f} ms")
        frames = f"{address}data/plugin/kerasviz/frames?run=b&tag=responses/conv0"
        batch = "".join(f"&step={step}" for step in range(0, 16 * EVERY, EVERY))
        print(f"16 frames: {timed_get(frames + batch) * 1e3:.0f} ms")
        time.sleep(5)
        print(f"memory: {memory(process):.0f} MB, {memory(process) - without:+.0f} MB with the tab")


def measure_page(folder: Path, steps: int, seconds: float) -> None:
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    with tensorboard(folder, with_tab=True) as (address, _), sync_playwright() as playwright:
        timed_get(f"{address}data/plugin/kerasviz/index")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for runs in ("a", ""):
            page = browser.new_page(viewport={"width": 1500, "height": 1000})
            page.add_init_script(FIRST_PICTURE)
            state = f"p.kerasviz.filter={runs} conv0&p.kerasviz.size=large&p.kerasviz.step=0"
            page.goto(f"{address}#kerasviz&{state}")
            frame = page.wait_for_selector("iframe[src*=kerasviz]", state="attached").content_frame()
            frame.wait_for_function("window.firstPicture")
            panels = frame.locator("figure.panel").count()
            first = frame.evaluate("window.firstPicture")
            print(f"{panels} panel(s): the first picture {first:.0f} ms after the iframe opened")
            measure_playing(page, frame, seconds)
            measure_scrubbing(frame, steps)
            page.close()


def measure_playing(page: Any, frame: Any, seconds: float) -> None:
    for speed in (12, 30):
        frame.evaluate(f"document.querySelector('.speed input').value = {speed}")
        frame.locator(".speed input").dispatch_event("input")
        page.keyboard.press("Space")
        times = frame.evaluate(FRAMES, seconds)
        page.keyboard.press("Space")
        gaps = np.diff(times)
        rate, worst = 1000 / gaps.mean(), gaps.max()
        print(f"    asked for {speed} a second: {rate:.1f}, the longest wait {worst:.0f} ms")


def measure_scrubbing(frame: Any, steps: int) -> None:
    far = random.Random(0).sample(range(steps // 2, steps - 20), 12)
    times = [frame.evaluate(GO, step * EVERY) for step in far]
    print(f"    a frame not yet fetched: {statistics.median(times):.0f} ms, at most {max(times):.0f} ms")


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--tags", type=int, default=20, help="half of them in each of two runs")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long it plays")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_log(Path(folder), args.steps, args.tags)
        measure_server(Path(folder))
        measure_page(Path(folder), args.steps, args.seconds)


if __name__ == "__main__":
    main()

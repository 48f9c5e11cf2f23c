"""The tab in a browser, as a test sees it: what is on its canvases, what it says, what a person does."""

from __future__ import annotations

import base64
import io
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

# Drawn, and nothing more on the way, for two frames of the screen.
SETTLED = """() => new Promise(done => {
  let calm = 0;
  const look = () => {
    const panels = [...document.querySelectorAll('figure')].filter(one => one.checkVisibility());
    const drawn = panels.filter(one => one.hasAttribute('aria-busy'));
    calm = drawn.length && drawn.every(one => one.getAttribute('aria-busy') === 'false') ? calm + 1 : 0;
    if (calm > 2) done(true); else requestAnimationFrame(look);
  };
  look();
})"""


class TabPage:
    """The page in its frame: `page` is playwright's page, `frame` the tab in it."""

    def __init__(self, page: Any, frame: Any) -> None:
        self.page = page
        self.frame = frame

    def settle(self) -> None:
        """Wait until everything on the screen is drawn."""
        self.frame.evaluate(SETTLED)

    @property
    def step(self) -> int:
        """The step of the playhead."""
        return int(self.frame.locator("[role=slider]").get_attribute("aria-valuenow"))

    def press(self, *keys: str) -> None:
        """Press keys one after the other, then wait until all is drawn."""
        for key in keys:
            self.page.keyboard.press(key)
        self.settle()

    def panel(self, run: str, tag: str) -> Any:
        """The panel of a tag in a run."""
        return self.frame.locator("figure.panel").and_(self._named("run", run)).and_(self._named("tag", tag))

    def view(self, run: str) -> Any:
        """One run's large picture of a tile."""
        return self.frame.locator("figure.view").and_(self._named("run", run))

    def caption(self, figure: Any) -> str:
        """What stands below a picture."""
        return figure.locator("figcaption").inner_text()

    def pixels(self, figure: Any) -> np.ndarray:
        """The pixels of a picture's canvas, uint8 `(h, w, 4)`."""
        url = figure.locator("canvas").first.evaluate("canvas => canvas.toDataURL('image/png')")
        data = base64.b64decode(url.partition(",")[2])
        return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))

    def show(self, difference: str) -> None:
        """Choose what is shown: "none", "first", "previous", or "run NAME"."""
        self.frame.get_by_label("Show", exact=True).select_option(difference)
        self.settle()

    def _named(self, name: str, value: str) -> Any:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return self.frame.locator(f'[data-{name}="{escaped}"]')


def address_of(state: dict[str, Any]) -> str:
    """The part of the address after # that opens the tab in a state."""
    return "&".join(
        ["kerasviz", *(f"p.kerasviz.{name}={quote(str(value))}" for name, value in state.items())]
    )

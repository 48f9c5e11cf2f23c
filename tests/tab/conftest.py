"""A client of the tab's routes; the page in a browser."""

from __future__ import annotations

from page_fixtures import browser, open_tab, tab_log, tensorboard
from tab_client import serve

__all__ = ["browser", "open_tab", "serve", "tab_log", "tensorboard"]

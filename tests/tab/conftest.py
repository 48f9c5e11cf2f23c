"""A client of the tab's routes, for TensorBoard's flags."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tensorboard.plugins import base_plugin
from werkzeug.test import Client, TestResponse

from kerasviz.tab.loader import Loader

Serve = Callable[..., Client]


class Buffered(Client):
    """Reads every answer to its end, as a browser does."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        return super().open(*args, **{**options, "buffered": True})


@pytest.fixture
def serve() -> Serve:
    """Return what makes a client: `serve(logdir)`, or `serve(logdir_spec=...)`."""

    def make(logdir: str | Path = "", **flags: object) -> Client:
        known = argparse.Namespace(logdir=str(logdir), **flags)
        apps = Loader().load(base_plugin.TBContext(flags=known)).get_plugin_apps()

        def application(environ: dict, start_response: Callable) -> object:
            path = environ["PATH_INFO"]
            return apps["/static/*" if path.startswith("/static/") else path](environ, start_response)

        return Buffered(application)

    return make

"""A client of the tab's routes, for TensorBoard's flags."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.plugins import base_plugin
from werkzeug.test import Client

from kerasviz.tab.loader import Loader

Serve = Callable[..., Client]


@pytest.fixture
def serve() -> Serve:
    """Return what makes a client: `serve(logdir)`, or `serve(logdir_spec=...)`."""

    def make(logdir: str | Path = "", **flags: object) -> Client:
        known = argparse.Namespace(logdir=str(logdir), **flags)
        apps = Loader().load(base_plugin.TBContext(flags=known)).get_plugin_apps()

        def application(environ: dict, start_response: Callable) -> object:
            path = environ["PATH_INFO"]
            return apps["/static/*" if path.startswith("/static/") else path](environ, start_response)

        return Client(application)

    return make

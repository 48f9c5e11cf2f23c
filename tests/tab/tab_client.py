"""A client of the tab's routes, for TensorBoard's flags."""

from __future__ import annotations

import argparse
import json
import struct
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


def application_of(plugin: base_plugin.TBPlugin) -> Callable[[dict, Callable], Any]:
    """Return the application that answers a plugin's routes, `/index` and so on."""
    apps = plugin.get_plugin_apps()

    def application(environ: dict, start_response: Callable) -> Any:
        path = environ["PATH_INFO"]
        return apps["/static/*" if path.startswith("/static/") else path](environ, start_response)

    return application


def frames_in(answer: TestResponse) -> list[tuple[dict[str, Any], bytes]]:
    """Return what is known of each frame of a batch, and its picture."""
    assert answer.status_code == 200
    data, found = answer.data, []
    while data:
        known, picture = struct.unpack_from("<II", data)
        found.append((json.loads(data[8 : 8 + known]), data[8 + known : 8 + known + picture]))
        data = data[8 + known + picture :]
    return found


@pytest.fixture
def serve() -> Serve:
    """Return what makes a client: `serve(logdir)`, or `serve(logdir_spec=...)`."""

    def make(logdir: str | Path = "", **flags: object) -> Client:
        known = argparse.Namespace(logdir=str(logdir), **flags)
        return Buffered(application_of(Loader().load(base_plugin.TBContext(flags=known))))

    return make

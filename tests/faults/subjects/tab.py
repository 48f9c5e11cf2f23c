"""The routes of TensorBoard's tab: odd requests, to logs that are whole or damaged."""

from __future__ import annotations

import argparse
import random
import shutil
from typing import Any

from tensorboard.plugins import base_plugin
from werkzeug.test import Client

from faults.odd_values import TEXTS, as_text
from faults.subject import Place, Run, Subject, say
from faults.subjects.logs import damage_log
from kerasviz.tab.loader import Loader
from kerasviz.tab.plugin import ROUTES

_PARAMETERS = (
    "run",
    "tag",
    "step",
    "first",
    "last",
    "tile",
    "fps",
    "format",
    "caption",
    "scale",
    "v",
    "other",
)
_USUAL: dict[str, tuple[str, ...]] = {
    "run": ("one", "two", "."),
    "tag": ("photo", "responses/conv", "epoch_loss"),
    "format": ("gif", "apng", "webp", "png"),
    "step": ("0", "1", "3"),
    "scale": ("1", "2"),
}
_ANSWERS = (200, 304, 400, 404, 429)


def _make(rng: random.Random, place: Place) -> Run:
    log = place.inputs / "log"
    shutil.copytree(place.corpus / "log", log)
    if rng.random() < 0.4:
        damage_log(rng, log)
    requests = [_request(rng) for _ in range(3)]

    def run() -> None:
        plugin = Loader().load(base_plugin.TBContext(flags=argparse.Namespace(logdir=str(log))))
        apps = plugin.get_plugin_apps()
        for path, query in (("/index", {}), *requests):
            say(f"{path} {query}"[:500])
            route = "/static/*" if path.startswith("/static/") else path
            answer = Client(apps[route]).get(path, query_string=query, buffered=True)
            assert answer.status_code in _ANSWERS, answer.status
            if answer.status_code >= 400:
                assert answer.mimetype == "text/plain"
                assert "\n" not in answer.text.strip()
            answer.close()

    return run


def _request(rng: random.Random) -> tuple[str, dict[str, Any]]:
    if rng.random() < 0.1:
        name = rng.choice(("../plugin.py", "..%2fplugin.py", "/etc/passwd", ".", "", *TEXTS[:20])).replace(
            "?", ""
        )
        return f"/static/{name}", {}
    query: dict[str, Any] = {name: rng.choice(usual) for name, usual in _USUAL.items()}
    for name in rng.sample(_PARAMETERS, rng.choice((0, 1, 1, 2))):
        odd: Any = [_word(rng) for _ in range(rng.choice((1, 1, 1, 40)))]
        query[name] = odd if rng.random() < 0.8 else []
    return f"/{rng.choice(ROUTES)}", query


def _word(rng: random.Random) -> str:
    return as_text(rng).replace("\udcff", "\ufffd")


SUBJECT = Subject("tab", 60, _make, together=100)

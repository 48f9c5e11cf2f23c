"""Answers to requests, and refusals in a plain sentence."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorboard.backend import http_util
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import wrap_file

# A year, in seconds: what a version names does not change.
_FOR_EVER = 365 * 24 * 3600


class RefusedRequestError(Exception):
    """A request that is not answered: `code` is its HTTP status, its text one sentence."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def as_json(request: Request, content: Any) -> Response:
    """Return the answer that holds `content` as JSON."""
    return http_util.Respond(request, json.dumps(content, allow_nan=False), "application/json")


def as_file(request: Request, path: Path, name: str, done: Callable[[], object]) -> Response:
    """Return the answer that saves a file under `name`, sent piece by piece; then `done` is called."""
    file = path.open("rb")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    answer = Response(wrap_file(request.environ, file), mimetype=kind)
    answer.content_length = path.stat().st_size
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    answer.call_on_close(file.close)
    answer.call_on_close(done)
    return answer


def as_bytes(request: Request, content: bytes, *, cached: bool) -> Response:
    """Return the answer that holds bytes; `cached` where they never change."""
    expires = _FOR_EVER if cached else 0
    return http_util.Respond(request, content, "application/octet-stream", expires=expires)


def sentence(request: Request, text: str, code: int) -> Response:
    """Return the answer that refuses a request."""
    return http_util.Respond(request, text, "text/plain", code=code)

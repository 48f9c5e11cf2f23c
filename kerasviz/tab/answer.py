"""Answers to requests, and refusals in a plain sentence."""

from __future__ import annotations

import json
from typing import Any

from tensorboard.backend import http_util
from werkzeug.wrappers import Request, Response

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


def as_bytes(request: Request, content: bytes, *, cached: bool) -> Response:
    """Return the answer that holds bytes; `cached` where they never change."""
    expires = _FOR_EVER if cached else 0
    return http_util.Respond(request, content, "application/octet-stream", expires=expires)


def sentence(request: Request, text: str, code: int) -> Response:
    """Return the answer that refuses a request."""
    return http_util.Respond(request, text, "text/plain", code=code)

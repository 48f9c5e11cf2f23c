"""`index`: what the log holds; 304 where that has not changed."""

from __future__ import annotations

from tensorboard.backend import http_util
from werkzeug.wrappers import Request, Response

from kerasviz.tab.tab_log import TabLog


def respond(request: Request, log: TabLog) -> Response:
    """Return all runs with their tags and steps."""
    version, content = log.index()
    if version in request.if_none_match:
        unchanged = Response(status=304)
        unchanged.set_etag(version)
        return unchanged
    answer = http_util.Respond(request, content, "application/json")
    answer.set_etag(version)
    return answer

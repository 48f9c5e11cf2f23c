"""`scalars`: one curve."""

from __future__ import annotations

import math

from werkzeug.wrappers import Request, Response

from kerasviz.tab.answer import as_json
from kerasviz.tab.parameters import text
from kerasviz.tab.tab_log import TabLog


def respond(request: Request, log: TabLog) -> Response:
    """Return steps and values; a value that is no number is null."""
    curve = log.scalars(text(request, "run"), text(request, "tag"))
    values = [value if math.isfinite(value) else None for _, value in curve]
    return as_json(request, {"steps": [step for step, _ in curve], "values": values})

"""`estimate`: how large the file of an `export` will be."""

from __future__ import annotations

import threading

from werkzeug.wrappers import Request, Response

from kerasviz.atomic import scratch_folder
from kerasviz.tab.answer import as_json
from kerasviz.tab.film_request import film_request
from kerasviz.tab.parameters import text
from kerasviz.tab.tab_log import TabLog

# One after another: each draws some frames.
_TURN = threading.Lock()


def respond(request: Request, log: TabLog) -> Response:
    """Return the number of frames, their size, and about how many bytes the file will have."""
    source = log.film_source(text(request, "run"), text(request, "tag"))
    with _TURN, source as (reader, info), scratch_folder() as folder:
        found = film_request(request, reader, info).estimated(folder)
    known = {"frames": found.frames, "bytes": found.size, "width": found.width, "height": found.height}
    return as_json(request, known)

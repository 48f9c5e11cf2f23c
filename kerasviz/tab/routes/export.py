"""`export`: what is seen as a file, drawn by the film room; one at a time."""

from __future__ import annotations

import contextlib
import threading

from werkzeug.wrappers import Request, Response

from kerasviz.atomic import scratch_folder
from kerasviz.tab.answer import RefusedRequestError, as_file
from kerasviz.tab.film_request import film_request
from kerasviz.tab.parameters import text
from kerasviz.tab.tab_log import TabLog

_DRAWING = threading.Lock()


def respond(request: Request, log: TabLog) -> Response:
    """Return the file.

    Raises:
        RefusedRequestError: a parameter is wrong, or another file is being drawn.
    """
    if not _DRAWING.acquire(blocking=False):
        raise RefusedRequestError(429, "Another file is being drawn: try again when it is done.")
    stack = contextlib.ExitStack()
    try:
        folder = stack.enter_context(scratch_folder())
        with log.film_source(text(request, "run"), text(request, "tag")) as (reader, info):
            film = film_request(request, reader, info)
            path = folder / f"film{film.ending}"
            film.write(path)
        return as_file(request, path, film.file_name, stack.close)
    except BaseException:
        stack.close()
        raise
    finally:
        _DRAWING.release()

"""The page's own files."""

from __future__ import annotations

from pathlib import Path

from tensorboard.backend import http_util
from werkzeug.wrappers import Request, Response

from kerasviz.tab.answer import sentence

FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


def respond_static(request: Request) -> Response:
    """Return one of the files in `static`: only names that are in it are looked at."""
    files = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file()}
    name = request.path.partition("/static/")[2]
    if name not in files or files[name].suffix not in _MEDIA_TYPES:
        return sentence(request, f"The tab has no file {name!r}.", 404)
    return http_util.Respond(request, files[name].read_bytes(), _MEDIA_TYPES[files[name].suffix])

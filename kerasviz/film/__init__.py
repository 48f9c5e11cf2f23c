"""Films: the frames of a log as GIF, APNG, WebP or MP4; sheets as frames that can be cut into tiles."""

from __future__ import annotations

from kerasviz.film.animation import Animation, animate
from kerasviz.film.file_names import file_name, file_names
from kerasviz.film.formats.table import endings, format_of
from kerasviz.film.sheet_frames import log_sheet

__all__ = [
    "Animation",
    "animate",
    "endings",
    "file_name",
    "file_names",
    "format_of",
    "log_sheet",
]

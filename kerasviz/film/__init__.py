"""Films: the frames of a log as GIF, APNG, WebP or MP4; sheets as frames that can be cut into tiles."""

from __future__ import annotations

from kerasviz.film.animation import Animation, animate
from kerasviz.film.estimate import Estimate, estimate
from kerasviz.film.file_names import file_name, file_names
from kerasviz.film.formats.table import endings, format_of
from kerasviz.film.sheet_frames import log_sheet
from kerasviz.film.still import save_still

__all__ = [
    "Animation",
    "Estimate",
    "animate",
    "endings",
    "estimate",
    "file_name",
    "file_names",
    "format_of",
    "log_sheet",
    "save_still",
]

"""Films: the frames of a log as GIF, APNG, WebP or MP4."""

from __future__ import annotations

from kerasviz.film.animation import Animation, animate, file_name

__all__ = [
    "Animation",
    "animate",
    "file_name",
]

"""The one table of film formats: their endings, what a notebook is told, and who writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kerasviz.errors import InputError, did_you_mean
from kerasviz.film.formats.apng import write_apng
from kerasviz.film.formats.gif import write_gif
from kerasviz.film.formats.mp4 import write_mp4
from kerasviz.film.formats.webp import write_webp
from kerasviz.film.movie import Movie


@dataclass(frozen=True)
class Format:
    """One kind of file.

    Attributes:
        endings: of its files; the first is the usual one.
        media_type: what a notebook is told about the file.
        write: writes a movie to a path, and returns by how many of 255 levels a channel is off at most; None
            where that is not known.
        longest_side: the most pixels that a picture's side can have in such a file.
    """

    endings: tuple[str, ...]
    media_type: str
    write: Callable[[Path, Movie], int | None]
    longest_side: int


FORMATS = (
    Format((".gif",), "image/gif", write_gif, 65_535),
    Format((".png", ".apng"), "image/png", write_apng, 2**31 - 1),
    Format((".webp",), "image/webp", write_webp, 16_383),
    Format((".mp4",), "video/mp4", write_mp4, 16_383),
)


def endings() -> dict[str, Format]:
    """Return every ending of a film's file, with its format."""
    return {ending: one for one in FORMATS for ending in one.endings}


def format_of(ending: str) -> Format:
    """Return the format of files with that ending; the dot and the letters' case do not matter.

    >>> format_of("GIF").media_type
    'image/gif'

    Raises:
        InputError: there is none.
    """
    wanted, known = f".{ending.lower().lstrip('.')}", endings()
    if wanted not in known:
        raise InputError(
            f"There is no film format {ending!r}: a film's file ends in {', '.join(known)}. "
            f"{did_you_mean(wanted, known)}"
        )
    return known[wanted]

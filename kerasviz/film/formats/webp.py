"""Animated WebP files, written picture by picture (the container after RFC 9649)."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from kerasviz.film.delta import changed_box
from kerasviz.film.movie import Movie

SMALL_QUALITY = 75
_ANIMATED = 0x02
_DO_NOT_BLEND = 0x02


def write_webp(path: Path, movie: Movie) -> int | None:
    """Write an animated WebP that loops forever; return 0, or None where losses were allowed.

    It is lossless, unless it is to be small: then pictures are compressed with losses, at quality 75 of 100,
    where that takes less space.
    """
    shown = None
    with path.open("wb") as file:
        file.write(b"RIFF\0\0\0\0WEBP")
        file.write(
            _chunk(b"VP8X", struct.pack("<I", _ANIMATED) + _three(movie.width - 1) + _three(movie.height - 1))
        )
        file.write(_chunk(b"ANIM", struct.pack("<IH", 0xFFFFFFFF, 0)))
        for picture, delay in movie.ticks(1000):
            rows, columns = slice(0, movie.height), slice(0, movie.width)
            if shown is not None:
                rows, columns = changed_box(shown, picture, align=2)
            block = picture[rows, columns]
            place = (columns.start // 2, rows.start // 2, block.shape[1] - 1, block.shape[0] - 1)
            head = b"".join(map(_three, (*place, delay))) + bytes([_DO_NOT_BLEND])
            file.write(_chunk(b"ANMF", head + _compress(block, movie.small)))
            shown = picture
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))
    return None if movie.small else 0


def _compress(block: np.ndarray, small: bool) -> bytes:
    """Return the chunks of a still WebP of one picture; of two ways the one that gives fewer bytes."""
    image = Image.fromarray(np.ascontiguousarray(block)).convert("RGB")
    best = _encode(image, lossless=True, quality=0)
    return min(best, _encode(image, lossless=False, quality=SMALL_QUALITY), key=len) if small else best


def _encode(image: Image.Image, lossless: bool, quality: int) -> bytes:
    still = io.BytesIO()
    image.save(still, "WEBP", lossless=lossless, quality=quality, method=0)
    return still.getvalue()[12:]


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _three(number: int) -> bytes:
    return struct.pack("<I", number)[:3]

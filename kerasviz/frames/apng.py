"""Animated PNG files, written picture by picture (the container after the third PNG specification)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from kerasviz.frames.delta import changed_box
from kerasviz.frames.movie import Movie
from kerasviz.frames.palette import Palette, fit_palette

SMALL_COLOURS = 64
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_apng(path: Path, movie: Movie) -> None:
    """Write an animated PNG that loops forever.

    It is lossless, unless it is to be small: then it has 64 colours and is compressed more slowly.
    """
    palette = fit_palette(movie.samples, SMALL_COLOURS) if movie.small else None
    colour_type = 0 if movie.samples[0].ndim == 2 else 2
    shown = None
    frames = sequence = 0
    with path.open("wb") as file:
        header = struct.pack(">IIBBBBB", movie.width, movie.height, 8, colour_type, 0, 0, 0)
        file.write(_SIGNATURE + _chunk(b"IHDR", header))
        count_at = file.tell()
        file.write(_chunk(b"acTL", bytes(8)))
        for picture, delay in movie.ticks(1000):
            if palette is not None:
                picture = _reduce(picture, palette)
            rows, columns = slice(0, movie.height), slice(0, movie.width)
            if shown is not None:
                rows, columns = changed_box(shown, picture)
            block = picture[rows, columns]
            place = (sequence, block.shape[1], block.shape[0], columns.start, rows.start)
            file.write(_chunk(b"fcTL", struct.pack(">IIIIIHHBB", *place, min(delay, 0xFFFF), 1000, 0, 0)))
            sequence += 1
            data = _compress(block, movie.small)
            if shown is None:
                file.write(_chunk(b"IDAT", data))
            else:
                file.write(_chunk(b"fdAT", struct.pack(">I", sequence) + data))
                sequence += 1
            shown = picture
            frames += 1
        file.write(_chunk(b"IEND", b""))
        file.seek(count_at)
        file.write(_chunk(b"acTL", struct.pack(">II", frames, 0)))


def _reduce(picture: np.ndarray, palette: Palette) -> np.ndarray:
    colours = palette.colours[:, 0] if picture.ndim == 2 else palette.colours
    return colours[palette.indices(picture)]


def _compress(block: np.ndarray, small: bool) -> bytes:
    """Return the compressed data of one picture: what a still PNG of it holds in its IDAT chunks."""
    if block.ndim == 3:
        block = cv2.cvtColor(block, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_PNG_COMPRESSION, 9] if small else []
    png = cv2.imencode(".png", np.ascontiguousarray(block), options)[1].tobytes()
    data, position = [], len(_SIGNATURE)
    while position < len(png):
        length, name = struct.unpack_from(">I4s", png, position)
        if name == b"IDAT":
            data.append(png[position + 8 : position + 8 + length])
        position += length + 12
    return b"".join(data)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

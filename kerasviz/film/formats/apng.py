"""Animated PNG files, written picture by picture (the container after the third PNG specification)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from kerasviz.film.delta import changed_box
from kerasviz.film.movie import Movie
from kerasviz.film.palette import fit_palette

SMALL_COLOURS = 64
_GREY, _RGB, _INDEXED = 0, 2, 3
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_apng(path: Path, movie: Movie) -> int | None:
    """Write an animated PNG that loops forever; return by how many of 255 levels a channel is off at most.

    Each picture stores only the box that differs from the one before. It is lossless, unless it is to be
    small: then it has one palette of 64 colours.
    """
    palette = fit_palette(movie.samples, SMALL_COLOURS) if movie.small else None
    colour_type = _INDEXED if palette else _GREY if movie.samples[0].ndim == 2 else _RGB
    shown = None
    frames = sequence = 0
    with path.open("wb") as file:
        header = struct.pack(">IIBBBBB", movie.width, movie.height, 8, colour_type, 0, 0, 0)
        file.write(_SIGNATURE + _chunk(b"IHDR", header))
        count_at = file.tell()
        file.write(_chunk(b"acTL", bytes(8)))
        if palette:
            file.write(_chunk(b"PLTE", palette.colours.tobytes()))
        for picture, delay in movie.ticks(1000):
            pixels = palette.indices(picture) if palette else picture
            rows, columns = slice(0, movie.height), slice(0, movie.width)
            if shown is not None:
                rows, columns = changed_box(shown, pixels)
            block = pixels[rows, columns]
            place = (sequence, block.shape[1], block.shape[0], columns.start, rows.start)
            file.write(_chunk(b"fcTL", struct.pack(">IIIIIHHBB", *place, min(delay, 0xFFFF), 1000, 0, 0)))
            sequence += 1
            data = _compress_indices(block) if palette else _compress(block)
            if shown is None:
                file.write(_chunk(b"IDAT", data))
            else:
                file.write(_chunk(b"fdAT", struct.pack(">I", sequence) + data))
                sequence += 1
            shown = pixels
            frames += 1
        file.write(_chunk(b"IEND", b""))
        file.seek(count_at)
        file.write(_chunk(b"acTL", struct.pack(">II", frames, 0)))
    return palette.error if palette else 0


def _compress(block: np.ndarray) -> bytes:
    """Return the compressed data of a grey or colour picture: a still PNG's IDAT chunks."""
    if block.ndim == 3:
        block = cv2.cvtColor(block, cv2.COLOR_RGB2BGR)
    png = cv2.imencode(".png", np.ascontiguousarray(block))[1].tobytes()
    data, position = [], len(_SIGNATURE)
    while position < len(png):
        length, name = struct.unpack_from(">I4s", png, position)
        if name == b"IDAT":
            data.append(png[position + 8 : position + 8 + length])
        position += length + 12
    return b"".join(data)


def _compress_indices(block: np.ndarray) -> bytes:
    """Return the compressed data of palette indices: each row begins with the filter type 0."""
    return zlib.compress(np.pad(block, ((0, 0), (1, 0))).tobytes())


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

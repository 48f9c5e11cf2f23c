"""GIF files, written picture by picture (the container after CompuServe's GIF89a specification)."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from PIL import Image

from kerasviz.film.delta import changed_box
from kerasviz.film.movie import Movie
from kerasviz.film.palette import fit_palette

COLOURS = 256
# The smaller file's colours; one more entry stands for "as before".
SMALL_COLOURS = 64
_LOOP_FOREVER = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_KEEP = 1 << 2


def write_gif(path: Path, movie: Movie) -> int | None:
    """Write a GIF that loops forever, and return by how many of 255 levels a channel is off at most.

    Each picture stores only the box that differs from the one before. One palette serves all pictures: 256
    colours without dithering, or, for a small file, 64 with unchanged pixels stored as transparent.
    """
    palette = fit_palette(movie.samples, SMALL_COLOURS if movie.small else COLOURS)
    transparent = len(palette.colours) if movie.small else None
    bits = max(2, (len(palette.colours) - 1 + movie.small).bit_length())
    table = np.zeros((1 << bits, 3), np.uint8)
    table[: len(palette.colours)] = palette.colours
    shown = None
    with path.open("wb") as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", movie.width, movie.height, 0xF0 | (bits - 1), 0, 0))
        file.write(table.tobytes() + _LOOP_FOREVER)
        for picture, delay in movie.ticks(100):
            indices = palette.indices(picture)
            rows, columns = slice(0, movie.height), slice(0, movie.width)
            block = indices
            if shown is not None:
                rows, columns = changed_box(shown, indices)
                block = indices[rows, columns]
                if transparent is not None:
                    unchanged = shown[rows, columns] == block
                    block = np.where(unchanged, np.uint8(transparent), block)
            file.write(_control(delay, transparent))
            file.write(b"," + struct.pack("<HH", columns.start, rows.start))
            file.write(struct.pack("<HHB", block.shape[1], block.shape[0], 0))
            file.write(_compress(block, bits))
            shown = indices
        file.write(b";")
    return palette.error


def _control(delay: int, transparent: int | None) -> bytes:
    """Return the block that says how long a picture stays, and that the next is drawn over it."""
    flags = _KEEP | (transparent is not None)
    return b"!\xf9\x04" + struct.pack("<BHBB", flags, min(delay, 0xFFFF), transparent or 0, 0)


def _compress(block: np.ndarray, bits: int) -> bytes:
    """Return the LZW data of one picture, in blocks, with the code size before and the end mark after."""
    image = Image.fromarray(np.ascontiguousarray(block))
    return bytes([bits]) + image.tobytes("gif", "L", bits, 0) + b"\0"

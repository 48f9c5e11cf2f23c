"""How many pixels a picture may have; its header says how many it has, before anything is decoded."""

from __future__ import annotations

import io
import struct

from PIL import Image

# Above this many Pillow warns. A transparent picture of as many takes 1.3 GB while it is read.
MOST_PIXELS = 89_478_485
_PNG = b"\x89PNG\r\n\x1a\n"
_AFTER_IHDR = 24
_OTHERS = ("JPEG", "GIF", "BMP", "WEBP")


def fits_the_memory(encoded: bytes) -> bool:
    """Return whether encoded bytes are a picture, by its header, of at most 89 million pixels.

    A PNG, JPEG, GIF, BMP or WebP is meant; anything else is not opened.

    >>> fits_the_memory(b"no picture")
    False
    """
    if encoded.startswith(_PNG) and len(encoded) > _AFTER_IHDR:
        width, height = struct.unpack_from(">II", encoded, _AFTER_IHDR - 8)
        return width * height <= MOST_PIXELS and _holds_its_parts(encoded)
    try:
        with Image.open(io.BytesIO(encoded), formats=_OTHERS) as picture:
            return picture.width * picture.height <= MOST_PIXELS
    # A reader may raise nearly anything on damaged bytes.
    except Exception:
        return False


def _holds_its_parts(png: bytes) -> bool:
    """Return whether each part of a PNG is as long as it claims: OpenCV takes the memory before it looks."""
    at = len(_PNG)
    while at + 8 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        if png[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + length
    return False

"""Pictures within the page: each compressed into a data URI of a bounded size."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from kerasviz.images import as_uint8
from kerasviz.report.markup import Html, tag

# Bytes of one picture on a card, and of a sheet or figure across the page: with these, and with the numbers
# of pictures that the sections show, a report stays below 5 MB.
MOST_ON_CARD = 12_000
MOST_ACROSS = 120_000
_QUALITIES = (90, 80, 65, 50, 35, 20, 5)


def compress(image: Any, most: int) -> bytes:
    """Return a picture as a WebP file: lossless where that takes at most `most` bytes, else as good as fits.

    Args:
        image: uint8 `(h, w)`, `(h, w, 1)` or RGB `(h, w, 3)`.
        most: bytes. The lowest quality is used even where it does not fit.

    >>> compress(np.zeros((28, 28), np.uint8), 1000)[8:12]
    b'WEBP'
    """
    picture = Image.fromarray(np.ascontiguousarray(as_uint8(image))).convert("RGB")
    data = _webp(picture, lossless=True, quality=60)
    for quality in _QUALITIES:
        if len(data) <= most:
            break
        data = _webp(picture, lossless=False, quality=quality)
    return data


def img(image: Any, alt: str, most: int = MOST_ON_CARD, width: int | None = None) -> Html:
    """Return an `img` element that holds the picture itself.

    Args:
        image: as for `compress`.
        alt: what the picture shows, in words.
        most: as for `compress`.
        width: its width on a wide screen in CSS pixels; without it, that of its surroundings. A picture that
            is enlarged keeps square pixels.
    """
    height, columns = np.shape(image)[:2]
    data = base64.b64encode(compress(image, most)).decode("ascii")
    return tag(
        "img",
        src=f"data:image/webp;base64,{data}",
        alt=alt,
        width=columns,
        height=height,
        class_="crisp" if columns < (width or 100) else None,
        style=None if width is None else f"width:{width}px",
    )


def _webp(picture: Image.Image, lossless: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=lossless, quality=quality, method=4)
    return buffer.getvalue()

"""What a notebook shows of many pictures: a line, and a row of them."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

import numpy as np

from kerasviz.images.files import resize_image
from kerasviz.images.png import encode_png

# Pictures in the row, and the longest side of each in pixels.
SHOWN, _SIDE = 8, 96


def spread_over(count: int, shown: int) -> list[int]:
    """Return at most `shown` of `count` indices, evenly spread.

    >>> spread_over(100, 3), spread_over(2, 3)
    ([0, 50, 99], [0, 1])
    """
    return np.unique(np.linspace(0, count - 1, min(shown, count)).round().astype(int)).tolist()


def pictures_in_html(text: str, images: Sequence[np.ndarray], titles: Sequence[str] = ()) -> str:
    """Return HTML of a line of text over uint8 pictures, each with its title."""
    figures = []
    for at, image in enumerate(images):
        title = html.escape(titles[at]) if titles else ""
        data = base64.b64encode(encode_png(_reduced(image))).decode()
        figures.append(
            f'<figure style="display:inline-block;margin:2px"><img alt="{title or "picture"}" '
            f'src="data:image/png;base64,{data}"><figcaption>{title}</figcaption></figure>'
        )
    return f"<div><p>{html.escape(text)}</p>{''.join(figures)}</div>"


def _reduced(image: np.ndarray) -> np.ndarray:
    longest = max(image.shape[:2])
    if longest <= _SIDE:
        return image
    height, width = (max(1, round(side * _SIDE / longest)) for side in image.shape[:2])
    return resize_image(image, (height, width))

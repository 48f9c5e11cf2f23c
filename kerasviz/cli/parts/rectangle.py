"""A rectangle of a picture, on the command line: X,Y,W,H in the picture file's own pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerasviz.cli.parts.number_flags import whole_number

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.images import Picture, Rectangle


def parse_rectangle(text: str, flag: str) -> Rectangle:
    """Return (x, y, width, height) from "x,y,w,h", which `flag` was given.

    Raises:
        InputError: that is not what the text is.

    >>> parse_rectangle("10,20,30,40", "--mask")
    (10, 20, 30, 40)
    """
    from kerasviz.errors import InputError

    numbers = [number for part in text.split(",") if (number := whole_number(part)) is not None]
    if len(numbers) != 4 or text.count(",") != 3 or 0 in numbers[2:]:
        raise InputError(
            f"{flag} is {text!r}; pass x,y,width,height in whole pixels of the picture, such as 40,60,100,80."
        )
    x, y, width, height = numbers
    return x, y, width, height


def rectangle_masks(rectangle: Rectangle, pictures: Sequence[Picture], size: tuple[int, int]) -> np.ndarray:
    """Return the share of each cell that lies in the rectangle, float32 `(N, height, width)` of that size.

    The cells are of what the model sees of a picture (`Picture.box`).

    Raises:
        InputError: the rectangle is not within one of the pictures.
    """
    import numpy as np

    from kerasviz.errors import InputError
    from kerasviz.images import read_image

    x, y, width, height = rectangle
    masks = []
    for picture in pictures:
        rows, columns = read_image(picture.path).shape[:2]
        if x + width > columns or y + height > rows:
            raise InputError(
                f"--region is {x},{y},{width},{height} (x, y, width, height), which is not within "
                f"{picture.path}, a picture of {columns} x {rows} pixels: choose one inside it."
            )
        box = picture.box
        down = _covered(y / rows, (y + height) / rows, (box.top, box.bottom), size[0])
        across = _covered(x / columns, (x + width) / columns, (box.left, box.right), size[1])
        masks.append(np.outer(down, across))
    return np.stack(masks).astype(np.float32)


def _covered(start: float, end: float, between: tuple[float, float], cells: int) -> np.ndarray:
    """Return the share of each of so many cells `between` two places that lies between `start` and `end`.

    >>> _covered(0.25, 0.75, (0, 1), 2).tolist(), _covered(0.25, 0.75, (0.5, 1), 2).tolist()
    ([0.5, 0.5], [1.0, 0.0])
    """
    import numpy as np

    edges = np.linspace(*between, cells + 1)
    inside = np.minimum(end, edges[1:]) - np.maximum(start, edges[:-1])
    return np.clip(inside / np.diff(edges), 0, 1)

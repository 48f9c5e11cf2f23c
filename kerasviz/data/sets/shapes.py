"""Generated pictures: one coloured, textured shape on a cluttered background, with its mask.

Everything but the outline is drawn alike for every class: area, place, turn, colour, texture and background
tell nothing of the label. Each picture has a random generator of its own, seeded by the data set's seed, the
split and the picture's number, and is computed in 64-bit NumPy: the same bytes on any machine, whatever the
number of pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.data.sets.drawn_shapes import CLASS_NAMES, draw_corner_mark, draw_picture
from kerasviz.data.split import Dataset, Split
from kerasviz.errors import InputError, did_you_mean
from kerasviz.images import Size, size_pair

SHORTCUT_NAMES = ("unmarked", "marked")
_SMALLEST = 16
_MOST_GIGABYTES = 4


def load(
    train: int = 2000,
    validation: int = 500,
    image_size: Size = 64,
    classes: Sequence[str] = CLASS_NAMES,
    seed: int = 0,
    shortcut: str | None = None,
) -> Dataset:
    """Return generated pictures of shapes, uint8 RGB in memory, with a mask of the shape for each.

    Args:
        train: pictures to train on.
        validation: pictures to validate on, none of which is among the former.
        image_size: side or `(height, width)` in pixels, at least 16.
        classes: names out of "circle", "square", "triangle" and "star"; labels follow their order, and
            pictures take turns in them.
        seed: of all pictures.
        shortcut: None, or "corner": then the classes are "unmarked" and "marked", every second picture has
            a small magenta square in one of its corners, the shape is any of `classes` and tells nothing,
            and the masks are the mark's (empty where there is none). An honest explanation of a network
            trained on it points to the mark.

    Raises:
        InputError: a number is below 1, the size below 16, or a name unknown or given twice.

    >>> data = load(train=8, validation=4, image_size=32)
    >>> data.train.images.shape, data.train.labels.tolist(), data.train.mask(0).any()
    ((8, 32, 32, 3), [0, 1, 2, 3, 0, 1, 2, 3], np.True_)
    """
    size = size_pair(image_size)
    if min(size) < _SMALLEST:
        raise InputError(
            f"The picture size is {image_size!r}; shapes need at least {_SMALLEST} pixels a side."
        )
    check_numbers(train=train, validation=validation, seed=seed)
    # A picture is three bytes a pixel, its mask one.
    gigabytes = (train + validation) * size[0] * size[1] * 4 / 1e9
    if gigabytes > _MOST_GIGABYTES:
        raise InputError(
            f"{train + validation:,} pictures of {size[0]:,} x {size[1]:,} pixels would take {gigabytes:.1f} "
            f"GB of memory, more than {_MOST_GIGABYTES}: ask for fewer or smaller ones."
        )
    if shortcut not in (None, "corner"):
        raise InputError(f"shortcut is {shortcut!r}; pass None or 'corner'.")
    for name in classes:
        if name not in CLASS_NAMES:
            raise InputError(f"No shape is called {name!r}. {did_you_mean(name, CLASS_NAMES)}")
    least = 1 if shortcut else 2
    if len(classes) < least or len(set(classes)) != len(classes):
        raise InputError(f"classes is {list(classes)}; pass {least} or more shapes, each once.")
    counts = (train, validation)
    splits = [_split(count, part, seed, size, classes, shortcut) for part, count in enumerate(counts)]
    names = SHORTCUT_NAMES if shortcut else tuple(classes)
    return Dataset("shapes", names, splits[0], splits[1])


def _split(
    count: int, part: int, seed: int, size: tuple[int, int], classes: Sequence[str], shortcut: str | None
) -> Split:
    images = np.empty((count, *size, 3), np.uint8)
    masks = np.empty((count, *size), bool)
    labels = np.arange(count, dtype=np.int32) % (2 if shortcut else len(classes))
    for index in range(count):
        rng = np.random.default_rng([seed, part, index])
        shape = classes[int(rng.integers(len(classes)))] if shortcut else classes[labels[index]]
        images[index], masks[index] = draw_picture(shape, size, rng)
        if shortcut:
            masks[index] = draw_corner_mark(images[index], rng) if labels[index] else False
    return Split(images, labels, masks)

"""The grid pointing game: pictures in a mosaic, so that a centre, or an edge, tells nothing of the class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.images import resize_image

CELLS = ((0, 0), (0, 1), (1, 0), (1, 1))


@dataclass(frozen=True)
class Mosaics:
    """Mosaics of four pictures: `images` `(M, h, w, C)`, the explained `classes` `(M,)`, and their `cells`.

    `cells` `(M,)` says where the one picture of the explained class is: 0 and 1 above, 2 and 3 below.
    """

    images: np.ndarray
    classes: np.ndarray
    cells: np.ndarray

    def __repr__(self) -> str:
        return f"Mosaics({len(self.images)} of four pictures)"


def make_mosaics(images: np.ndarray, classes: np.ndarray, count: int, seed: int = 0) -> Mosaics | None:
    """Return mosaics of 2 x 2 pictures at half their size, one of the explained class and three of others.

    Böhle, Fritz and Schiele, "Convolutional Dynamic Alignment Networks for Interpretable Classifications",
    CVPR 2021; there four classes differ, and the network takes larger pictures. Here three
    pictures of other classes may share a class, so that a network of two classes can be looked at, and the
    mosaic has the size of one picture, so that a network of one input size can.

    Args:
        images: `(N, h, w, C)`, as the model takes them.
        classes: the class of each by the model, `(N,)`.
        count: how many mosaics, at most one for each picture; the cells take turns.
        seed: of the choice of pictures.

    Returns:
        the mosaics, or None where all pictures have one class.

    >>> pictures = np.arange(4.0, dtype=np.float32).reshape(4, 1, 1, 1) * np.ones((1, 4, 4, 1), np.float32)
    >>> mosaics = make_mosaics(pictures, np.array([0, 1, 1, 1]), count=4)
    >>> mosaics.images.shape, mosaics.cells.tolist()
    ((4, 4, 4, 1), [0, 1, 2, 3])
    """
    check_numbers(count=count, seed=seed)
    classes = np.asarray(classes)
    rng = np.random.default_rng(seed)
    chosen = [at for at in rng.permutation(len(images)) if (classes != classes[at]).any()][:count]
    if not chosen:
        return None
    made = np.empty((len(chosen), *images.shape[1:]), np.float32)
    cells = np.arange(len(chosen)) % len(CELLS)
    for number, at in enumerate(chosen):
        others = np.flatnonzero(classes != classes[at])
        parts = list(rng.choice(others, 3, replace=len(others) < 3))
        parts.insert(cells[number], at)
        for cell, part in enumerate(parts):
            made[number][cell_of(cell, images.shape[1:3])] = _fit(images[part], cell)
    return Mosaics(made, classes[chosen], cells)


def cell_of(cell: int, size: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the rows and columns of a cell in a mosaic of that size.

    >>> cell_of(1, (4, 5))
    (slice(0, 2, None), slice(2, 5, None))
    """
    half = [length // 2 for length in size]
    row, column = (
        slice(mid, length) if at else slice(0, mid)
        for at, mid, length in zip(CELLS[cell], half, size, strict=True)
    )
    return row, column


def grid_pointing_game(maps: np.ndarray, cells: np.ndarray) -> np.ndarray:
    """Return the share of what speaks for the class that lies in the right cell, 0.0 to 1.0 for each mosaic.

    Böhle et al. 2021:     G = sum of L_i over i in the cell / sum of L_i,      L = the map's values above 0

    A quarter is what a map that knows nothing gets. A map without a positive value scores 0.

    >>> grid_pointing_game(np.array([[[3.0, -1.0], [1.0, 0.0]]]), np.array([0])).tolist()
    [0.75]
    """
    shares = np.zeros(len(maps))
    for number, (heatmap, cell) in enumerate(zip(np.maximum(maps, 0), cells, strict=True)):
        total = heatmap.sum(dtype=np.float64)
        if total > 0:
            shares[number] = heatmap[cell_of(cell, heatmap.shape)].sum(dtype=np.float64) / total
    return shares


def _fit(image: np.ndarray, cell: int) -> np.ndarray:
    rows, columns = cell_of(cell, image.shape[:2])
    size = (rows.stop - rows.start, columns.stop - columns.start)
    return resize_image(np.ascontiguousarray(image, np.float32), size)

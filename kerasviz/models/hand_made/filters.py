"""Ready filters for a filter bank: edges, lines, derivatives, Gabor families. Pure NumPy.

Every function returns `(n, kh, kw)` float32 filters. All of them but the Gabor filters of a phase other than
pi / 2 sum to zero, so that a plain area gives 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasviz.errors import InputError


def edge_filters() -> np.ndarray:
    """Return four 4x4 edge filters: dark to bright rightwards, leftwards, downwards, upwards.

    The first is four rows of `[-1, -1, 1, 1]`; the others are its negative, its transpose and the negative
    of its transpose.

    >>> edge_filters()[:, 0].tolist()
    [[-1.0, -1.0, 1.0, 1.0], [1.0, 1.0, -1.0, -1.0], [-1.0, -1.0, -1.0, -1.0], [1.0, 1.0, 1.0, 1.0]]
    """
    right = np.tile(np.array([-1, -1, 1, 1], np.float32), (4, 1))
    return np.stack([right, -right, right.T, -right.T])


def line_filters() -> np.ndarray:
    """Return four 7x7 filters: a horizontal, a vertical and a diagonal bright line, and an outline.

    On a line of 7 cells the value is 6, elsewhere -1. The outline filter is 48 in the middle and -1
    elsewhere: it answers where a pixel differs from its surroundings.

    >>> filters = line_filters()
    >>> filters.shape, filters.sum(axis=(1, 2)).tolist()
    ((4, 7, 7), [0.0, 0.0, 0.0, 0.0])
    """
    filters = np.full((4, 7, 7), -1, np.float32)
    filters[0, 3, :] = 6
    filters[1, :, 3] = 6
    np.fill_diagonal(filters[2], 6)
    filters[3, 3, 3] = 48
    return filters


def sobel() -> np.ndarray:
    """Return the two 3x3 Sobel filters: derivative along x, and along y.

    `[1, 2, 1]^T [-1, 0, 1]` and its transpose.

    >>> sobel()[0].tolist()
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    """
    return _derivatives([1, 2, 1])


def prewitt() -> np.ndarray:
    """Return the two 3x3 Prewitt filters: derivative along x, and along y.

    `[1, 1, 1]^T [-1, 0, 1]` and its transpose.

    >>> prewitt()[1].tolist()
    [[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    """
    return _derivatives([1, 1, 1])


def laplacian() -> np.ndarray:
    """Return the two 3x3 Laplacian filters: of the four neighbours, and of all eight.

    >>> laplacian()[:, 1].tolist()
    [[1.0, -4.0, 1.0], [1.0, -8.0, 1.0]]
    """
    four = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    eight = [[1, 1, 1], [1, -8, 1], [1, 1, 1]]
    return np.array([four, eight], np.float32)


def gabor(
    size: int = 15,
    wavelengths: Sequence[float] = (6.0,),
    orientations: int = 8,
    sigma: float | None = None,
    aspect: float = 0.5,
    phase: float = 0.0,
) -> np.ndarray:
    """Return a family of Gabor filters: `orientations` directions for each of the wavelengths.

    g(x, y) = exp(-(x'^2 + aspect^2 * y'^2) / (2 * sigma^2)) * cos(2 * pi * x' / wavelength + phase)
    x' = x cos(theta) + y sin(theta),  y' = -x sin(theta) + y cos(theta)   [Daugman 1985]

    (x, y) runs over whole pixels from the middle, x to the right and y downwards. theta = k * pi /
    orientations is the direction across the stripes: k = 0 gives upright stripes.

    Args:
        size: height and width of the filters, an odd number of pixels.
        wavelengths: distances between stripes in pixels.
        orientations: how many directions, evenly over half a turn.
        sigma: width of the Gaussian envelope in pixels; None takes 0.56 of each wavelength, a bandwidth of
            one octave.
        aspect: how much narrower the envelope is along the stripes; at 0.5 it is twice as long.
        phase: 0 for a bright stripe in the middle, pi / 2 for an edge, in radians.

    Returns:
        `(len(wavelengths) * orientations, size, size)` float32, all directions of the first wavelength first.

    Raises:
        InputError: an even size, or a length, number or aspect that is not positive.

    >>> gabor(size=5, orientations=4).shape
    (4, 5, 5)
    """
    if size < 1 or size % 2 == 0:
        raise InputError(f"the size of a Gabor filter must be an odd number of pixels, but it is {size}.")
    if (
        orientations < 1
        or aspect <= 0
        or (sigma is not None and sigma <= 0)
        or min(wavelengths, default=0) <= 0
    ):
        raise InputError(
            "wavelengths, orientations, sigma and aspect must be positive, but they are "
            f"{wavelengths}, {orientations}, {sigma} and {aspect}."
        )
    y, x = np.mgrid[-(size // 2) : size // 2 + 1, -(size // 2) : size // 2 + 1].astype(np.float64)
    filters = []
    for wavelength in wavelengths:
        width = 0.56 * wavelength if sigma is None else sigma
        for theta in np.arange(orientations) * np.pi / orientations:
            across = x * np.cos(theta) + y * np.sin(theta)
            along = -x * np.sin(theta) + y * np.cos(theta)
            envelope = np.exp(-(across**2 + (aspect * along) ** 2) / (2 * width**2))
            filters.append(envelope * np.cos(2 * np.pi * across / wavelength + phase))
    return np.array(filters, np.float32)


def _derivatives(smoothing: Sequence[int]) -> np.ndarray:
    along_x = np.outer(smoothing, [-1, 0, 1]).astype(np.float32)
    return np.stack([along_x, along_x.T])

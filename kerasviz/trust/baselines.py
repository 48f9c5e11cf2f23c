"""Maps that know nothing of the network: what a method has to beat before its map says anything."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np


def centre(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return a round spot in the middle: photographers put the object there.

    A Gaussian whose standard deviation is a quarter of each side.

    >>> centre(np.zeros((1, 3, 3, 1))).argmax()
    np.int64(4)
    """
    rows, columns = (
        np.exp(-0.5 * (((np.arange(length) + 0.5) / length - 0.5) / 0.25) ** 2)
        for length in images.shape[1:3]
    )
    spot = np.outer(rows, columns).astype(np.float32)
    return np.repeat(spot[None], len(images), axis=0)


def random(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return independent uniform noise in 0..1 for each pixel.

    >>> random(np.zeros((2, 3, 3, 1))).shape
    (2, 3, 3)
    """
    return np.random.default_rng(seed).random(images.shape[:3], dtype=np.float32)


def edges(images: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the strength of the edges: the length of the Sobel gradient of the mean over the channels.

    Adebayo et al. 2018 show that maps of some methods are little more than that.

    >>> step = np.zeros((1, 3, 4, 1)); step[:, :, 2:] = 1
    >>> edges(step)[0, 1].tolist()
    [0.0, 4.0, 4.0, 0.0]
    """
    maps = np.empty(images.shape[:3], np.float32)
    for found, image in zip(maps, images, strict=True):
        gray = image.mean(axis=-1, dtype=np.float32)
        slopes = [
            cv2.Sobel(gray, cv2.CV_32F, *order, borderType=cv2.BORDER_REPLICATE) for order in ((1, 0), (0, 1))
        ]
        found[:] = np.hypot(*slopes)
    return maps


# Name -> (images (N, h, w, C), seed) -> maps (N, h, w).
BASELINES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    function.__name__: function for function in (centre, random, edges)
}

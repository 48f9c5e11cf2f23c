"""Transforms: small random changes between the picture and the network, so that it is no accident of pixels.

Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017, section "Transformation robustness".
All transforms are affine maps of the plane. Those of one step are joined into one map, and the picture is
sampled once, linearly, with an exact gradient.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from kerasviz.errors import InputError

Size = tuple[int, int]
# What is seen outside a padded picture: the middle of the range.
GRAY = 0.5


class Transform(abc.ABC):
    """A random affine map, drawn anew for each step and the same for all pictures."""

    # Whether grey lies outside the picture; without, its edge goes on.
    pads = False

    @abc.abstractmethod
    def matrix(self, size: Size, rng: np.random.Generator) -> np.ndarray:
        """Return the 3 x 3 matrix from (y, x, 1) in what is seen to the place in the picture.

        Coordinates are pixels from the middle.
        """


@dataclass(frozen=True)
class Jitter(Transform):
    """Shift by a whole number of pixels up to `most`, each way."""

    most: int

    def __post_init__(self) -> None:
        _check(self.most >= 0, f"Jitter({self.most})", "0 pixels or more")

    def matrix(self, size: Size, rng: np.random.Generator) -> np.ndarray:
        """Return a translation."""
        found = np.eye(3)
        found[:2, 2] = rng.integers(-self.most, self.most + 1, 2)
        return found


@dataclass(frozen=True)
class Zoom(Transform):
    """Enlarge by a factor between `low` and `high` about the middle; below 1 is smaller."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _check(0 < self.low <= self.high, f"Zoom({self.low}, {self.high})", "0 < low <= high")

    def matrix(self, size: Size, rng: np.random.Generator) -> np.ndarray:
        """Return a scaling."""
        factor = 1 / rng.uniform(self.low, self.high)
        return np.diag([factor, factor, 1.0])


@dataclass(frozen=True)
class Rotate(Transform):
    """Turn about the middle by up to `most` degrees, each way."""

    most: float

    def __post_init__(self) -> None:
        _check(self.most >= 0, f"Rotate({self.most})", "0 degrees or more")

    def matrix(self, size: Size, rng: np.random.Generator) -> np.ndarray:
        """Return a rotation."""
        angle = np.radians(rng.uniform(-self.most, self.most))
        sine, cosine = np.sin(angle), np.cos(angle)
        return np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])


@dataclass(frozen=True)
class Pad(Transform):
    """Show the picture with a grey margin of `margin` of its pixels on each side, smaller by that."""

    margin: int
    pads = True

    def __post_init__(self) -> None:
        _check(self.margin >= 0, f"Pad({self.margin})", "0 pixels or more")

    def matrix(self, size: Size, rng: np.random.Generator) -> np.ndarray:
        """Return a scaling."""
        return np.diag([*((side + 2 * self.margin) / side for side in size), 1.0])


def default_transforms(size: Size) -> tuple[Transform, ...]:
    """Return a margin, shifts, turns and scales in proportion to the picture, for pictures of that size.

    >>> default_transforms((224, 224))
    (Pad(margin=11), Jitter(most=8), Zoom(low=0.92, high=1.08), Rotate(most=5.0), Jitter(most=4))
    """
    side = min(size)
    return Pad(side // 20), Jitter(side // 28), Zoom(0.92, 1.08), Rotate(5.0), Jitter(side // 56)


def sampling(
    transforms: Sequence[Transform], size: Size, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return how each seen pixel is mixed from the picture's: indices int32 and shares float32, (4, h w).

    The transforms are applied in their order, the first to the picture itself. Shares that are missing from 1
    are grey.

    >>> indices, shares = sampling([], (1, 2), np.random.default_rng(0))
    >>> indices[0].tolist(), shares[0].tolist(), bool(shares[1:].any())
    ([0, 1], [1.0, 1.0], False)
    """
    matrix = np.eye(3)
    for transform in transforms:
        matrix = matrix @ transform.matrix(size, rng)
    middle = (np.array(size) - 1) / 2
    seen = np.indices(size).reshape(2, -1) - middle[:, None]
    # Rounding away errors of 1e-12 keeps whole shifts whole.
    places = np.round((matrix @ np.vstack([seen, np.ones(seen.shape[1])]))[:2] + middle[:, None], 9)
    corner = np.floor(places)
    share = places - corner
    padded = any(transform.pads for transform in transforms)
    indices, shares = [], []
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        y, x = corner[0] + down, corner[1] + right
        part = (share[0] if down else 1 - share[0]) * (share[1] if right else 1 - share[1])
        if padded:
            part = part * ((y >= 0) & (y < size[0]) & (x >= 0) & (x < size[1]))
        indices.append(np.clip(y, 0, size[0] - 1) * size[1] + np.clip(x, 0, size[1] - 1))
        shares.append(part)
    return np.array(indices, np.int32), np.array(shares, np.float32)


def sampled(pictures: Any, indices: Any, shares: Any) -> Any:
    """Return pictures (N, h, w, C) as the sampling shows them, differentiable."""
    height, width, channels = pictures.shape[1:]
    flat = ops.reshape(pictures, (-1, height * width, channels))
    mixed = GRAY * (1 - ops.sum(shares, axis=0))[None, :, None]
    for corner in range(4):
        mixed = mixed + ops.take(flat, indices[corner], axis=1) * shares[corner][None, :, None]
    return ops.reshape(mixed, (-1, height, width, channels))


def _check(holds: bool, got: str, expected: str) -> None:
    if not holds:
        raise InputError(f"Got {got}; expected {expected}.")

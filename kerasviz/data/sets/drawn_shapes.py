"""The brushes of the generated shapes: outlines as distances, textures as products of waves."""

from __future__ import annotations

import math

import numpy as np

CLASS_NAMES = ("circle", "square", "triangle", "star")

# A shape's radius is that of the disk of the same area, as a share of the picture's shorter side.
_RADII = (0.17, 0.26)
# No outline reaches farther from its middle than a star's tip: 1.673 radii.
_REACH = 1.68
# Ranges of the red, green and blue of what is drawn; the shape is the lighter one, in every class alike.
_BACK = (20, 120)
_CLUTTER = (0, 130)
_FRONT = (140, 235)
_MARK = (255, 0, 255)


def draw_picture(
    shape: str, size: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of `shape`, uint8 `(h, w, 3)`, and its mask, bool `(h, w)`."""
    side = min(size)
    canvas = rng.uniform(*_BACK, 3) + _gradient(size, rng) + _texture(size, rng)
    for _ in range(rng.integers(2, 5)):
        _blend(canvas, _stroke(size, rng), rng.uniform(*_CLUTTER, 3))
    radius = side * rng.uniform(*_RADII)
    margin = _REACH * radius + 1
    y, x = _offsets(size, [rng.uniform(margin, length - margin) for length in size])
    angle = rng.uniform(0, 2 * math.pi)
    distance = radius * outline_distance(shape, *_turned(x / radius, y / radius, angle))
    _blend(canvas, _coverage(distance), rng.uniform(*_FRONT, 3) + _texture(size, rng))
    canvas += rng.integers(-12, 13, canvas.shape)
    return np.clip(np.rint(canvas), 0, 255).astype(np.uint8), distance < 0


def outline_distance(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return how far `(x, y)` lies outside the outline of `shape`, of area pi around 0; inside is negative.

    A polygon is where no half plane's distance is positive; a five-pointed star is where at most one is.
    """
    if shape == "circle":
        return np.sqrt(x * x + y * y) - 1
    sides = {"square": 4, "triangle": 3, "star": 5}[shape]
    turns = [2 * math.pi * side / sides for side in range(sides)]
    reach = np.stack([x * math.cos(turn) + y * math.sin(turn) for turn in turns])
    wedge = math.tan(math.pi / sides)
    if shape == "star":
        # The inner pentagon and five tips of height tan(36) tan(72) over half a side of tan(36).
        area = sides * (wedge + wedge**2 * math.tan(2 * math.pi / sides))
        return np.partition(reach, sides - 2, axis=0)[sides - 2] - math.sqrt(math.pi / area)
    return reach.max(axis=0) - math.sqrt(math.pi / (sides * wedge))


def draw_corner_mark(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Paint a small magenta square into one corner of `image`, in place, and return its mask."""
    height, width = image.shape[:2]
    side = max(3, round(min(height, width) / 10))
    top = 1 if rng.integers(2) else height - side - 1
    left = 1 if rng.integers(2) else width - side - 1
    mask = np.zeros((height, width), bool)
    mask[top : top + side, left : left + side] = True
    image[mask] = _MARK
    return mask


def _offsets(size: tuple[int, int], middle: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows `(h, 1)` and columns `(1, w)` of pixel centres, counted from `middle`."""
    y, x = (np.arange(length) + 0.5 - at for length, at in zip(size, middle, strict=True))
    return y[:, np.newaxis], x[np.newaxis, :]


def _turned(x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    cos, sin = math.cos(angle), math.sin(angle)
    return x * cos + y * sin, y * cos - x * sin


def _coverage(distance: np.ndarray) -> np.ndarray:
    """Return the share of each pixel that is inside, from the distance of its centre in pixels."""
    return np.clip(0.5 - distance, 0, 1)


def _blend(canvas: np.ndarray, coverage: np.ndarray, color: np.ndarray) -> None:
    """Paint `color`, `(3,)` or `(h, w, 3)`, onto `canvas` in place."""
    touched = np.flatnonzero(coverage)
    share = coverage.reshape(-1, 1)[touched]
    pixels = canvas.reshape(-1, 3)
    paint = color if color.ndim == 1 else color.reshape(-1, 3)[touched]
    pixels[touched] += share * (paint - pixels[touched])


def _gradient(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a plane through 0, rising in a random direction for each colour, within +-50."""
    y, x = _offsets(size, [size[0] / 2, size[1] / 2])
    slopes = rng.uniform(-50, 50, (2, 3))
    return (y / size[0])[..., np.newaxis] * slopes[0] + (x / size[1])[..., np.newaxis] * slopes[1]


def _texture(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return stripes, checks or a blend of both in a random colour, `(h, w, 3)` within +-30."""
    first, second = (_wave(size, rng) for _ in range(2))
    checked = rng.uniform(0, 1)
    pattern = first * (1 - checked + checked * second)
    return pattern[..., np.newaxis] * rng.uniform(-30, 30, 3)


def _wave(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return a sine wave `(h, w)` of random direction, phase, and 3 to 14 periods over the shorter side."""
    frequency = 2 * math.pi * rng.uniform(3, 14) / min(size)
    angle, phase = rng.uniform(0, 2 * math.pi, 2)
    a = np.arange(size[1]) * (frequency * math.cos(angle)) + phase
    b = (np.arange(size[0]) * (frequency * math.sin(angle)))[:, np.newaxis]
    # sin(a + b), from sines of rows and columns alone.
    return np.sin(a) * np.cos(b) + np.cos(a) * np.sin(b)


def _stroke(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Return the coverage `(h, w)` of a line or a long blob at a random place."""
    side = min(size)
    middle = [rng.uniform(0, length) for length in size]
    y, x = _offsets(size, middle)
    along, across = _turned(x, y, rng.uniform(0, math.pi))
    half_width = side * rng.uniform(0.008, 0.035)
    half_length = side * rng.uniform(0.15, 0.5)
    beyond = np.maximum(np.abs(along) - half_length, 0)
    return _coverage(np.sqrt(beyond * beyond + across * across) - half_width)

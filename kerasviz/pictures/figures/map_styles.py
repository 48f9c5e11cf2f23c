"""How the map of an explanation is drawn: over its picture, or alone where every pixel has its own value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from kerasviz.images import as_numbers
from kerasviz.pictures.colors import colorize, default_colormap
from kerasviz.pictures.heat import draw_box, draw_contour, fit_heatmap, overlay, strongest_box
from kerasviz.pictures.scale import Scale, all_zero, scale_of, sequential, symmetric


class MapStyle(Protocol):
    """How a map is drawn; `label` stands beside its colour bar."""

    @property
    def label(self) -> str:
        """What the values are."""

    def scale(self, heatmap: Any) -> Scale:
        """Return the values that the colours stand for."""

    def shows_nothing(self, heatmap: Any) -> bool:
        """Return whether no value of a map speaks for or against what is explained."""

    def draw(self, image: Any, heatmap: Any) -> np.ndarray:
        """Return the picture of a map, uint8 RGB of any size."""


@dataclass(frozen=True)
class CamStyle:
    """A map over its picture: its share in the mix, and what is outlined above `threshold` times its maximum.

    Attributes:
        alpha: 0.0 is the picture alone, 1.0 the map alone.
        contour: outline everything strong.
        box: frame the strongest region.
        threshold: what is strong, a share of the maximum.
        from_zero: whether the value 0 means nothing, and leaves the picture as it is. Where not (RISE), only
            differences within the map mean something: the scale begins at its smallest value, which leaves
            the picture as it is, and what is strong counts from there.
        label: beside the colour bar.
    """

    alpha: float = 0.5
    contour: bool = False
    box: bool = False
    threshold: float = 0.5
    from_zero: bool = True
    label: str = "CAM"

    def scale(self, heatmap: Any) -> Scale:
        """Return the scale from 0, or the smallest value, to the largest; around 0 for a signed map.

        >>> CamStyle().scale([[2.0, 3.0]]), CamStyle(from_zero=False).scale([[2.0, 3.0]])
        (Scale(low=0.0, high=3.0), Scale(low=2.0, high=3.0))
        """
        if self.from_zero:
            return scale_of(heatmap)
        low = _lowest(heatmap)
        return Scale(low, low + scale_of(as_numbers(heatmap) - low).high)

    def shows_nothing(self, heatmap: Any) -> bool:
        """Return whether a map is 0 everywhere; without `from_zero`, whether it is the same everywhere.

        >>> CamStyle().shows_nothing([[2.0, 2.0]]), CamStyle(from_zero=False).shows_nothing([[2.0, 2.0]])
        (False, True)
        """
        return all_zero(heatmap if self.from_zero else as_numbers(heatmap) - _lowest(heatmap))

    def draw(self, image: Any, heatmap: Any) -> np.ndarray:
        """Return the map on its picture, uint8 RGB of the picture's size.

        What is 0 is no evidence and leaves the picture as it is, see `overlay`.

        >>> CamStyle(alpha=1.0).draw(np.zeros((2, 2), "uint8"), np.zeros((1, 1))).shape
        (2, 2, 3)
        """
        if not self.from_zero:
            heatmap = as_numbers(heatmap) - _lowest(heatmap)
        drawn = overlay(image, heatmap, self.alpha, scale=scale_of(heatmap))
        if self.contour:
            drawn = draw_contour(drawn, heatmap, self.threshold)
        if self.box:
            box = strongest_box(heatmap, self.threshold, drawn.shape[:2])
            drawn = drawn if box is None else draw_box(drawn, box)
        return drawn


@dataclass(frozen=True)
class PixelStyle:
    """A map alone, each pixel in its colour; signed ones on a scale around 0.

    A few pixels are far stronger than the others, so that a scale over all values would show those alone.

    Attributes:
        percentile: of the values that the scale spans; what is beyond has the colours of its ends.
        label: beside the colour bar.
    """

    percentile: float = 99.5
    label: str = "attribution"

    def scale(self, heatmap: Any) -> Scale:
        """Return the scale up to the percentile, around 0 for a signed map."""
        return (symmetric if _lowest(heatmap) < 0 else sequential)(heatmap, self.percentile)

    def shows_nothing(self, heatmap: Any) -> bool:
        """Return whether a map is 0 everywhere."""
        return all_zero(heatmap)

    def draw(self, image: Any, heatmap: Any) -> np.ndarray:
        """Return the map in colours, uint8 RGB of its own size; the picture has no part in it.

        Raises:
            InputError: the map is not two-dimensional.

        >>> PixelStyle().draw(None, np.eye(4)).shape
        (4, 4, 3)
        """
        scale = self.scale(heatmap)
        return colorize(fit_heatmap(heatmap, np.shape(heatmap)), scale, default_colormap(scale))


def _lowest(heatmap: Any) -> float:
    values = as_numbers(heatmap)
    finite = values[np.isfinite(values)]
    return float(finite.min()) if finite.size else 0.0

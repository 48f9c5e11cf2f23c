"""Random changes of training pictures."""

from __future__ import annotations

from dataclasses import dataclass

from kerasviz.bounds import check_numbers


@dataclass(frozen=True)
class Augmentation:
    """Random changes of training pictures; everything is off by default.

    Attributes:
        flip: mirror every second picture, left to right.
        rotate: turn by an angle drawn evenly from -rotate..rotate degrees, 0..180.
        zoom: enlarge by a factor drawn evenly from 1 - zoom..1 + zoom, 0 <= zoom < 1.

    What comes in from outside the picture is the picture mirrored at its edge.
    """

    flip: bool = False
    rotate: float = 0.0
    zoom: float = 0.0

    def __post_init__(self) -> None:
        check_numbers(rotate=self.rotate, zoom=self.zoom)

    def __bool__(self) -> bool:
        return bool(self.flip or self.rotate or self.zoom)

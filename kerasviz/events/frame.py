"""What an event log holds: frames, and the tags they stand under."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kerasviz.events.meta import FrameMeta


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of one training step.

    Attributes:
        step: The optimizer step at which the picture was taken.
        tag: The name it is logged under, such as `"kernels/conv1_1"`.
        image: uint8 of shape `(h, w)`, or `(h, w, 3)` RGB.
        meta: What the writer recorded with it (scale, layer, tiles); empty, and false, for logs of other
            writers.
    """

    step: int
    tag: str
    image: np.ndarray
    meta: FrameMeta = field(default_factory=FrameMeta)

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.image.shape))
        return f"Frame({self.tag} at step {self.step}: {size} {self.image.dtype})"


@dataclass(frozen=True)
class TagInfo:
    """One tag of one run.

    Attributes:
        run: The run's folder below the opened one, `"."` for the opened folder itself.
        tag: The tag's name.
        kind: `"image"`, `"scalar"`, `"histogram"`, `"text"`, `"graph"`, or the name of another plugin.
        count: The number of different steps.
        first_step: The smallest step.
        last_step: The largest step.
        size: The `(width, height)` in pixels of the latest image as its record states it; else None.
        meta: What was recorded with an image, the first one of the latest file; empty for other writers.
    """

    run: str
    tag: str
    kind: str
    count: int
    first_step: int
    last_step: int
    size: tuple[int, int] | None = None
    meta: FrameMeta = field(default_factory=FrameMeta, compare=False, repr=False)


@dataclass(frozen=True, eq=False)
class EncodedFrame:
    """One picture as it lies in the log.

    Attributes:
        step: The optimizer step.
        wall_time: When it was written, in seconds since 1970.
        picture: A PNG file's bytes; of other writers, whatever they hold (JPEG, GIF).
        meta: What the writer recorded with it.
        version: A short text, another one when the picture of this step was replaced.
    """

    step: int
    wall_time: float
    picture: bytes
    meta: FrameMeta
    version: str

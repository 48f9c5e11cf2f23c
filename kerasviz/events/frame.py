"""What an event log holds: frames, the tags they stand under, and what was damaged."""

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
    """

    run: str
    tag: str
    kind: str
    count: int
    first_step: int
    last_step: int
    size: tuple[int, int] | None = None


@dataclass
class Damage:
    """What could not be read of a log. It is false when everything was whole, and `str()` is a sentence.

    Attributes:
        torn: The number of files that end inside a record, as a killed process leaves them.
        corrupt: The number of records (or stretches between records) whose checksum is wrong.
        undecodable: The pictures, `(run, tag, step)`, that were asked for and would not decode.

    >>> str(Damage(torn=1, corrupt=2))
    '1 file ends inside a record; 2 records have a wrong checksum'
    >>> bool(Damage())
    False
    """

    torn: int = 0
    corrupt: int = 0
    undecodable: set[tuple[str, str, int]] = field(default_factory=set)

    @property
    def total(self) -> int:
        """The number of records that are lost."""
        return self.torn + self.corrupt + len(self.undecodable)

    def __bool__(self) -> bool:
        return self.total > 0

    def __str__(self) -> str:
        parts = [
            (self.torn, "file ends inside a record", "files end inside a record"),
            (self.corrupt, "record has a wrong checksum", "records have a wrong checksum"),
            (len(self.undecodable), "picture does not decode", "pictures do not decode"),
        ]
        said = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
        return "; ".join(said) or "nothing is damaged"

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


@dataclass
class Damage:
    """What could not be read of a log. It is false when everything was whole, and `str()` is a sentence.

    Attributes:
        torn: The number of files that end inside a record, as a killed process leaves them.
        corrupt: The number of records (or stretches between records) whose checksum is wrong.
        unreadable: The files that could not be read, with the reason.
        undecodable: The pictures, `(run, tag, step)`, that were asked for and would not decode.

    >>> str(Damage(torn=1, corrupt=2))
    '1 file ends inside a record; 2 records have a wrong checksum'
    >>> bool(Damage())
    False
    """

    torn: int = 0
    corrupt: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)
    undecodable: set[tuple[str, str, int]] = field(default_factory=set)

    @property
    def total(self) -> int:
        """The number of records and files that are lost."""
        return self.torn + self.corrupt + len(self.unreadable) + len(self.undecodable)

    def __bool__(self) -> bool:
        return self.total > 0

    def __str__(self) -> str:
        why = next((f" ({name}: {reason})" for name, reason in self.unreadable.items()), "")
        parts = [
            (self.torn, "file ends inside a record", "files end inside a record"),
            (self.corrupt, "record has a wrong checksum", "records have a wrong checksum"),
            (len(self.unreadable), f"file cannot be read{why}", f"files cannot be read{why}"),
            (len(self.undecodable), "picture does not decode", "pictures do not decode"),
        ]
        said = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
        return "; ".join(said) or "nothing is damaged"

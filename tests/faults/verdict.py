"""What may go wrong with an input, and what went wrong with one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

TRACEBACK = "tracebacks"
HANG = "hangs"
MEMORY = "over 2 GB"
HALF_WRITTEN = "half-written"
OUTSIDE = "outside the target"
LOST = "lost"
TEMPORARY = "temporary files left"
LINES = "not one sentence"
FAULTS = (TRACEBACK, HANG, MEMORY, HALF_WRITTEN, OUTSIDE, LOST, TEMPORARY, LINES)

CPU_SECONDS = 20
MEMORY_BYTES = 2 * 2**30


@dataclass(frozen=True)
class Verdict:
    """What came of an input.

    Attributes:
        subject, number: which one it was.
        faults: those of `FAULTS` that it has; none where all is well.
        said: what was printed and raised.
        refused: whether the project refused it in a sentence.
    """

    subject: str
    number: int
    faults: tuple[str, ...]
    said: str
    refused: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> Verdict:
        return cls(**{**value, "faults": tuple(value["faults"])})

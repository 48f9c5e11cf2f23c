"""What a subject of the campaign is: it makes one input out of a seed, and says how it is used."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Place:
    """The folders of one input.

    Attributes:
        corpus: whole files that damaged ones are made of, shared and only read.
        inputs: what the subject writes; it must be the same after the run.
        out: where results go; what it holds before the run must still be there afterwards.
    """

    corpus: Path
    inputs: Path
    out: Path


# Uses the input. An int that it returns is an exit status; what it raises tells whether the project said what
# is wrong.
Run = Callable[[], Any]


@dataclass(frozen=True)
class Subject:
    """A kind of input.

    Attributes:
        name: on the command line and in the table.
        share: how many of 1000 inputs are of this kind.
        make: writes the input number so-and-so, which `Random` decides, and returns how to run it.
        together: how many inputs one process takes before it is replaced.
    """

    name: str
    share: int
    make: Callable[[random.Random, Place], Run]
    together: int = 100


def randomness(seed: int, subject: str, number: int) -> random.Random:
    """Return the generator that decides one input, whatever was drawn before it."""
    return random.Random(f"{seed} {subject} {number}")


def say(text: str) -> None:
    """Print what is tried, also where it is read when this process is ended."""
    print(text)
    with contextlib.suppress(OSError):  # where no file may grow, this one may not either
        os.write(2, text.encode(errors="backslashreplace") + b"\n")


def command(*arguments: object) -> Run:
    """Return a run of `kerasviz ARGUMENTS` inside this process."""

    def run() -> int:
        from kerasviz.cli import main

        say(f"kerasviz {' '.join(repr(str(argument))[:5000] for argument in arguments)}")
        return main([str(argument) for argument in arguments])

    return run

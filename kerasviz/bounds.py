"""What numbers may be: declared once by the name of the argument, for Python and for the command line."""

from __future__ import annotations

import math
import numbers
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerasviz.errors import InputError


@dataclass(frozen=True)
class Bounds:
    """What a number may be; NaN and infinity never.

    Attributes:
        type: int or float; a float may be given as a whole number.
        low: the smallest, or None.
        high: the largest, or None.
        above: whether `low` itself is left out.
        below: whether `high` itself is left out.

    >>> share = Bounds(float, 0, 1, above=True, below=True)
    >>> share.expected, Bounds(int, 1, 1_000_000).expected
    ('a number above 0 and below 1', 'a whole number from 1 to 1,000,000')
    """

    type: type
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False

    @property
    def expected(self) -> str:
        """What is allowed, in words."""
        kind = "a whole number" if self.type is int else "a number"
        low = "" if self.low is None else f"{'above' if self.above else 'of at least'} {_shown(self.low)}"
        high = "" if self.high is None else f"{'below' if self.below else 'at most'} {_shown(self.high)}"
        if low and high and not (self.above or self.below):
            return f"{kind} from {_shown(self.low)} to {_shown(self.high)}"
        if high and not (low or self.below):
            return f"{kind} of {high}"
        return f"{kind} {' and '.join(filter(None, (low, high)))}".rstrip()

    def found(self, value: Any) -> Any:
        """Return the value as an int or float, or None where it is no such number or out of bounds.

        >>> Bounds(int, 1).found(8), Bounds(int, 1).found(0), Bounds(float).found(float("nan"))
        (8, None, None)
        """
        kind = numbers.Integral if self.type is int else numbers.Real
        # NumPy's bool is none of the two.
        if isinstance(value, bool) or not isinstance(value, kind):
            return None
        try:
            number = self.type(value)
        except OverflowError:  # a whole number that no float holds
            return None
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not (low < number if self.above else low <= number):
            return None
        if not (number < high if self.below else number <= high):
            return None
        return number if self.type is int or math.isfinite(number) else None

    def read(self, name: str, text: str, instead: str = "") -> Any:
        """Return the number that a text says; `instead` is what may stand there otherwise, in words.

        Raises:
            InputError: it says none, or one out of bounds.

        >>> Bounds(float, 0).read("--rotate", "1e1")
        10.0
        """
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        try:
            number = self.found(self.type(text))
        except ValueError:
            number, shown = None, repr(shown)
        if number is None:
            expected = " or ".join(filter(None, (instead, self.expected)))
            raise InputError(f"{name} is {shown}; it must be {expected}.")
        return number


# Of an argument that says how many: more would fill the memory, or take for ever.
COUNT = Bounds(int, 1, 1_000_000)
_STEPS_BETWEEN = Bounds(int, 1, 2**31 - 1)
_RATE = Bounds(float, 0, above=True)
_SHARE = Bounds(float, 0, 1)
_LONGEST = 40

# By the name of the argument, which means the same wherever it stands, in Python and as a flag.
NUMBERS: Mapping[str, Bounds] = {
    # The largest that NumPy, TensorFlow and scikit-learn all take.
    "seed": Bounds(int, 0, 2**32 - 1),
    "batch_size": COUNT,
    "shard_size": COUNT,
    # Each is a process with the model in it.
    "workers": Bounds(int, 1, 1024),
    "count": COUNT,
    "pictures": COUNT,
    "train": COUNT,
    "validation": COUNT,
    # A square of more has more pixels than are read of a picture.
    "image_size": Bounds(int, 1, 8192),
    "epochs": COUNT,
    "initial_epoch": Bounds(int, 0),
    "steps": COUNT,
    "stages": COUNT,
    "mosaics": COUNT,
    "top": COUNT,
    "columns": COUNT,
    "components": COUNT,
    "every": _STEPS_BETWEEN,
    "watch_every": _STEPS_BETWEEN,
    "log_every": _STEPS_BETWEEN,
    # How many there are is known to who has them.
    "tile": Bounds(int),
    "channel": Bounds(int),
    "upscale": Bounds(int, 1),
    # Browsers show a GIF of a higher rate slowly.
    "fps": Bounds(float, 0, 50, above=True),
    "rate": _RATE,
    "learning_rate": _RATE,
    "fine_tuning_rate": _RATE,
    "hidden": COUNT,
    "head_epochs": COUNT,
    "blocks": COUNT,
    "dropout": Bounds(float, 0, 1, below=True),
    "pool_dropout": Bounds(float, 0, 1, below=True),
    "fc_dropout": Bounds(float, 0, 1, below=True),
    "rotate": Bounds(float, 0, 180),
    "zoom": Bounds(float, 0, 1, below=True),
    "split": Bounds(float, 0, 1, above=True, below=True),
    "alpha": _SHARE,
    "threshold": Bounds(float, 0, 1, above=True),
    "percentile": Bounds(float, 0, 100, above=True),
}


def check_numbers(**values: Any) -> None:
    """Check arguments against their bounds in `NUMBERS`.

    Raises:
        InputError: one is no number of its kind, or out of bounds.

    >>> check_numbers(seed=0, batch_size=0)
    Traceback (most recent call last):
    kerasviz.errors.InputError: batch_size is 0; it must be a whole number from 1 to 1,000,000.
    """
    for name, value in values.items():
        if NUMBERS[name].found(value) is None:
            raise InputError(f"{name} is {short(value)}; it must be {NUMBERS[name].expected}.")


def short(value: Any) -> str:
    """Return `repr(value)`, shortened where it is long; Python itself refuses numbers of 5,000 digits.

    >>> short(10**5000), short(3.5)
    ('a number of thousands of digits', '3.5')
    """
    try:
        return reprlib.repr(value)
    except ValueError:
        return "a number of thousands of digits"


def _shown(number: float | None) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"

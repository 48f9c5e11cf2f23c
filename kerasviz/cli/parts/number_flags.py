"""Flags that are numbers: of the bounds that are declared for the argument of their name."""

from __future__ import annotations

import argparse
from typing import Any

from kerasviz.bounds import NUMBERS, Bounds

# No class, channel or pixel has a number of more digits.
_MOST_DIGITS = 18


class Number(argparse.Action):
    """Reads a number within its bounds: `parser.add_argument("--epochs", action=Number, default=8)`.

    The bounds are those of the argument of the flag's name in `kerasviz.bounds`, or `bounds`. What is no such
    number is an `InputError` with the sentence that Python users get, no page of usage.
    """

    def __init__(self, option_strings: Any, dest: str, bounds: Bounds | None = None, **rest: Any) -> None:
        super().__init__(option_strings, dest, **rest)
        self.bounds = NUMBERS[dest] if bounds is None else bounds

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Set the number."""
        setattr(namespace, self.dest, self.bounds.read(option_string or self.dest, values))


def whole_number(text: str) -> int | None:
    """Return the number that a text of digits says, or None where it is something else.

    >>> whole_number("12"), whole_number("-1"), whole_number("1" * 5000)
    (12, None, None)
    """
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else None

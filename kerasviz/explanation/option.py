"""An option of a method, declared: its type, default and bounds, of which its check and its help are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasviz.bounds import Bounds, short
from kerasviz.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Option:
    """One option of a method.

    Attributes:
        name: as it is passed to `explain`.
        type: bool, int, float or str; `np.ndarray` for a number or an array of numbers; `dict` for a mapping;
            `tuple` for how tokens lie, two or three whole numbers.
        default: what counts where it is not passed. An option whose default is None may be None.
        help: what it does, in half a sentence.
        low: the smallest value of a number, or None.
        high: the largest value of a number, or None.
        open_ends: whether `low` and `high` themselves are left out.
        choices: the only values of a str.

    >>> share = Option("keep", float, 0.5, "how much is shown", low=0, high=1, open_ends=True)
    >>> share.expected
    'a number above 0 and below 1'
    >>> share.checked("rise", 1)
    Traceback (most recent call last):
    kerasviz.errors.InputError: keep is 1; rise takes a number above 0 and below 1 there.
    """

    name: str
    type: type
    default: Any
    help: str
    low: float | None = None
    high: float | None = None
    open_ends: bool = False
    choices: Sequence[str] = ()

    @property
    def bounds(self) -> Bounds:
        """What a number may be."""
        return Bounds(self.type, self.low, self.high, self.open_ends, self.open_ends)

    @property
    def expected(self) -> str:
        """What may be passed, in words."""
        kinds = {
            bool: "True or False",
            int: self.bounds.expected,
            float: self.bounds.expected,
            np.ndarray: "a number or an array of numbers",
            dict: "a mapping of options",
            tuple: "(rows, columns) or (rows, columns, extra)",
            str: " or ".join(filter(None, (", ".join(self.choices[:-1]), *self.choices[-1:]))),
        }
        words = kinds[self.type]
        return f"{words}, or None" if self.default is None else words

    def checked(self, method: str, value: Any) -> Any:
        """Return the value as the method takes it: whole numbers of any kind as int, numbers as float.

        Raises:
            InputError: another type, a number out of bounds or NaN, or none of the choices.
        """
        if value is None and self.default is None:
            return None
        is_number = self.type in (int, float)
        found = self.bounds.found(value) if is_number else _converted(self.type, value)
        if found is None or (self.choices and found not in self.choices):
            near = f" {did_you_mean(value, self.choices)}" if self.choices and isinstance(value, str) else ""
            raise InputError(f"{self.name} is {short(value)}; {method} takes {self.expected} there.{near}")
        return found


def _converted(kind: type, value: Any) -> Any:
    """Return the value as that type, or None where it is no such thing."""
    if kind is bool:
        return bool(value) if isinstance(value, bool | np.bool_) else None
    if kind is np.ndarray:
        try:
            return value if np.asarray(value).dtype.kind in "iuf" else None
        except ValueError:  # rows of different lengths
            return None
    if kind is dict:
        return dict(value) if isinstance(value, Mapping) else None
    if kind is tuple:
        return _grid(value)
    return value if isinstance(value, kind) else None


def _grid(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, tuple | list) or len(value) not in (2, 3):
        return None
    numbers = tuple(Bounds(int, 0).found(number) for number in value)
    return None if None in numbers or min(numbers[:2]) < 1 else numbers

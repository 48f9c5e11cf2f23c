"""An option of a method, declared: its type, default and bounds, of which its check and its help are made."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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
    def expected(self) -> str:
        """What may be passed, in words."""
        kinds = {
            bool: "True or False",
            int: "a whole number",
            float: "a number",
            np.ndarray: "a number or an array of numbers",
            dict: "a mapping of options",
            tuple: "(rows, columns) or (rows, columns, extra)",
            str: " or ".join(filter(None, (", ".join(self.choices[:-1]), *self.choices[-1:]))),
        }
        words = kinds[self.type]
        if self.low is not None:
            words += f" above {self.low:g}" if self.open_ends else f" of at least {self.low:g}"
        if self.high is not None:
            words += f" and below {self.high:g}" if self.open_ends else f" and at most {self.high:g}"
        return f"{words}, or None" if self.default is None else words

    def checked(self, method: str, value: Any) -> Any:
        """Return the value as the method takes it: whole numbers of any kind as int, numbers as float.

        Raises:
            InputError: another type, a number out of bounds or NaN, or none of the choices.
        """
        if value is None and self.default is None:
            return None
        found = _converted(self.type, value)
        if found is None or not self._allows(found):
            near = f" {did_you_mean(value, self.choices)}" if self.choices and isinstance(value, str) else ""
            raise InputError(f"{self.name} is {value!r}; {method} takes {self.expected} there.{near}")
        return found

    def _allows(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if self.type not in (int, float):
            return True
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not math.isfinite(value):
            return False
        return low < value < high if self.open_ends else low <= value <= high


def _converted(kind: type, value: Any) -> Any:
    """Return the value as that type, or None where it is no such thing."""
    is_bool = isinstance(value, bool | np.bool_)
    if kind is bool:
        return bool(value) if is_bool else None
    if kind is int:
        return int(value) if isinstance(value, int | np.integer) and not is_bool else None
    if kind is float:
        is_number = isinstance(value, int | float | np.integer | np.floating)
        return float(value) if is_number and not is_bool else None
    if kind is np.ndarray:
        return value if np.asarray(value).dtype.kind in "iuf" else None
    if kind is dict:
        return dict(value) if isinstance(value, Mapping) else None
    if kind is tuple:
        return _grid(value)
    return value if isinstance(value, kind) else None


def _grid(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, tuple | list) or len(value) not in (2, 3):
        return None
    numbers = tuple(number for number in value if _converted(int, number) is not None)
    if len(numbers) < len(value) or min(numbers[:2]) < 1 or min(numbers) < 0:
        return None
    return tuple(map(int, numbers))

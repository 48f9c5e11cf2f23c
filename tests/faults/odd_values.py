"""Odd values: of numbers, texts, paths and JSON, as flags, as Python values and inside files."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import numpy as np

WHOLE = (-1, 0, 1, 2, -(2**31), 2**31, 2**32, 2**63, -(2**63), 2**64, 10**30)
NUMBERS = (0.0, -0.0, 1.0, -1.0, 1e-320, 1e308, -1e308, float("nan"), float("inf"), float("-inf"))
TEXTS = (
    "",
    " ",
    "\t",
    ",",
    ",,",
    "-",
    "a",
    "0",
    "-1",
    "1e400",
    "nan",
    "٣",
    "½",
    "None",
    "True",
    "[]",
    "{}",
    "()",
    "[" * 300,
    "9" * 5000,
    "1" + "0" * 400,
    "%s%d%n",
    "{0}{a.b}",
    "$x^2$",
    "$\\frac{",
    "a\nb",
    "a\x1b[31mb",
    "\udcff",
    "\U0001f408",
    "a" * 300,
    "x" * 5000,
    "<script>alert(1)</script>",
    "*",
    "**",
    "[a-",
    "conv/../x",
    "(?",
)
PYTHON: tuple[Any, ...] = (
    None,
    True,
    b"bytes",
    3j,
    [],
    [1, [2]],
    (),
    {},
    {"a": 1},
    object(),
    np.float16(1),
    np.int8(-1),
    np.array([]),
    np.array([1, 2]),
    np.array(["a"]),
    np.full((2, 2), np.nan),
    np.array({}, dtype=object),
    *WHOLE,
    *NUMBERS,
    *TEXTS,
)


def as_text(rng: random.Random) -> str:
    """Return an odd value of any kind as a text, such as a flag takes."""
    return str(rng.choice((*WHOLE, *NUMBERS, *TEXTS)))


def paths(folder: Path) -> tuple[str, ...]:
    """Return odd paths to read from or to write to, all of them below `folder` or where nothing can be."""
    return (
        "",
        " ",
        "-",
        ".",
        str(folder),
        str(folder / "missing"),
        str(folder / "missing" / "deeper.png"),
        str(folder / ("n" * 300)),
        str(folder / "/".join(["d" * 100] * 50)),
        str(folder / "line\nbreak"),
        str(folder / "\udcff"),
        str(folder / "<b>$x$%s"),
        "/dev/null",
        "/dev/null/x",
        "/proc/self/x",
    )


def json_values(rng: random.Random) -> Any:
    """Return an odd JSON value."""
    deep: Any = []
    for _ in range(rng.choice((10, 200))):
        deep = [deep]
    return rng.choice((None, True, [], {}, [1, None], {"a": {}}, deep, *WHOLE, *NUMBERS, *TEXTS[:-1], "\0"))


def altered(rng: random.Random, value: Any) -> Any:
    """Return a JSON value with one to three of its parts replaced, removed, doubled or renamed."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 2, 3))):
        holders = list(_holders(value))
        if not holders:
            return json_values(rng)
        holder = rng.choice(holders)
        key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
        what = rng.random()
        if what < 0.55:
            holder[key] = json_values(rng)
        elif what < 0.7:
            del holder[key]
        elif what < 0.85:
            holder[key] = copy.deepcopy(rng.choice(holders))
        elif isinstance(holder, dict):
            holder[rng.choice(TEXTS)] = holder.pop(key)
        else:
            holder.extend(copy.deepcopy(holder))
    return value


def _holders(value: Any) -> Any:
    """Yield every list and dictionary inside a JSON value that holds something."""
    if isinstance(value, dict | list) and value:
        yield value
        for part in value.values() if isinstance(value, dict) else value:
            yield from _holders(part)

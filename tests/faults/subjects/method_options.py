"""Odd Python values for every option that a method of explanation declares, and for what `explain` takes."""

from __future__ import annotations

import functools
import random
from pathlib import Path
from typing import Any

import numpy as np

import kerasviz as kv
from faults.odd_values import PYTHON
from faults.subject import Place, Run, Subject, say
from kerasviz.explanation import METHODS

# How much is to be done; kept small where they are not odd themselves.
_WORK = {"masks": 4, "steps": 2, "samples": 2, "progress": False, "channels": None}
_ARGUMENTS = ("layer", "target", "input_range", "batch_size", "method")


def _make(rng: random.Random, place: Place) -> Run:
    method = rng.choice(METHODS)
    known = {option.name: option for option in method.options}
    options: dict[str, Any] = {}
    for name in ("masks", "steps", "samples", "progress"):
        if name in known:
            options[name] = _WORK[name]
    given: dict[str, Any] = {"method": method.name, "layer": None}
    for _ in range(rng.choice((1, 1, 2))):
        if known and rng.random() < 0.7:
            option = rng.choice(list(known.values()))
            options[option.name] = _odd(rng, option.name, option.choices)
        else:
            name = rng.choice(_ARGUMENTS)
            given[name] = rng.choice(PYTHON)
    seed = rng.randrange(2**31)

    def run() -> None:
        model = _model(place.corpus)
        pictures = np.random.default_rng(seed).integers(0, 255, (2, 16, 16, 3), np.uint8)
        say(f"{given} {options}"[:1000])
        found = kv.explain(model, pictures, given.pop("method"), **{**given, **options})
        assert found.maps.shape[0] == len(found.scores)
        repr(found)

    return run


def _odd(rng: random.Random, name: str, choices: Any) -> Any:
    if choices and rng.random() < 0.5:
        return rng.choice(list(choices))
    value = rng.choice(PYTHON)
    if name in _WORK and isinstance(value, int | float) and value > 10:
        return 1
    return value


@functools.cache
def _model(corpus: Path) -> Any:
    return kv.load_model(corpus / "model.keras")


SUBJECT = Subject("method-options", 70, _make, together=100)

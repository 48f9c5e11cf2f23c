"""The public names: how many, how they are called, and that a word means one thing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import kerasviz as kv

# Made by kerasviz, not by its users: what they hold is not counted.
RESULTS = {"Explanation"}
# Declared once and read often: a row of a table.
DECLARATIONS = {"Method"}
CALLABLES = {name: getattr(kv, name) for name in kv.__all__ if callable(getattr(kv, name))}
# Another word -> the one word for it.
SYNONYMS = {
    "directory": "out or log_dir",
    "filename": "out",
    "logdir": "log_dir",
    "class_index": "target",
    "label_names": "class_names",
    "batchsize": "batch_size",
    "size_range": "input_range",
    "value_range": "input_range",
    "pictures": "images",
    "img": "image",
}


def parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


def test_the_public_names_are_few() -> None:
    assert len(CALLABLES) <= 38


@pytest.mark.parametrize("name", sorted(set(CALLABLES) - RESULTS - DECLARATIONS))
def test_only_the_first_arguments_go_by_place(name: str) -> None:
    by_place = [p.name for p in parameters(CALLABLES[name]) if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(by_place) <= 3, f"{name} takes {by_place} by place"


@pytest.mark.parametrize("name", sorted(set(CALLABLES) - RESULTS))
def test_one_word_for_one_meaning(name: str) -> None:
    for parameter in parameters(CALLABLES[name]):
        assert parameter.name not in SYNONYMS, f"{name}({parameter.name}=): {SYNONYMS[parameter.name]}"

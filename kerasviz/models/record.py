"""What a model file holds beside the model: which pictures it takes, and what its classes are called."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz.errors import ModelFileError

# Beside the members that Keras writes, which passes over others when it reads.
_MEMBER = "kerasviz.json"
_NAMES = ("input_range", "class_names", "class_set")


def _is_list_of(kind: type | tuple[type, ...], value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, kind) for part in value)


# What a file may say, whoever wrote it.
_IS_OF_KIND: dict[str, Callable[[Any], bool]] = {
    "input_range": lambda value: _is_list_of((int, float), value) and len(value) == 2,
    "class_names": lambda value: _is_list_of(str, value),
    "class_set": lambda value: isinstance(value, str),
}


def write_record(model: keras.Model, path: Path) -> None:
    """Add the model's attributes of these names, those that it has, to its `.keras` file."""
    record: dict[str, Any] = {
        name: value if isinstance(value, str) else np.asarray(value).tolist()
        for name in _NAMES
        if (value := getattr(model, name, None)) is not None
    }
    if record:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(_MEMBER, json.dumps({"version": 1, **record}))


def read_record(model: keras.Model, path: Path) -> None:
    """Give the model the attributes that `write_record` added to its file.

    Raises:
        ModelFileError: the record is damaged.
    """
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        text = archive.read(_MEMBER) if _MEMBER in archive.namelist() else b"{}"
    try:
        record = json.loads(text)
        found = {name: record[name] for name in _NAMES if name in record}
        if wrong := [name for name, value in found.items() if not _IS_OF_KIND[name](value)]:
            raise ValueError(f"{wrong[0]} is not what it should be")
    # RecursionError: lists in lists without end.
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged: its {_MEMBER} is no record ({error}).") from error
    for name, value in found.items():
        setattr(model, name, value)


def copy_record(source: keras.Model, to: keras.Model) -> None:
    """Give the attributes of one model that `write_record` keeps to another."""
    for name in _NAMES:
        if getattr(source, name, None) is not None:
            setattr(to, name, getattr(source, name))

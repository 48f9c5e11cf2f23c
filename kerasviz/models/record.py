"""What a model file holds beside the model: which pictures it takes, and what its classes are called."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import keras

from kerasviz.errors import ModelFileError

# Beside the members that Keras writes, which passes over others when it reads.
_MEMBER = "kerasviz.json"
_NAMES = ("input_range", "class_names", "class_set")


def write_record(model: keras.Model, path: Path) -> None:
    """Add the model's attributes of these names, those that it has, to its `.keras` file."""
    record: dict[str, Any] = {
        name: value if isinstance(value, str) else list(value)
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
    except (ValueError, TypeError) as error:
        raise ModelFileError(f"{path} is damaged: its {_MEMBER} is no record ({error}).") from error
    for name, value in found.items():
        setattr(model, name, value)


def copy_record(source: keras.Model, to: keras.Model) -> None:
    """Give the attributes of one model that `write_record` keeps to another."""
    for name in _NAMES:
        if getattr(source, name, None) is not None:
            setattr(to, name, getattr(source, name))

"""What a model file holds beside the model: which pictures it takes, and what its classes are called."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz.errors import ModelFileError, one_line

# The member that says when the file was saved and by which Keras, and that Keras does not read again. A
# member of our own would be a fourth, for which Keras unpacks the whole archive at every load.
_METADATA = "metadata.json"
_KEY = "kerasviz"
# Where files written before have the record.
_OLD_MEMBER = "kerasviz.json"
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
            metadata = json.loads(archive.read(_METADATA))
            _replace(archive, _METADATA, json.dumps({**metadata, _KEY: {"version": 1, **record}}))


def _replace(archive: zipfile.ZipFile, name: str, text: str) -> None:
    """Give a member of an archive that is open for appending another text; the weights are not copied.

    The old text stays in the file as bytes that its directory no longer names.
    """
    archive.filelist.remove(archive.NameToInfo.pop(name))
    archive.writestr(name, text)


def read_record(model: keras.Model, path: Path) -> None:
    """Give the model the attributes that `write_record` added to its file.

    Raises:
        ModelFileError: the record is damaged.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        record = _record_in(path)
        found = {name: record[name] for name in _NAMES if name in record}
        if wrong := [name for name, value in found.items() if not _IS_OF_KIND[name](value)]:
            raise ValueError(f"{wrong[0]} is not what it should be")
    # AttributeError: metadata that is no dictionary. RecursionError: lists in lists without end.
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelFileError(
            f"{path} is damaged: its record of kerasviz is none ({one_line(error)})."
        ) from error
    for name, value in found.items():
        setattr(model, name, value)


def _record_in(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
        if _OLD_MEMBER in members:
            return json.loads(archive.read(_OLD_MEMBER))
        return json.loads(archive.read(_METADATA)).get(_KEY, {}) if _METADATA in members else {}


def copy_record(source: keras.Model, to: keras.Model) -> None:
    """Give the attributes of one model that `write_record` keeps to another."""
    for name in _NAMES:
        if getattr(source, name, None) is not None:
            setattr(to, name, getattr(source, name))

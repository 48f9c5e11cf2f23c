"""The model of a plan: what tells it from another one, and loaded once in a process."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np

from kerasviz.data import Listed
from kerasviz.errors import InputError, TargetError
from kerasviz.explanation import Method, find_method
from kerasviz.images import PictureForm
from kerasviz.models import find_class, load_model

if TYPE_CHECKING:
    from kerasviz.dataset_jobs.plan import Plan

_BLOCK = 1 << 20
_LOADING = threading.Lock()


class KnownModel(NamedTuple):
    """A model, how it takes pictures, and the method that explains it."""

    model: keras.Model
    form: PictureForm
    method: Method


def digest_of(model: keras.Model, source: str | None) -> str:
    """Return SHA-256 of a model's file or folder; without one of its configuration and weights.

    A file may be saved twice with the same weights, and differ: it says when it was saved.
    """
    digest = hashlib.sha256()
    path = None if source is None else Path(source)
    if path is not None and path.is_file():
        _add_file(digest, path)
    elif path is not None and path.is_dir():
        for inner in sorted(one for one in path.rglob("*") if one.is_file()):
            digest.update(f"{inner.relative_to(path).as_posix()}\0".encode(errors="backslashreplace"))
            _add_file(digest, inner)
    else:
        digest.update(_config(model).encode())
        for weight in model.weights:
            values = np.ascontiguousarray(keras.ops.convert_to_numpy(weight))
            digest.update(f"{values.dtype}{values.shape}".encode())
            digest.update(values.tobytes())
    return digest.hexdigest()


def known_model(plan: Plan) -> KnownModel:
    """Return the model of a plan that another process may have made, the same one as long as it is asked for.

    Raises:
        InputError: it was in the memory of that process, or is another one by now.
    """
    if plan.model is None:
        raise InputError(
            "The model of this plan was passed as an object, which other processes do not have: save it by "
            "kerasviz.models.save_model, and pass the file."
        )
    size = None if None in plan.picture_size else plan.picture_size
    given = plan.form["input_range"] if plan.form["known_from"] == "caller" else None
    with _LOADING:
        found = _loaded(plan.model, plan.allow, plan.model_digest)
    form = PictureForm.of(found, input_range=given, image_size=size)
    return KnownModel(found, form, find_method(plan.method))


class Classes:
    """The model's numbers of the classes that pictures have by name."""

    def __init__(self, names: Sequence[str] | None) -> None:
        self.names = names
        self._number = functools.lru_cache(maxsize=100_000)(self._found)

    def of(self, one: Listed) -> tuple[int, str | None]:
        """Return number and name of a picture's class: -1 where the model has none of that name, or None."""
        if one.label is None:
            return -1, None
        if isinstance(one.label, int):
            return one.label, self.name(one.label)
        return self._number(one.label), one.label

    def name(self, number: int) -> str | None:
        """Return the name of the model's class of a number; None where it keeps none."""
        return self.names[number] if self.names is not None and number < len(self.names) else None

    def _found(self, name: str) -> int:
        try:
            return -1 if self.names is None else find_class(name, self.names)
        except TargetError:
            return -1


@functools.lru_cache(maxsize=1)
def _loaded(source: str, allow: tuple[str, ...], digest: str) -> keras.Model:
    model = load_model(source, allow=allow)
    if digest_of(model, source) != digest:
        raise InputError(
            f"The model {source} is not the one that the plan was made with: choose another folder for its "
            "results."
        )
    return model


def _add_file(digest: hashlib._Hash, path: Path) -> None:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)


def _config(model: keras.Model) -> str:
    """Return the model's configuration as text, that of its layers' kinds where it has none."""
    try:
        return str(model.to_json())
    except (NotImplementedError, TypeError, ValueError):  # of a class that does not say it
        return json.dumps([type(layer).__name__ for layer in model.layers])

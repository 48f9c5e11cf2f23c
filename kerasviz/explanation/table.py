"""The methods that `explain` knows, by name: the CAM family here, others by registration."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.errors import InputError, did_you_mean
from kerasviz.probe import LayerRequest, Target


@dataclass(frozen=True)
class Request:
    """What `explain` was asked: its arguments, the target made an object."""

    model: keras.Model
    images: Any
    layer: LayerRequest | None
    target: Target
    raw: bool
    batch_size: int


# Takes a request and the method's own options; returns float32 attributions (N, ...).
Method = Callable[..., np.ndarray]

_METHODS: dict[str, Method] = {}


def register(name: str, method: Method) -> None:
    """Make `explain(model, images, method=name, **options)` call `method(request, **options)`.

    The method's keyword parameters are the options that users can pass. Registering a name again replaces it.

    >>> register("blank", lambda request, value=0.0: np.full((1, 2, 2), value, np.float32))
    >>> "blank" in methods()
    True
    >>> _METHODS.pop("blank") and None
    """
    _METHODS[name] = method


def methods() -> tuple[str, ...]:
    """Return the names of the registered methods, sorted."""
    return tuple(sorted(_METHODS))


def find(name: str, options: dict[str, Any]) -> Method:
    """Return the method, after checking that it takes these options.

    Raises:
        InputError: no such method, or an option that it does not have.
    """
    if name not in _METHODS:
        raise InputError(f"There is no method {name!r}. {did_you_mean(name, methods())}")
    method = _METHODS[name]
    if options:
        known = [p for p in inspect.signature(method).parameters if p != "request"]
        for option in options:
            if option not in known:
                raise InputError(f"Method {name} has no option {option!r}. {did_you_mean(option, known)}")
    return method

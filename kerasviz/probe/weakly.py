"""Functions of users in the keys of a cache, which must not keep them, and what they refer to, alive."""

from __future__ import annotations

import types
import weakref
from collections.abc import Callable, Hashable
from typing import Any


def weakly(function: Callable[..., Any]) -> Hashable:
    """Return what equals itself for the same function, and does not keep it alive.

    >>> weakly(print) == weakly(print), weakly(print) == weakly(len)
    (True, False)
    """
    if isinstance(function, types.MethodType):
        return weakref.WeakMethod(function)
    try:
        return weakref.ref(function)
    except TypeError:  # Such an object lives as long as the key: there is no other way to know it again.
        return function


def called_weakly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what calls the function, which must still exist then, and does not keep it alive.

    >>> called_weakly(len)([1, 2])
    2
    """
    reference = weakly(function)
    if not isinstance(reference, weakref.ref):
        return function

    def call(*arguments: Any) -> Any:
        found = reference()
        if found is None:
            raise ReferenceError("The function no longer exists.")
        return found(*arguments)

    return call


def is_gone(key: Any) -> bool:
    """Return whether a function of which a key, a tuple of tuples, was made exists no more.

    >>> is_gone(("callable", weakly(lambda outputs: outputs))), is_gone(("callable", weakly(print)))
    (True, False)
    """
    if isinstance(key, tuple):
        return any(map(is_gone, key))
    return isinstance(key, weakref.ref) and key() is None

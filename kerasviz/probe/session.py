"""The session of a model: every function that was compiled for it, in one bounded cache, held weakly."""

from __future__ import annotations

import collections
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import keras

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine import Weights, engine
from kerasviz.probe.structure import Structure
from kerasviz.probe.weakly import is_gone

T = TypeVar("T")

# Functions kept per model. A new lambda as target is a new function each time.
KEPT = 32
# Structures told apart: a model that is changed to and fro finds its functions again.
_STRUCTURES = 3


class Session:
    """What was compiled and found out for one model; of more than `KEPT`, those used last are kept.

    The model is held weakly, and must be by whatever is kept. Get one with `session_of`.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = weakref.ref(model)
        self._lock = threading.RLock()
        self._kept: collections.OrderedDict[tuple, Any] = collections.OrderedDict()
        self._structures: list[tuple[int, Structure]] = []
        self._number = 0
        self._weights: Weights | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def __repr__(self) -> str:
        model = self._model()
        return f"<Session of {model.name if model else 'a model that is gone'}: {len(self)} kept>"

    def model(self) -> keras.Model:
        """Return the model, which must still exist."""
        model = self._model()
        if model is None:
            raise UnsupportedModelError("The model no longer exists: keep a reference to it.")
        return model

    def kept(self, key: tuple, make: Callable[[keras.Model], T]) -> T:
        """Return what `make(model)` returned for this key, and this structure of the model, before or now.

        The key is a tuple of what decides about the result beside the model; users' functions stand in it
        `weakly`. The model must be built.
        """
        model = self.model()
        with self._lock:
            whole = (self._structure(model), key)
            if whole in self._kept:
                self._kept.move_to_end(whole)
                return self._kept[whole]
            made = make(model)
            self._kept[whole] = made
            for old in [old for old in self._kept if is_gone(old[1])]:
                del self._kept[old]
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return made

    def layers(self) -> int:
        """Return how many layers the model has, those of nested models counted."""
        with self._lock:
            if not self._structures:
                self._structure(self.model())
            return len(self._structures[-1][1])

    def look_at_weights(self) -> Weights:
        """Return the weights of the model now.

        Where they have changed since the last look, what was kept under a key that begins with `"frozen"` is
        forgotten: it was compiled with them.
        """
        model = self.model()
        with self._lock:
            if self._weights is None:
                self._weights = engine().weights(model)
            elif self._weights.renew(model):
                self._drop(lambda _, key: key[0] == "frozen")
            return self._weights

    def weights(self) -> Weights:
        """Return the weights of the model at the last look."""
        with self._lock:
            return self.look_at_weights() if self._weights is None else self._weights

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._structures.clear()
            self._weights = None

    def _structure(self, model: keras.Model) -> int:
        """Return the number of the structure that the model has now."""
        for number, structure in reversed(self._structures):
            if structure.fits():
                return number
        self._number += 1
        self._structures = [*self._structures, (self._number, Structure(model))][-_STRUCTURES:]
        numbers = {number for number, _ in self._structures}
        self._drop(lambda number, _: number not in numbers)
        return self._number

    def _drop(self, which: Callable[[int, tuple], bool]) -> None:
        for old in [old for old in self._kept if which(*old)]:
            del self._kept[old]


_SESSIONS: weakref.WeakKeyDictionary[keras.Model, Session] = weakref.WeakKeyDictionary()


def session_of(model: keras.Model) -> Session:
    """Return the session of a model, the same one as long as the model lives."""
    session = _SESSIONS.get(model)
    if session is None:
        session = _SESSIONS.setdefault(model, Session(model))
    return session


def clear_caches() -> None:
    """Forget every function that was compiled for any model, and free what they hold.

    They are kept as long as their model lives, a bounded number for each, and dropped with it. Clearing them
    by hand is for what shall be measured from the start, or where memory is short. All goes on working; the
    next call compiles anew.

    >>> clear_caches()
    """
    for session in list(_SESSIONS.values()):
        session.clear()
    engine().clear()

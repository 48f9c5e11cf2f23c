"""What a model looked like when a function was compiled of it, and whether it still looks so."""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import keras

from kerasviz.probe.layers import walk_operations

# Attributes of a model that change while it is trained, or say nothing of what it computes.
_OF_TRAINING = {
    "autocast",
    "build",
    "built",
    "call_signature_parameters",
    "compiled",
    "history",
    "loss",
    "loss_weights",
    "name",
    "optimizer",
    "output_names",
    "predict_function",
    "quantize",
    "steps_per_execution",
    "stop_training",
    "supports_jit",
    "test_function",
    "train_function",
    "unrolled_steps_per_execution",
}
# What tells how a weight begins and is trained.
_OF_WEIGHTS = ("_initializer", "_regularizer", "_constraint")
# What Keras keeps under a private name and a compiled function depends on.
_PRIVATE = ("_dtype_policy", "_functional", "quantization_mode")
_LISTS = ("_layers", "_trainable_variables", "_non_trainable_variables")
_PLAIN = (bool, int, float, complex, str, bytes, type(None), tuple)

_WeakRef = Callable[[Any], Any]


class Structure:
    """A model's layers and operations, their settings and variables at one moment; not the variables' values.

    A compiled function goes on computing what the model computed when it was traced. It is void when a layer
    was added, taken away or exchanged, when an attribute of one was set anew (`layer.activation = ...`), or
    when a variable was replaced. `trainable` counts in layers that are not Keras's own: those compute the
    same in inference, whether frozen or not.

    Nothing of the model is kept alive by this, save numbers, strings and tuples.
    """

    def __init__(self, model: keras.Model) -> None:
        self._gone = False
        layers = [model, *(place.layer for place in walk_operations(model))]
        self._parts = [_Part(layer, self._weak) for layer in layers]

    def __len__(self) -> int:
        return len(self._parts)

    def fits(self) -> bool:
        """Return whether the model still looks so."""
        # Where an object has died, another may have taken its place in memory, and with it its identity.
        return not self._gone and all(part.fits() for part in self._parts)

    def _weak(self, value: Any) -> Any:
        return weakref.ref(value, self._forget)

    def _forget(self, _: Any) -> None:
        self._gone = True


class _Part:
    """One layer or operation: the identities of what its attributes refer to."""

    def __init__(self, layer: keras.Operation, weak: _WeakRef) -> None:
        values = vars(layer)
        names = [name for name in values if name in _PRIVATE or _counts(name)]
        if "_trainable" in values and not type(layer).__module__.startswith("keras."):
            names.append("_trainable")
        # Those that a bare operation does not have; they stand last.
        lists = [name for name in _LISTS if name in values]
        self._layer = weak(layer)
        self._lists = slice(len(names), None)
        self._read = _reader([*names, *lists])
        found = self._read(values)
        self._attributes = tuple(map(id, found))
        self._plain = [value if isinstance(value, _PLAIN) else None for value in found]
        self._members = self._members_of(found)
        objects = [value for value in found if not isinstance(value, _PLAIN)]
        objects += [member for group in found[self._lists] for member in group]
        self._alive = [weak(value) for value in objects if getattr(type(value), "__weakrefoffset__", 0)]

    def fits(self) -> bool:
        layer = self._layer()
        if layer is None:
            return False
        try:
            found = self._read(vars(layer))
        except KeyError:
            return False
        attributes = tuple(map(id, found))
        same = attributes == self._attributes or self._equals(found, attributes)
        return same and self._members_of(found) == self._members

    def _members_of(self, found: tuple) -> list[int]:
        """Return the identities of what the lists hold."""
        return [id(member) for group in found[self._lists] for member in group]

    def _equals(self, found: tuple, attributes: tuple) -> bool:
        """Return whether all that has another identity is a plain value, and the same one."""
        pairs = zip(found, attributes, self._attributes, self._plain, strict=True)
        return all(
            a == b or (isinstance(value, _PLAIN) and type(value) is type(plain) and value == plain)
            for value, a, b, plain in pairs
        )


def _counts(name: str) -> bool:
    return name[0] != "_" and name not in _OF_TRAINING and not name.endswith(_OF_WEIGHTS)


def _reader(names: Sequence[str]) -> Callable[[dict[str, Any]], tuple]:
    """Return what reads these attributes, however few."""
    if len(names) > 1:
        return operator.itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)

"""What layers return while a model runs, kept at the asked calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.probe.layers import CallPath


class Recorder:
    """Keeps what the asked calls return while a model runs with their layers tapped.

    Args:
        calls: the asked ones.
        own: makes of a tensor one of its own with the same values: some layers return their very input.
        is_hidden: whether a tensor belongs to a loop, or to a function compiled on its own.
    """

    def __init__(
        self, calls: Sequence[CallPath], own: Callable[[Any], Any], is_hidden: Callable[[Any], bool]
    ) -> None:
        self._calls = calls
        self._own = own
        self._is_hidden = is_hidden
        self._seen: dict[int, dict[int, Any]] = {}

    @property
    def layers(self) -> list[keras.Operation]:
        """The layers to be tapped."""
        return [call.place.layer for call in self._calls]

    def note(self, layer: keras.Operation, call: int, value: Any) -> Any:
        """Keep what one call of one layer returns."""
        if any(c.place.layer is layer and c.call in (None, call) for c in self._calls):
            value = distinct(value, self._own)
        self._seen.setdefault(id(layer), {})[call] = value
        return value

    def outputs(self) -> dict[str, Any]:
        """Return `{path: what that call returned}`.

        Raises:
            UnsupportedModelError: a call does not happen, returns no tensor, or is hidden elsewhere.
            InputError: a layer runs several times and the request does not say which.
        """
        return {call.path: self._output(call) for call in self._calls}

    def _output(self, wanted: CallPath) -> Any:
        path, seen = wanted.place.path, self._seen.get(id(wanted.place.layer), {})
        if not seen:
            raise UnsupportedModelError(
                f"Layer {path} is not called when the model runs, or only inside a function compiled on its "
                "own: ask for another."
            )
        if wanted.call is None and len(seen) > 1:
            raise InputError(
                f"Layer {path} is called {len(seen)} times: ask for one call, "
                f"{path}:0 to {path}:{len(seen) - 1}."
            )
        if wanted.call is not None and wanted.call not in seen:
            raise InputError(f"Layer {path} is called {len(seen)} times: call {wanted.call} does not exist.")
        value = seen[wanted.call or 0]
        if not keras.ops.is_tensor(value):
            raise UnsupportedModelError(
                f"Layer {path} returns a {type(value).__name__}, not a tensor: ask for one in or after it."
            )
        if self._is_hidden(value):
            raise UnsupportedModelError(
                f"Layer {path} runs inside a loop or inside a function compiled on its own, which hides it: "
                "ask for a layer outside it."
            )
        return value


def distinct(value: Any, own: Callable[[Any], Any]) -> Any:
    """Return what `own` makes of a tensor, with the mask that Keras put on it; all else as it is."""
    if not keras.ops.is_tensor(value):
        return value
    mask = getattr(value, "_keras_mask", None)
    value = own(value)
    if mask is not None:
        value._keras_mask = mask
    return value

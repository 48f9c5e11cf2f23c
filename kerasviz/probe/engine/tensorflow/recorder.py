"""What layers return while a model is traced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.probe.layers import CallPath


class Recorder:
    """Keeps what the asked calls return while a model runs with their layers tapped."""

    def __init__(self, calls: Sequence[CallPath]) -> None:
        self._calls = calls
        self._seen: dict[int, dict[int, Any]] = {}

    @property
    def layers(self) -> list[keras.Operation]:
        """The layers to be tapped."""
        return [call.place.layer for call in self._calls]

    def note(self, layer: keras.Operation, call: int, value: Any) -> Any:
        """Keep what one call of one layer returns."""
        if any(c.place.layer is layer and c.call in (None, call) for c in self._calls):
            value = distinct(value)
        self._seen.setdefault(id(layer), {})[call] = value
        return value

    def outputs(self) -> dict[str, tf.Tensor]:
        """Return `{path: what that call returned}`.

        Raises:
            UnsupportedModelError: a call does not happen, returns no tensor, or is hidden elsewhere.
            InputError: a layer runs several times and the request does not say which.
        """
        graph = tf.compat.v1.get_default_graph()
        return {call.path: self._output(call, graph) for call in self._calls}

    def _output(self, wanted: CallPath, graph: tf.Graph) -> tf.Tensor:
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
        if not tf.is_tensor(value):
            raise UnsupportedModelError(
                f"Layer {path} returns a {type(value).__name__}, not a tensor: ask for one in or after it."
            )
        if value.graph is not graph:
            raise UnsupportedModelError(
                f"Layer {path} runs inside a loop or inside a function compiled on its own, which hides it: "
                "ask for a layer outside it."
            )
        return value


def distinct(value: Any) -> Any:
    """Return the same values as a tensor of their own: some layers return their very input."""
    if not tf.is_tensor(value):
        return value
    mask = getattr(value, "_keras_mask", None)
    value = tf.identity(value)
    if mask is not None:
        value._keras_mask = mask
    return value

"""The tap: read, and replace, what a layer returns while somebody else runs the model."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras

OnCall = Callable[[keras.layers.Layer, int, Any], Any]

# Taps are put in place while a model is traced, which happens once per signature; one at a time.
_LOCK = threading.RLock()


@contextlib.contextmanager
def tapped(layers: Iterable[keras.layers.Layer], on_call: OnCall) -> Iterator[None]:
    """Within the block, hand every output of `layers` to `on_call(layer, call, output)`.

    `call` counts the calls of that layer from 0. What `on_call` returns is passed on in the output's place.
    Calls from other threads pass untouched. The layers are restored when the block ends, after errors too:
    no attribute is left behind and no layer is rebuilt, renamed or connected anew.

    >>> import keras, numpy as np
    >>> layer = keras.layers.ReLU()
    >>> with tapped([layer], lambda _, call, output: output + 10 * call):
    ...     [float(layer(np.ones((1, 1)))[0, 0]) for _ in range(2)]
    [1.0, 11.0]
    >>> "call" in vars(layer)
    False
    """
    thread = threading.get_ident()
    with _LOCK, contextlib.ExitStack() as restore:
        for layer in {id(layer): layer for layer in layers}.values():
            name = "quantized_call" if getattr(layer, "quantization_mode", None) else "call"
            wrapped = _wrap(layer, getattr(layer, name), on_call, thread)
            restore.callback(_put_back, layer, name, vars(layer).get(name))
            # Not setattr: Keras tracks what is set on a layer.
            vars(layer)[name] = wrapped
        yield


def _wrap(layer: keras.layers.Layer, call: Callable, on_call: OnCall, thread: int) -> Callable:
    calls = iter(range(1_000_000))

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        output = call(*args, **kwargs)
        if threading.get_ident() != thread:
            return output
        return on_call(layer, next(calls), output)

    return wrapped


def _put_back(layer: keras.layers.Layer, name: str, own: Callable | None) -> None:
    if own is None:
        vars(layer).pop(name, None)
    else:
        vars(layer)[name] = own

"""The tap: read, and replace, what a layer or operation returns or does while others run the model."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras

OnCall = Callable[[keras.Operation, int, Any], Any]
# (layer, its call) -> what is called instead.
Make = Callable[[keras.Operation, Callable[..., Any]], Callable[..., Any]]

# Taps are put in place while a model is traced, which happens once per signature; one at a time.
_LOCK = threading.RLock()


@contextlib.contextmanager
def tapped(layers: Iterable[keras.Operation], on_call: OnCall) -> Iterator[None]:
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

    def counted(layer: keras.Operation, call: Callable[..., Any]) -> Callable[..., Any]:
        calls = itertools.count()
        return lambda *args, **kwargs: on_call(layer, next(calls), call(*args, **kwargs))

    with replaced(layers, counted):
        yield


@contextlib.contextmanager
def replaced(layers: Iterable[keras.Operation], make: Make) -> Iterator[None]:
    """Within the block, let every one of `layers` run `make(layer, call)` in place of its own `call`.

    Threads and the end of the block as for `tapped`.
    """
    with _LOCK, contextlib.ExitStack() as restore:
        for layer in {id(layer): layer for layer in layers}.values():
            name = "quantized_call" if getattr(layer, "quantization_mode", None) else "call"
            call = getattr(layer, name)
            restore.callback(_put_back, layer, name, vars(layer).get(name))
            # Not setattr: Keras tracks what is set on a layer.
            vars(layer)[name] = _in_this_thread(make(layer, call), call)
        yield


def _in_this_thread(replacement: Callable[..., Any], call: Callable[..., Any]) -> Callable[..., Any]:
    thread = threading.get_ident()

    def run(*args: Any, **kwargs: Any) -> Any:
        return (replacement if threading.get_ident() == thread else call)(*args, **kwargs)

    return run


def _put_back(layer: keras.Operation, name: str, own: Callable | None) -> None:
    if own is None:
        vars(layer).pop(name, None)
    else:
        vars(layer)[name] = own

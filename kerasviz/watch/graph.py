"""The two graphs of a model for TensorBoard: the forward function's operations, and Keras's layers."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable

import keras

from kerasviz.errors import UnsupportedModelError
from kerasviz.events import EventLog
from kerasviz.probe import walk


def log_graphs(model: keras.Model, log: EventLog) -> None:
    """Log both graphs of a built `model`, each where the model and the backend have it.

    A subclassed model has no graph of layers, and the forward function's exists on TensorFlow only; what is
    missing is left out.
    """
    if keras.backend.backend() == "tensorflow":
        with contextlib.suppress(UnsupportedModelError):
            log.graph(forward_graph(model))
    if isinstance(model, keras.Sequential) or hasattr(model, "operations"):
        log.keras_graph(model.to_json())


def forward_graph(model: keras.Model) -> bytes:
    """Return the forward function, dropout included, as a serialized GraphDef with one scope per layer.

    Raises:
        UnsupportedModelError: the shape of the model's input is unknown.
    """
    from kerasviz.watch import _tensorflow

    graph = _tensorflow.forward_graph_def(model)
    names = scope_names(
        (node.name for node in graph.node), [place.layer.name for place in walk(model)], model.name
    )
    for node in graph.node:
        node.name = names[node.name]
        for index, source in enumerate(node.input):
            # A node's name, "^" before it where it is only waited for, ":1" behind it for its second output.
            name, colon, port = source.lstrip("^").partition(":")
            node.input[index] = f"{'^' * source.startswith('^')}{names[name]}{colon}{port}"
        # Colocation names other nodes too; the graph is read, never run, and can do without.
        node.attr.pop("_class", None)
    return graph.SerializeToString()


def scope_names(names: Iterable[str], layers: Iterable[str], model: str) -> dict[str, str]:
    """Return what to call each node so that every layer is one scope of its own name.

    TensorFlow numbers a scope that is entered again (`pets_cnn_1/conv1_1_1/Relu`), and puts the model's
    around all. A layer that is called twice has two scopes, and the second keeps its number.

    >>> scope_names(["x", "net_1/conv_1_1/Relu", "net_1/conv_1_1/Relu_1"], ["conv_1"], "net")
    {'x': 'x', 'net_1/conv_1_1/Relu': 'conv_1/Relu', 'net_1/conv_1_1/Relu_1': 'conv_1/Relu_1'}
    """
    names = list(names)
    scopes = _Scopes(set(layers), model, names)
    renamed: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        *parents, leaf = name.split("/")
        short = "/".join([*scopes.named(tuple(parents)), leaf])
        renamed[name] = short if short not in taken else name
        taken.add(renamed[name])
    return renamed


class _Scopes:
    """What each scope of a graph is called."""

    def __init__(self, layers: set[str], model: str, names: list[str]) -> None:
        self._layers = layers
        self._model = re.compile(rf"{re.escape(model)}(_\d+)?")
        self._named: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
        self._taken: set[tuple[str, ...]] = set()
        split = (name.split("/") for name in names)
        inner = {parts[1] for parts in split if len(parts) > 2 and self._model.fullmatch(parts[0])}
        # Where all are numbered, `conv_1` is the layer `conv`, also where there is a layer `conv_1`.
        self._numbered = all(part not in layers or self._without_number(part) in layers for part in inner)

    def named(self, scope: tuple[str, ...]) -> tuple[str, ...]:
        """Return the new name of a scope, in its parts."""
        if scope not in self._named:
            parent = self.named(scope[:-1])
            if len(scope) == 1 and self._model.fullmatch(scope[0]):
                self._named[scope] = ()
                return ()
            choices = [(*parent, self._layer(scope[-1])), (*parent, scope[-1]), scope]
            free = [choice for choice in choices if choice not in self._taken]
            self._named[scope] = free[0] if free else scope
            self._taken.add(self._named[scope])
        return self._named[scope]

    def _layer(self, part: str) -> str:
        """Return the layer that a part of a scope names, or the part."""
        exact, counted = part in self._layers, self._without_number(part)
        if counted in self._layers and (self._numbered or not exact):
            return counted
        return part

    def _without_number(self, part: str) -> str | None:
        return part[: found.start()] if (found := re.search(r"_\d+$", part)) else None

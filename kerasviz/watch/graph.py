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
    around all.

    >>> scope_names(["x", "net_1/conv_1_1/Relu", "net_1/conv_1_1/Relu_1"], ["conv_1"], "net")
    {'x': 'x', 'net_1/conv_1_1/Relu': 'conv_1/Relu', 'net_1/conv_1_1/Relu_1': 'conv_1/Relu_1'}
    """
    known = set(layers)
    renamed: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        parts = name.split("/")
        if len(parts) > 1 and re.fullmatch(rf"{re.escape(model)}(_\d+)?", parts[0]):
            parts = parts[1:]
        scopes = [_layer_name(part, known) for part in parts[:-1]]
        short = "/".join([*scopes, parts[-1]])
        # A layer that is called twice has two scopes, and keeps the number of the second.
        renamed[name] = short if short not in taken else name
        taken.add(renamed[name])
    return renamed


def _layer_name(scope: str, known: set[str]) -> str:
    if scope in known:
        return scope
    stripped = re.sub(r"_\d+$", "", scope)
    return stripped if stripped in known else scope

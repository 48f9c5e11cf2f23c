"""Layer paths: which layers a model has, what they are called, and which of them a request means.

Between the layers of a functional model stand bare operations: `a + b` and `keras.ops.relu(a)` of symbolic
tensors are steps of its graph with names of their own ("add_3"), which `model.summary()` lists beside the
layers. They have paths too. What the `call` of a layer or of a subclassed model computes has none.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import keras
import numpy as np

from kerasviz.errors import InputError, LayerNotFoundError, UnsupportedModelError, did_you_mean

Children: TypeAlias = Callable[[keras.Operation], list[keras.Operation]]
LayerRequest: TypeAlias = str | int | keras.Operation

# Layers that run what they hold once per step of a loop: its outputs do not exist outside the loop.
_LOOPS = (keras.layers.TimeDistributed, keras.layers.Bidirectional, keras.layers.RNN)


@dataclass(frozen=True)
class Place:
    """One layer or bare operation of a model: its path, itself, and the loop it runs in, if it does."""

    path: str
    layer: keras.Operation
    loop: str | None = None

    @property
    def is_bare(self) -> bool:
        """Whether it is an operation, not a layer."""
        return not isinstance(self.layer, keras.layers.Layer)


@dataclass(frozen=True)
class CallPath:
    """One call of one layer: `call` is None where the request did not say which of several."""

    path: str
    place: Place
    call: int | None = None


def walk(model: keras.Model) -> Iterator[Place]:
    """Yield every layer of `model` with its path, parents before children, in the model's own order.

    A nested model's layers follow it under `"outer/inner"`; so do the layers that a custom layer or a
    subclassed model holds as attributes. Where two layers of one parent have the same name, the second is
    `"name#2"`. A layer that several parents share is yielded once, under the first of its paths.
    """
    return _walk(model, _layers_in)


def walk_operations(model: keras.Model) -> Iterator[Place]:
    """Yield the same, and where they stand the bare operations of functional models, nested ones too."""
    return _walk(model, _operations_in)


def is_functional(layer: keras.layers.Layer) -> bool:
    """Return whether a layer is a model made of a graph of layers and operations."""
    return isinstance(layer, keras.Model) and isinstance(getattr(type(layer), "operations", None), property)


def _walk(model: keras.Model, children: Children) -> Iterator[Place]:
    seen: set[int] = {id(model)}

    def visit(parent: keras.Operation, prefix: str, loop: str | None) -> Iterator[Place]:
        taken: dict[str, int] = {}
        for child in children(parent):
            if id(child) in seen:
                continue
            seen.add(id(child))
            taken[child.name] = taken.get(child.name, 0) + 1
            name = child.name if taken[child.name] == 1 else f"{child.name}#{taken[child.name]}"
            yield Place(prefix + name, child, loop)
            inner_loop = loop or (prefix + name if isinstance(child, _LOOPS) else None)
            yield from visit(child, f"{prefix}{name}/", inner_loop)

    return visit(model, "", None)


def _operations_in(operation: keras.Operation) -> list[keras.Operation]:
    if not isinstance(operation, keras.layers.Layer):
        return []
    if not is_functional(operation):
        return _layers_in(operation)
    return [child for child in operation.operations if not isinstance(child, keras.layers.InputLayer)]


def _layers_in(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    if isinstance(layer, keras.Model):
        return [child for child in layer.layers if not isinstance(child, keras.layers.InputLayer)]
    return layer._flatten_layers(include_self=False, recursive=False)


def resolve(model: keras.Model, requests: LayerRequest | Iterable[LayerRequest]) -> tuple[CallPath, ...]:
    """Return the layer calls that `requests` mean, in the order asked, each once.

    A request is a path (`"base/conv5"`), a name that only one layer of the model and its nested models has,
    a pattern (`"*_concat"`), an index into `model.layers`, or a layer object. `"shared:1"` is the second
    call of a layer that the model calls several times. Bare operations of functional models are named as
    layers are.

    Raises:
        LayerNotFoundError: no layer is meant; the message names the nearest.
        UnsupportedModelError: the layer runs inside TimeDistributed, Bidirectional or another loop.
    """
    if isinstance(requests, (str, int, np.integer, keras.Operation)):
        requests = [requests]
    places = list(walk_operations(model))
    found = {call.path: call for request in requests for call in _resolve_one(model, places, request)}
    if not found:
        raise InputError("No layer was asked for: name at least one.")
    for call in found.values():
        if call.place.loop:
            raise UnsupportedModelError(
                f"Layer {call.place.path} runs inside {call.place.loop}, once per step of a loop, and has no "
                f"output of its own: ask for {call.place.loop} instead."
            )
    return tuple(found.values())


def _resolve_one(model: keras.Model, places: Sequence[Place], request: LayerRequest) -> list[CallPath]:
    if isinstance(request, keras.Operation):
        return [_of_object(model, places, request)]
    if isinstance(request, (int, np.integer)):
        return [_of_index(model, places, int(request))]
    if not isinstance(request, str):
        raise InputError(
            f"Got a {type(request).__name__}; expected a layer's path, a pattern, an index or a layer object."
        )
    by_path = {place.path: place for place in places}
    if request in by_path:
        return [CallPath(request, by_path[request])]
    name, colon, number = request.rpartition(":")
    if colon and number.isdigit():
        return [
            CallPath(f"{call.path}:{number}", call.place, int(number))
            for call in _resolve_one(model, places, name)
        ]
    if is_pattern(request):
        matches = [CallPath(p.path, p) for p in places if fnmatch.fnmatchcase(p.path, request) and not p.loop]
    else:
        matches = [CallPath(p.path, p) for p in places if p.path.endswith(f"/{request}")]
        if len(matches) > 1:
            raise LayerNotFoundError(
                f"Several layers are named {request}: say which of {', '.join(m.path for m in matches[:5])}."
            )
    if not matches:
        hint = did_you_mean(request, by_path)
        raise LayerNotFoundError(f"Model {model.name} has no layer {request!r}. {hint}{_of_its_own(model)}")
    return matches


def _of_its_own(model: keras.Model) -> str:
    """Return what to say of a model that computes between its layers, where nothing can be named."""
    if is_functional(model) or isinstance(model, keras.Sequential):
        return ""
    return (
        " What the model's own call computes between its layers, such as a + b, has no name: make it a "
        "layer, keras.layers.Add()."
    )


def is_pattern(request: str) -> bool:
    """Return whether a request may mean several layers.

    >>> is_pattern("*_concat"), is_pattern("base/conv5")
    (True, False)
    """
    return any(sign in request for sign in "*?[")


def _of_object(model: keras.Model, places: Sequence[Place], layer: keras.Operation) -> CallPath:
    for place in places:
        if place.layer is layer:
            return CallPath(place.path, place)
    raise LayerNotFoundError(
        f"The layer object {layer.name!r} is not part of model {model.name}. "
        f"{did_you_mean(layer.name, [place.path for place in places])}"
    )


def _of_index(model: keras.Model, places: Sequence[Place], index: int) -> CallPath:
    count = len(model.layers)
    if not -count <= index < count:
        raise LayerNotFoundError(
            f"Model {model.name} has {count} layers: index {index} is outside {-count}..{count - 1}."
        )
    return _of_object(model, places, model.layers[index])


def uses_channels_first(model: keras.Model) -> bool:
    """Return whether the model's feature maps are `(N, C, h, w)`, by its first layer that says."""
    for place in walk(model):
        data_format = getattr(place.layer, "data_format", None)
        if data_format is not None:
            return data_format == "channels_first"
    return False

"""A survey of a model on PyTorch: what its layers return and what its outputs are computed from."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import keras
import torch

from kerasviz.probe.engine import LayerCall
from kerasviz.probe.engine.recorder import distinct
from kerasviz.probe.engine.torch.graph_walks import ending_in, is_branch, through_identity, upstream_of
from kerasviz.probe.engine.torch.recording import Recording
from kerasviz.probe.engine.torch.undisturbed import keeping_losses, modules_of, undisturbed
from kerasviz.probe.engine.torch.weights import CurrentWeights
from kerasviz.probe.layers import Place
from kerasviz.probe.outputs import pick
from kerasviz.probe.specs import Spec, as_numbers
from kerasviz.probe.tap import tapped

# Two sizes for every axis that is open: pictures, and sides, which common networks halve without a rest.
_SIZES = ((1, 256), (2, 288))


def survey(
    model: keras.Model, places: Sequence[Place], inputs: Any, output: int | str | None = None
) -> list[LayerCall]:
    """Run the model on one picture of zeros and on two; return every call of every place, in their order."""
    places = [place for place in places if not place.loop]
    recording = Recording()
    seen = _look(model, places, inputs, _SIZES[0], recording)
    others = {(id(c.place), c.call): c.value for c in _look(model, places, inputs, _SIZES[1], None).calls}
    outputs = seen.outputs if output is None else pick(model, seen.outputs, output)
    wanted = [recording.node(tensor) for tensor in keras.tree.flatten(outputs)]
    fed = {recording.node(tensor) for tensor in seen.fed}
    upstream = upstream_of(wanted)
    ends = {node for end in wanted for node in ending_in(end)}
    found = []
    for place, call, value in seen.calls:
        node = recording.node(value) if isinstance(value, torch.Tensor) else None
        found.append(
            LayerCall(
                place,
                call,
                None if node is None else _opened(node.shape, others.get((id(place), call))),
                node in upstream,
                node is not None and through_identity(node) in ends,
                "" if node is None else str(through_identity(node).order),
                functools.partial(is_branch, node, fed, upstream),
            )
        )
    return found


class _Call(NamedTuple):
    place: Place
    call: int
    value: Any


class _Look(NamedTuple):
    calls: list[_Call]
    fed: list[torch.Tensor]
    outputs: Any


def _look(
    model: keras.Model,
    places: Sequence[Place],
    inputs: Any,
    sizes: tuple[int, int],
    recording: Recording | None,
) -> _Look:
    calls: list[_Call] = []
    by_layer = {id(place.layer): place for place in places}

    def note(layer: keras.Operation, call: int, value: Any) -> Any:
        if recording is None:
            calls.append(_Call(by_layer[id(layer)], call, getattr(value, "shape", None)))
            return value
        value = distinct(value, lambda tensor: tensor.view_as(tensor))
        calls.append(_Call(by_layer[id(layer)], call, value))
        return value

    flat = keras.tree.flatten(inputs)
    with (
        undisturbed(modules_of(model)),
        nullcontext() if recording is None else recording,
        CurrentWeights(),
        tapped([place.layer for place in places], note),
        keeping_losses(model),
    ):
        fed = [keras.ops.zeros(_filled(spec, sizes), spec.dtype) for spec in flat]
        outputs = model(as_numbers(keras.tree.pack_sequence_as(inputs, fed)), training=False)
    return _Look(calls, fed, outputs)


def _filled(spec: Spec, sizes: tuple[int, int]) -> list[int]:
    count, side = sizes
    return [size or (side if axis else count) for axis, size in enumerate(spec.shape)]


def _opened(shape: tuple[int, ...], other: Any) -> tuple[int | None, ...] | None:
    """Return a shape with None for every axis that is longer where the inputs are."""
    if other is None or len(other) != len(shape):
        return None
    return tuple(a if a == b else None for a, b in zip(shape, other, strict=True))

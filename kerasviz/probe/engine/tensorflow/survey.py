"""A survey of a model in TensorFlow: what its layers return and what its outputs are computed from."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from kerasviz.probe.engine import LayerCall
from kerasviz.probe.engine.recorder import distinct
from kerasviz.probe.engine.tensorflow.final_activation import ending_in, through_identity
from kerasviz.probe.engine.tensorflow.graph_walks import is_branch, upstream_of
from kerasviz.probe.layers import Place
from kerasviz.probe.outputs import pick
from kerasviz.probe.specs import as_numbers
from kerasviz.probe.tap import tapped


def survey(
    model: keras.Model, places: Sequence[Place], inputs: Any, output: int | str | None = None
) -> list[LayerCall]:
    """Run the model on nothing but shapes; return every call of every place, in order of execution."""
    calls: list[tuple[Place, int, Any]] = []
    places = [place for place in places if not place.loop]
    by_layer = {id(place.layer): place for place in places}

    def note(layer: keras.Operation, call: int, value: Any) -> Any:
        value = distinct(value, tf.identity)
        calls.append((by_layer[id(layer)], call, value))
        return value

    graph = tf.__internal__.FuncGraph("survey")
    with graph.as_default(), keras.StatelessScope(), tapped([place.layer for place in places], note):
        flat = [tf.compat.v1.placeholder(s.dtype, s.shape) for s in keras.tree.flatten(inputs)]
        outputs = model(as_numbers(keras.tree.pack_sequence_as(inputs, flat)), training=False)
        wanted = keras.tree.flatten(outputs if output is None else pick(model, outputs, output))
        upstream = upstream_of(wanted)
    fed = {tensor.op for tensor in flat}
    ends = {op for tensor in wanted for op in ending_in(tensor)}
    found = []
    for place, call, value in calls:
        tensor = value if tf.is_tensor(value) and value.graph is graph else None
        found.append(
            LayerCall(
                place,
                call,
                None if tensor is None or tensor.shape.rank is None else tuple(tensor.shape),
                tensor is not None and tensor.op in upstream,
                tensor is not None and through_identity(tensor.op) in ends,
                "" if tensor is None else through_identity(tensor.op).name,
                functools.partial(is_branch, tensor, fed, upstream),
            )
        )
    return found

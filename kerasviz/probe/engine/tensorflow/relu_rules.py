"""Other derivatives for ReLU, by TensorFlow's registry: they reach every ReLU of a graph, nested or not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine import ReluRule
from kerasviz.probe.engine.tensorflow.derivatives import registered

_RELUS = ("Relu", "Relu6")


@contextlib.contextmanager
def relu_rule(rule: ReluRule) -> Iterator[None]:
    """Within the block, give every ReLU added to the current graph that derivative.

    Nothing but the graph is touched: no layer, no activation function. The graph must be differentiated by
    `tf.gradients`; a tape would not look.

    Raises:
        UnsupportedModelError: GUIDED, and the block adds no ReLU, or hides one in a function of its own.
    """
    graph = tf.compat.v1.get_default_graph()
    names = {} if rule is ReluRule.PLAIN else {op: f"Kerasviz{rule.value.title()}{op}" for op in _RELUS}
    with graph.gradient_override_map(names):
        yield
    if rule is ReluRule.GUIDED:
        _refuse_without_relu(graph)


def _refuse_without_relu(graph: Any) -> None:
    if any(node.op in _RELUS for part in graph.as_graph_def().library.function for node in part.node_def):
        raise UnsupportedModelError(
            "The model runs ReLUs inside a function compiled on its own, where guided backpropagation cannot "
            "reach them: use saliency."
        )
    if not any(op.type in _RELUS for op in graph.get_operations()):
        raise UnsupportedModelError(
            "The model has no ReLU, and guided backpropagation is nothing but another derivative for it: use "
            "saliency."
        )


def _passes(op: Any) -> Any:
    """Return where the derivative of a ReLU is 1."""
    output = op.outputs[0]
    return (output > 0) & (output < 6) if op.type == "Relu6" else output > 0


def _guided(op: Any, gradient: Any) -> Any:
    return tf.where(_passes(op) & (gradient > 0), gradient, tf.zeros_like(gradient))


def _redirected(op: Any, gradient: Any) -> Any:
    zeros = tf.zeros_like(gradient)
    plain = tf.where(_passes(op), gradient, zeros)
    others = list(range(1, gradient.shape.rank))
    moves = tf.reduce_any(plain != 0, axis=others, keepdims=True)
    return tf.where(moves, plain, tf.where(_passes(op) | (gradient > 0), gradient, zeros))


for _op in _RELUS:
    registered(f"KerasvizGuided{_op}", _guided)
    registered(f"KerasvizRedirected{_op}", _redirected)

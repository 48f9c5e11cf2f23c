"""TensorFlow's graph, walked: what is computed from what, and where a model joins maps made side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import tensorflow as tf

# What is known of a tensor without its values.
_OF_SHAPES = ("OnesLike", "Rank", "Shape", "ShapeN", "Size", "ZerosLike")
_JOINS = ("Add", "AddN", "AddV2", "ConcatV2", "Maximum", "Minimum", "Mul", "Sub")


def upstream_of(tensors: Iterable[tf.Tensor]) -> set[tf.Operation]:
    """Return every operation that the tensors are computed from."""
    found: set[tf.Operation] = set()
    waiting = [tensor.op for tensor in tensors]
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting.extend(tensor.op for tensor in op.inputs)
    return found


def independent_of(
    points: Mapping[str, tf.Tensor], values: Mapping[str, tf.Tensor | None], but_by: tf.Tensor
) -> frozenset[str]:
    """Return the keys whose value is not computed from the point of that key, save by way of `but_by`."""
    numbers = {point.op: 1 << at for at, point in enumerate(points.values())}
    # Of each operation a bit for each point that it is computed from; operations stand in a graph's list
    # after what they are computed from.
    found: dict[tf.Operation, int] = {}
    for op in but_by.graph.get_operations():
        bits = numbers.get(op, 0)
        if op.type not in _OF_SHAPES and op is not but_by.op:
            for tensor in op.inputs:
                bits |= found.get(tensor.op, 0)
        found[op] = bits
    return frozenset(
        path
        for path, value in values.items()
        if value is not None and not found[value.op] & numbers[points[path].op]
    )


def is_branch(
    value: tf.Tensor | None, fed: Collection[tf.Operation], upstream: Collection[tf.Operation]
) -> bool:
    """Return whether, on the way to the output, a map is joined with one that was computed beside it.

    `fed` is what stands for the model's inputs, `upstream` all that the output is computed from. A map that
    is joined with what was computed of itself (a gate, a residual) is no branch.
    """
    if value is None:
        return False
    after = _downstream(value.op, upstream)

    def beside(tensor: tf.Tensor) -> bool:
        return tensor.op not in after and _is_map(tensor, value) and not upstream_of([tensor]).isdisjoint(fed)

    return any(
        op.type in _JOINS
        and any(tensor.op in after and _is_map(tensor, value) for tensor in op.inputs)
        and any(map(beside, op.inputs))
        for op in after
        if op is not value.op
    )


def _downstream(start: tf.Operation, upstream: Collection[tf.Operation]) -> set[tf.Operation]:
    """Return every operation that the output is computed from and that is computed from this one."""
    found: set[tf.Operation] = set()
    waiting = [start]
    while waiting:
        op = waiting.pop()
        if op in upstream and op not in found:
            found.add(op)
            waiting.extend(user for tensor in op.outputs for user in tensor.consumers())
    return found


def _is_map(tensor: tf.Tensor, like: tf.Tensor) -> bool:
    """Return whether a tensor has as many axes as another, and is no single number for each channel."""
    rank = tensor.shape.rank
    return rank is not None and rank == like.shape.rank and any(size != 1 for size in tensor.shape[1:-1])

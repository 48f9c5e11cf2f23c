"""A recording walked: what is computed from what, and where a model joins maps made side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import torch

from kerasviz.probe.engine.torch.recording import FINAL_ACTIVATIONS, Node, Recording

_IDENTITIES = ("_to_copy", "alias", "clone", "contiguous", "detach", "lift_fresh", "view_of")
# What hands on its first input, at other places: as upsampling does, which repeats rows in several steps.
_OF_PLACES = (
    *("_reshape_alias", "_unsafe_view", "expand", "permute", "repeat", "squeeze", "t", "transpose"),
    *("unsqueeze", "view", "repeat_interleave", "index_select", "_upsample_bicubic2d_aa"),
    *("_upsample_bilinear2d_aa", "upsample_bicubic2d", "upsample_bilinear2d", "upsample_linear1d"),
    *("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "upsample_trilinear3d"),
)
_JOINS = ("add", "cat", "maximum", "minimum", "mul", "sub")


def through_identity(node: Node) -> Node:
    """Return the first operation behind identities and casts."""
    while _is_identity(node):
        node = node.inputs[0]
    return node


def ending_in(node: Node) -> Iterator[Node]:
    """Yield the operation that returns an output, and those before it that are the output too.

    They are where nothing but a final activation is made of them, or of places also another size or order of
    axes: such as the scores of a segmentation network before they are enlarged.
    """
    handing_on = {*FINAL_ACTIVATIONS, *(_OF_PLACES if len(node.shape) > 2 else ())}
    yield node
    while node.inputs and (_is_identity(node) or node.name in handing_on):
        node = node.inputs[0]
        yield node


def upstream_of(nodes: Iterable[Node]) -> set[Node]:
    """Return every operation that these are computed from, and these."""
    found: set[Node] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(node.inputs)
    return found


def independent_of(
    recording: Recording,
    points: Mapping[str, torch.Tensor],
    values: Mapping[str, torch.Tensor | None],
    but_by: torch.Tensor,
) -> frozenset[str]:
    """Return the keys whose value is not computed from the point of that key, save by way of `but_by`."""
    numbers = {recording.node(point): 1 << at for at, point in enumerate(points.values())}
    last = recording.node(but_by)
    # Of each operation a bit for each point that it is computed from.
    found: dict[Node, int] = {}
    for node in recording.nodes:
        bits = numbers.get(node, 0)
        if node is not last:
            for before in node.inputs:
                bits |= found[before]
        found[node] = bits
    return frozenset(
        path
        for path, value in values.items()
        if value is not None and not found[recording.node(value)] & numbers[recording.node(points[path])]
    )


def is_branch(node: Node | None, fed: Collection[Node], upstream: Collection[Node]) -> bool:
    """Return whether, on the way to the output, a map is joined with one that was computed beside it.

    `fed` is what stands for the model's inputs, `upstream` all that the output is computed from. A map that
    is joined with what was computed of itself (a gate, a residual) is no branch.
    """
    if node is None:
        return False
    after: set[Node] = {node}
    for other in sorted(upstream, key=lambda one: one.order):
        if not after.isdisjoint(other.inputs):
            after.add(other)

    def beside(other: Node) -> bool:
        return other not in after and _is_map(other, node) and not upstream_of([other]).isdisjoint(fed)

    return any(
        other.name in _JOINS
        and any(one in after and _is_map(one, node) for one in other.inputs)
        and any(map(beside, other.inputs))
        for other in after
        if other is not node
    )


def _is_identity(node: Node) -> bool:
    return node.name in _IDENTITIES or (node.name == "view" and node.shape == node.inputs[0].shape)


def _is_map(node: Node, like: Node) -> bool:
    """Return whether a tensor has as many axes as another, and is no single number for each channel."""
    return len(node.shape) == len(like.shape) and any(size != 1 for size in node.shape[1:-1])

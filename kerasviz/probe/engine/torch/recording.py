"""Operations of PyTorch recorded as they run: what is computed from what."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kerasviz.probe.layers import Place
from kerasviz.probe.tap import replaced

FINAL_ACTIVATIONS = ("_softmax", "_log_softmax", "sigmoid")

# What takes nothing of a tensor but its shape.
_OF_SHAPES = (
    *("empty_like", "full_like", "ones_like", "zeros_like"),
    *("new_empty", "new_full", "new_ones", "new_zeros"),
)
# Derivatives that take nothing of their second input, what went in, but its shape.
_LINEAR = (
    *("convolution_backward", "_adaptive_avg_pool2d_backward", "_adaptive_avg_pool3d_backward"),
    *("avg_pool2d_backward", "avg_pool3d_backward"),
    *("reflection_pad1d_backward", "reflection_pad2d_backward", "reflection_pad3d_backward"),
    *("replication_pad1d_backward", "replication_pad2d_backward", "replication_pad3d_backward"),
)


class Node:
    """One operation that ran, or a tensor that was there before: `name` is "" then."""

    __slots__ = ("inputs", "name", "order", "shape", "within")

    def __init__(
        self, name: str, inputs: list[Node], shape: tuple[int, ...], order: int, within: Frame | None
    ) -> None:
        self.name = name
        self.inputs = inputs
        self.shape = shape
        self.order = order
        self.within = within


class Final(NamedTuple):
    """A softmax or sigmoid that ran: its operation, and what went into it."""

    node: Node
    given: torch.Tensor


class Frame(NamedTuple):
    """One call of one layer, None for what runs in no layer; the softmaxes and sigmoids that ran within."""

    layer: keras.Operation | None
    call: int
    finals: list[Final]


class Recording(TorchDispatchMode):
    """Within the block, every operation is recorded; the tensors live as long as the recording."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[Node] = []
        self._of_tensor: dict[int, tuple[torch.Tensor, Node]] = {}
        self._written: dict[int, Node] = {}
        self._given: set[int] = set()
        self._frames = [Frame(None, 0, [])]

    def node(self, tensor: torch.Tensor) -> Node:
        """Return the operation that returned a tensor."""
        known = self._of_tensor.get(id(tensor))
        if known is None:
            node = self._add("", [], tensor)
            self._of_tensor[id(tensor)] = (tensor, node)
            self._given.add(_storage(tensor))
        else:
            node = known[1]
        written = self._written.get(_storage(tensor)) if self._written else None
        if written is not None and written.order > node.order:
            node = self._add("written", [node, written], tensor)
            self._of_tensor[id(tensor)] = (tensor, node)
        return node

    def was_given(self, tensor: torch.Tensor) -> bool:
        """Return whether a tensor's memory is that of one that was there before, such as a weight."""
        return _storage(tensor) in self._given

    @contextlib.contextmanager
    def framed(self, places: Sequence[Place]) -> Iterator[None]:
        """Within the block, note of every operation in which call of which layer it runs."""

        def make(layer: keras.Operation, call: Callable[..., Any]) -> Callable[..., Any]:
            count = itertools.count()

            def run(*args: Any, **kwargs: Any) -> Any:
                self._frames.append(Frame(layer, next(count), []))
                try:
                    return call(*args, **kwargs)
                finally:
                    self._frames.pop()

            return run

        with replaced([place.layer for place in places], make):
            yield

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation."""
        results = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        given = _tensors((args, kwargs or {}))
        if name in _OF_SHAPES:
            sources = []
        elif name in _LINEAR or (name == "native_batch_norm_backward" and not args[7]):
            sources = [given[0], *given[2:]]
        else:
            sources = given
        inputs = [self.node(tensor) for tensor in sources]
        returned = _tensors(results)
        node = self._add(name, inputs, *returned[:1])
        for tensor in returned:
            self._of_tensor[id(tensor)] = (tensor, node)
        if func._schema.is_mutable:
            self._written[_storage(given[0])] = node
        if name in FINAL_ACTIVATIONS:
            for frame in self._frames:
                frame.finals.append(Final(node, given[0]))
        return results

    def _add(self, name: str, inputs: list[Node], *returned: torch.Tensor) -> Node:
        shape = tuple(returned[0].shape) if returned else ()
        node = Node(name, inputs, shape, len(self.nodes), self._frames[-1])
        self.nodes.append(node)
        return node


def _tensors(values: Any) -> list[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, dict):
        values = values.values()
    elif not isinstance(values, (list, tuple)):
        return []
    return [tensor for value in values for tensor in _tensors(value)]


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata

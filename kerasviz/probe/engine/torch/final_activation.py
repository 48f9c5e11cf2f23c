"""The logits behind a softmax or sigmoid: where a recorded run ended in one, and what goes in there later.

Only the recorded run looks at every operation. Of later ones no more is watched than the call of the layer in
which that activation ran.
"""

from __future__ import annotations

import contextlib
import itertools
import weakref
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kerasviz.probe.engine.torch.graph_walks import through_identity
from kerasviz.probe.engine.torch.recording import FINAL_ACTIVATIONS, Recording
from kerasviz.probe.tap import replaced


class FinalActivation:
    """The number of a softmax or sigmoid within one call of a layer, or within the model's own `call`."""

    def __init__(self, layer: keras.Operation | None, call: int, number: int) -> None:
        self.layer = None if layer is None else weakref.ref(layer)
        self.call = call
        self.number = number


def final_activation(recording: Recording, output: Any) -> tuple[FinalActivation, torch.Tensor] | None:
    """Return which activation an output is, and what went into it; None where it is none."""
    if not isinstance(output, torch.Tensor):
        return None
    node = through_identity(recording.node(output))
    if node.name not in FINAL_ACTIVATIONS or node.within is None:
        return None
    frame = node.within
    number = [final.node for final in frame.finals].index(node)
    return FinalActivation(frame.layer, frame.call, number), frame.finals[number].given


@contextlib.contextmanager
def watched(finals: Sequence[FinalActivation | None]) -> Iterator[Callable[[int], torch.Tensor | None]]:
    """Within the block, note what goes into these activations; yield what returns it by their position."""
    seen: dict[tuple[int | None, int], list[torch.Tensor]] = {}
    places = {_place(final) for final in finals if final is not None}
    layers = [final.layer() for final in finals if final is not None and final.layer is not None]

    def make(layer: keras.Operation, call: Callable[..., Any]) -> Callable[..., Any]:
        count = itertools.count()

        def run(*args: Any, **kwargs: Any) -> Any:
            place = (id(layer), next(count))
            if place not in places:
                return call(*args, **kwargs)
            with _Watch(seen.setdefault(place, [])):
                return call(*args, **kwargs)

        return run

    def given(position: int) -> torch.Tensor | None:
        final = finals[position]
        return None if final is None else seen[_place(final)][final.number]

    outside = _Watch(seen.setdefault((None, 0), [])) if (None, 0) in places else contextlib.nullcontext()
    with replaced([layer for layer in layers if layer is not None], make), outside:
        yield given


def _place(final: FinalActivation) -> tuple[int | None, int]:
    return (None if final.layer is None else id(final.layer()), final.call)


class _Watch(TorchDispatchMode):
    def __init__(self, given: list[torch.Tensor]) -> None:
        super().__init__()
        self._given = given

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket.__name__ in FINAL_ACTIVATIONS:
            self._given.append(args[0])
        return func(*args, **(kwargs or {}))

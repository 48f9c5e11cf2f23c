"""One run of a model on PyTorch: forward, keeping what the asked calls return, and back to those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import keras
import torch

from kerasviz.probe.attention import computing_scores
from kerasviz.probe.engine import Outputs, ReluRule, Slopes, Start
from kerasviz.probe.engine.recorder import Recorder, distinct
from kerasviz.probe.engine.torch.final_activation import FinalActivation, final_activation, watched
from kerasviz.probe.engine.torch.graph_walks import independent_of
from kerasviz.probe.engine.torch.recording import Recording
from kerasviz.probe.engine.torch.relu_rules import RuledRelus
from kerasviz.probe.engine.torch.undisturbed import keeping_losses
from kerasviz.probe.engine.torch.weights import CurrentWeights, HeldWeights
from kerasviz.probe.layers import CallPath, walk_operations
from kerasviz.probe.tap import tapped

Before = Callable[[Any], Any]


@dataclass(frozen=True)
class Learned:
    """What the recorded run of a program says of all later ones.

    Attributes:
        finals: of each of the model's outputs, the softmax or sigmoid that it is.
        copies: whether what the asked calls return has to be copied, because it is written over later on, or
            is a weight itself.
    """

    finals: tuple[FinalActivation | None, ...] = ()
    copies: bool = False


class EagerRun:
    """See `kerasviz.probe.engine.Run`."""

    def __init__(
        self,
        model: keras.Model,
        calls: Sequence[CallPath],
        rule: ReluRule,
        weights: HeldWeights | None,
        learned: Learned,
    ) -> None:
        self._model = model
        self._calls = calls
        self._rule = rule
        self._weights = weights
        self._learned = learned
        self._cuts = False
        self._activations: dict[str, torch.Tensor] = {}

    def forward(self, inputs: Any) -> Outputs:
        """Run the model once with `training=False`, keeping what the asked calls return."""
        model = self._model
        recorder = Recorder(self._calls, self._own, torch._C._functorch.is_functorch_wrapped_tensor)

        def note(layer: keras.Operation, call: int, value: Any) -> Any:
            kept = recorder.note(layer, call, value)
            return kept if kept is value else self._passed_on(kept)

        with (
            nullcontext() if self._rule is ReluRule.PLAIN else RuledRelus(self._rule),
            computing_scores(model, self._calls),
            CurrentWeights() if self._weights is None else self._weights.scope(),
            self._watching() as given,
            tapped(recorder.layers, note),
            keeping_losses(model),
        ):
            values = model(inputs, training=False)
        self._activations = recorder.outputs()
        flat = keras.tree.flatten(values)
        names = tuple(getattr(model, "output_names", None) or ())
        return Outputs(values, names, self._activations, self._before(flat, given))

    def slopes_by_activations(self, score: Callable[[], Start]) -> Slopes:
        """Return the derivatives by what the asked calls returned; `score` runs `forward`."""
        self._cuts = True
        # The first asked call ends this, so that nothing before it is ever differentiated.
        with torch.no_grad():
            start = score()
        slopes = _slopes(start, list(self._activations.values()))
        by_path = dict(zip(self._activations, slopes, strict=True))
        return Slopes(start.kept, by_path, self._linear(start, by_path))

    def slopes_by(
        self, points: Sequence[Any], score: Callable[[Sequence[Any]], Start]
    ) -> tuple[Any, list[Any]]:
        """Return what `score(points)` kept, and the derivatives by the points."""
        own = [point.detach().requires_grad_() for point in points]
        with torch.enable_grad():
            # A layer may write over what it is given.
            start = score([point.clone() for point in own])
        return start.kept, _slopes(start, own)

    def _own(self, value: torch.Tensor) -> torch.Tensor:
        if self._cuts and not value.requires_grad and value.is_floating_point():
            value = value.detach()
            torch.set_grad_enabled(True)
            return (value.clone() if self._learned.copies else value).requires_grad_()
        return value.clone() if self._learned.copies else value.view_as(value)

    def _passed_on(self, kept: torch.Tensor) -> torch.Tensor:
        return distinct(kept, torch.clone) if self._learned.copies else kept

    def _watching(self) -> AbstractContextManager[Any]:
        return watched(self._learned.finals)

    def _before(self, outputs: Sequence[Any], given: Any) -> Before:
        """Return what finds, of an output, what went into the softmax or sigmoid that it is."""
        positions = {id(output): at for at, output in enumerate(outputs)}
        return lambda output: given(positions[id(output)])

    def _linear(self, start: Start, slopes: Mapping[str, torch.Tensor | None]) -> frozenset[str]:
        # Nobody asks again what the recorded run has told.
        return frozenset()


class RecordedRun(EagerRun):
    """A first run, on next to nothing, of which every operation is recorded."""

    def __init__(
        self,
        model: keras.Model,
        calls: Sequence[CallPath],
        rule: ReluRule,
        weights: HeldWeights | None,
        recording: Recording,
    ) -> None:
        super().__init__(model, calls, rule, weights, Learned(copies=True))
        self._recording = recording
        self._returned: list[torch.Tensor] = []
        self._copied: list[torch.Tensor] = []
        self._finals: tuple[FinalActivation | None, ...] = ()

    @property
    def learned(self) -> Learned:
        """What the run says of later ones."""
        written = any(copy._version > 0 for copy in self._copied)
        return Learned(self._finals, written or any(map(self._recording.was_given, self._returned)))

    def _own(self, value: torch.Tensor) -> torch.Tensor:
        self._returned.append(value)
        return super()._own(value)

    def _passed_on(self, kept: torch.Tensor) -> torch.Tensor:
        self._copied.append(super()._passed_on(kept))
        return self._copied[-1]

    def _watching(self) -> AbstractContextManager[Any]:
        return self._recording.framed(list(walk_operations(self._model)))

    def _before(self, outputs: Sequence[Any], given: Any) -> Before:
        found = [final_activation(self._recording, output) for output in outputs]
        self._finals = tuple(None if one is None else one[0] for one in found)
        return super()._before(outputs, [None if one is None else one[1] for one in found].__getitem__)

    def _linear(self, start: Start, slopes: Mapping[str, torch.Tensor | None]) -> frozenset[str]:
        # Which class is the highest decides where a gradient starts, not what it is.
        return independent_of(self._recording, self._activations, slopes, start.seed)


def _slopes(start: Start, points: Sequence[torch.Tensor]) -> list[torch.Tensor | None]:
    wanted = [point for point in points if point.requires_grad]
    found: list[torch.Tensor | None] = [None] * len(wanted)
    if wanted and start.values.requires_grad:
        seed = start.seed.expand_as(start.values)
        found = list(torch.autograd.grad(start.values, wanted, seed, allow_unused=True))
    slopes = iter(found)
    return [next(slopes) if point.requires_grad else None for point in points]

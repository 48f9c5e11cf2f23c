"""Programs as they are run on PyTorch: anew at every call, after a first run that is recorded."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import torch

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine import Program, ReluRule, Traced
from kerasviz.probe.engine.torch.recording import Recording
from kerasviz.probe.engine.torch.run import EagerRun, Learned, RecordedRun
from kerasviz.probe.engine.torch.undisturbed import modules_of, undisturbed
from kerasviz.probe.engine.torch.weights import HeldWeights
from kerasviz.probe.inputs import Batch, leaves
from kerasviz.probe.layers import CallPath, Place
from kerasviz.probe.specs import Spec


class _Model:
    """A model and what a program asks of it, all held weakly."""

    def __init__(self, model: keras.Model, calls: Sequence[CallPath]) -> None:
        self._model = weakref.ref(model)
        self._calls = [
            (call.path, call.place.path, weakref.ref(call.place.layer), call.call) for call in calls
        ]
        self._wrapped = [*map(weakref.ref, modules_of(model))]

    def model(self) -> keras.Model:
        return _existing(self._model)

    def calls(self) -> list[CallPath]:
        return [CallPath(path, Place(at, _existing(ref)), call) for path, at, ref, call in self._calls]

    def wrapped(self) -> list[torch.nn.Module]:
        """Return the layers that set modules to evaluation where they are called so."""
        return [_existing(layer) for layer in self._wrapped]


def _existing(reference: weakref.ref) -> Any:
    found = reference()
    if found is None:
        raise UnsupportedModelError("The model no longer exists: keep a reference to it.")
    return found


@dataclass(frozen=True)
class EagerProgram:
    """A program, the model that it runs, and what a first run of it has shown."""

    program: Program
    asked: _Model
    inputs: Any
    rule: ReluRule
    weights: HeldWeights | None
    learned: Learned
    facts: dict[str, Any]

    def __call__(self, batch: Batch, parameters: Sequence[Any] = ()) -> Any:
        """Return the structure of tensors that the program computes for one batch."""
        asked = self.asked
        run = EagerRun(asked.model(), asked.calls(), self.rule, self.weights, self.learned)
        with undisturbed(asked.wrapped()):
            tensors = [keras.ops.convert_to_tensor(leaf) for leaf in (*leaves(batch), *parameters)]
            return _run(self.program, run, self.inputs, tensors).values


def compile(
    model: keras.Model,
    program: Program,
    inputs: Any,
    parameters: Sequence[Spec] = (),
    calls: Sequence[CallPath] = (),
    rule: ReluRule = ReluRule.PLAIN,
    precision: str = "float32",
    weights: HeldWeights | None = None,
) -> EagerProgram:
    """Run a program of one model once, for one picture of zeros: see `kerasviz.probe.engine.Engine`.

    Raises:
        UnsupportedModelError: a precision other than the model's own is asked for.
    """
    if precision != "float32":
        raise UnsupportedModelError(
            f"Got precision={precision!r}, which on torch only a model of that kind computes in: leave "
            "it out, or set the environment variable KERAS_BACKEND=tensorflow before Python starts."
        )
    asked = _Model(model, calls)
    recording = Recording()
    run = RecordedRun(model, calls, rule, weights, recording)
    with undisturbed(asked.wrapped()), recording:
        tensors = [_zeros(spec) for spec in (*keras.tree.flatten(inputs), *parameters)]
        facts = _run(program, run, inputs, tensors).facts
    return EagerProgram(program, asked, inputs, rule, weights, run.learned, facts)


def _run(program: Program, run: EagerRun, inputs: Any, tensors: Sequence[torch.Tensor]) -> Traced:
    count = len(keras.tree.flatten(inputs))
    fed = keras.tree.pack_sequence_as(inputs, list(tensors[:count]))
    return program(run, fed, tensors[count:])


def _zeros(spec: Spec) -> torch.Tensor:
    return keras.ops.zeros([size or 1 for size in spec.shape], spec.dtype)


def function(function: Callable[..., Any], examples: Sequence[Any]) -> Callable[..., Any]:
    """Return a function of structures of tensors, run without gradients."""

    def run(*values: Any) -> Any:
        with torch.no_grad():
            return function(*values)

    return run


def to_numpy(values: Any) -> Any:
    """Return a structure of tensors as arrays."""
    if isinstance(values, dict):
        return {key: to_numpy(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return type(values)(to_numpy(value) for value in values)
    return keras.ops.convert_to_numpy(values)


def clear() -> None:
    """Nothing is kept beside the programs."""

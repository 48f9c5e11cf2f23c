"""The engine on PyTorch: what `kerasviz.probe.engine.Engine` asks for. It compiles nothing."""

from __future__ import annotations

from kerasviz.probe.engine.torch.eager import clear, compile, function, to_numpy
from kerasviz.probe.engine.torch.survey import survey
from kerasviz.probe.engine.torch.weights import HeldWeights as weights  # noqa: N813

__all__ = ["clear", "compile", "function", "survey", "to_numpy", "weights"]

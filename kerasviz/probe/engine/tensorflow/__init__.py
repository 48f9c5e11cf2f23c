"""The engine on TensorFlow: what `kerasviz.probe.engine.Engine` asks for."""

from __future__ import annotations

from kerasviz.probe.engine.tensorflow.compiled import clear, compile, function, to_numpy
from kerasviz.probe.engine.tensorflow.survey import survey
from kerasviz.probe.engine.tensorflow.weights import HeldWeights as weights  # noqa: N813

__all__ = ["clear", "compile", "function", "survey", "to_numpy", "weights"]

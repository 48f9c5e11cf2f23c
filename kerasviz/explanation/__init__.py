"""Explanation: numeric maps that say where in the input the evidence for a score lies."""

from __future__ import annotations

from kerasviz.explanation.cams.run import input_size
from kerasviz.explanation.cams.weigh import Weighting
from kerasviz.explanation.entry import explain
from kerasviz.explanation.gradients.batches import reduced
from kerasviz.explanation.gradients.integrated import PathIntegral, integrate
from kerasviz.explanation.interpolation import resize
from kerasviz.explanation.method import CAM, GRADIENT, PERTURBATION, Method
from kerasviz.explanation.option import Option
from kerasviz.explanation.perturbation.masking import filled
from kerasviz.explanation.perturbation.rescoring import Interrupted, explained_classes, samples
from kerasviz.explanation.probing import Probe, Trace
from kerasviz.explanation.request import Request
from kerasviz.explanation.table import METHODS, find_method, methods

__all__ = [
    "CAM",
    "GRADIENT",
    "METHODS",
    "PERTURBATION",
    "Interrupted",
    "Method",
    "Option",
    "PathIntegral",
    "Probe",
    "Request",
    "Trace",
    "Weighting",
    "explain",
    "explained_classes",
    "filled",
    "find_method",
    "input_size",
    "integrate",
    "methods",
    "reduced",
    "resize",
    "samples",
]

"""Explanation: numeric maps that say where in the input the evidence for a score lies."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.explanation.cams.weigh import Weighting
from kerasviz.explanation.each_output import explain_outputs, named_outputs
from kerasviz.explanation.entry import Interrupted, explain
from kerasviz.explanation.found import Found
from kerasviz.explanation.gradients.batches import reduced
from kerasviz.explanation.interpolation import resize
from kerasviz.explanation.method import CAM, GRADIENT, PERTURBATION, TRANSFORMER, Method
from kerasviz.explanation.noise import smooth
from kerasviz.explanation.option import Option
from kerasviz.explanation.perturbation.masking import filled
from kerasviz.explanation.perturbation.rescoring import Experiment, Sample, rescore, samples
from kerasviz.explanation.probing import Probe, Trace
from kerasviz.explanation.request import Request
from kerasviz.explanation.result import Explanation
from kerasviz.explanation.settled import explained_classes
from kerasviz.explanation.sight import Sight, see
from kerasviz.explanation.smoothing import SMOOTHING, Smoothing
from kerasviz.explanation.styles import map_style
from kerasviz.explanation.table import METHODS, find_method, methods
from kerasviz.explanation.typed_options import Options

__all__ = [
    "CAM",
    "GRADIENT",
    "METHODS",
    "PERTURBATION",
    "SMOOTHING",
    "TRANSFORMER",
    "Experiment",
    "Explanation",
    "Found",
    "Interrupted",
    "Method",
    "Option",
    "Options",
    "Probe",
    "Request",
    "Sample",
    "Sight",
    "Smoothing",
    "Trace",
    "Weighting",
    "explain",
    "explain_outputs",
    "explained_classes",
    "filled",
    "find_method",
    "map_style",
    "methods",
    "named_outputs",
    "reduced",
    "rescore",
    "resize",
    "samples",
    "see",
    "smooth",
]

"""Explanation: numeric maps that say where in the input the evidence for a score lies."""

from __future__ import annotations

from kerasviz.explanation.cams.weigh import cam
from kerasviz.explanation.cams.weights import WEIGHTINGS
from kerasviz.explanation.entry import explain, input_size
from kerasviz.explanation.gradients.batches import reduced
from kerasviz.explanation.gradients.guided import guided_backpropagation, guided_grad_cam
from kerasviz.explanation.gradients.integrated import PathIntegral, integrate, integrated_gradients
from kerasviz.explanation.gradients.plain import input_x_gradient, saliency
from kerasviz.explanation.gradients.smoothing import smooth_grad
from kerasviz.explanation.interpolation import resize
from kerasviz.explanation.perturbation import occlusion, rise, score_cam
from kerasviz.explanation.perturbation.masking import filled
from kerasviz.explanation.perturbation.rescoring import Interrupted, explained_classes, samples
from kerasviz.explanation.probing import Probe, Trace
from kerasviz.explanation.table import Request, find, methods, register

__all__ = [
    "WEIGHTINGS",
    "Interrupted",
    "PathIntegral",
    "Probe",
    "Request",
    "Trace",
    "cam",
    "explain",
    "explained_classes",
    "filled",
    "find",
    "guided_backpropagation",
    "guided_grad_cam",
    "input_size",
    "input_x_gradient",
    "integrate",
    "integrated_gradients",
    "methods",
    "occlusion",
    "reduced",
    "register",
    "resize",
    "rise",
    "saliency",
    "samples",
    "score_cam",
    "smooth_grad",
]

"""Activation maximisation: what a filter, a neuron, a class or a direction would like to see."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.maximization.objectives import (
    Objective,
    class_logit,
    direction_activation,
    filter_activation,
    neuron_activation,
)
from kerasviz.maximization.parametrizations import Decorrelated, Fourier, Parametrization, Pixels
from kerasviz.maximization.search import Maximized, Search, maximize, sheet_frames
from kerasviz.maximization.transforms import Jitter, Pad, Rotate, Transform, Zoom, default_transforms

__all__ = [
    "Decorrelated",
    "Fourier",
    "Jitter",
    "Maximized",
    "Objective",
    "Pad",
    "Parametrization",
    "Pixels",
    "Rotate",
    "Search",
    "Transform",
    "Zoom",
    "class_logit",
    "default_transforms",
    "direction_activation",
    "filter_activation",
    "maximize",
    "neuron_activation",
    "sheet_frames",
]

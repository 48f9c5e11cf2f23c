"""What a search for pictures is made of: objectives, parametrizations and transforms, free of each other."""

from kerasviz.attribution.maximization.objectives import (
    Objective,
    class_logit,
    direction_activation,
    filter_activation,
    neuron_activation,
)
from kerasviz.attribution.maximization.parametrizations import Decorrelated, Fourier, Parametrization, Pixels
from kerasviz.attribution.maximization.transforms import (
    Jitter,
    Pad,
    Rotate,
    Transform,
    Zoom,
    default_transforms,
)

__all__ = [
    "Decorrelated",
    "Fourier",
    "Jitter",
    "Objective",
    "Pad",
    "Parametrization",
    "Pixels",
    "Rotate",
    "Transform",
    "Zoom",
    "class_logit",
    "default_transforms",
    "direction_activation",
    "filter_activation",
    "neuron_activation",
]

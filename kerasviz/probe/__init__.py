"""The probe: cut a model at its layers, run it once, read activations, scores and gradients."""

from kerasviz.probe._ascent import OUTPUT, Ascent
from kerasviz.probe._frozen import FrozenForward, frozen_forward
from kerasviz.probe._input_gradients import (
    InputGradient,
    InputGradients,
    input_gradients,
    picture_position,
    with_parameters,
)
from kerasviz.probe._outputs import pick
from kerasviz.probe._precision import in_precision
from kerasviz.probe._relu_rules import ReluRule
from kerasviz.probe.cut import Cut, cached_cut
from kerasviz.probe.features import feature_layer, output_layer
from kerasviz.probe.layers import LayerRequest
from kerasviz.probe.probe import Probe
from kerasviz.probe.table import LayerInfo, LayerTable, layers
from kerasviz.probe.targets import Target, as_target, class_score, region_score, stored_class_names, top_class
from kerasviz.probe.trace import Trace

__all__ = [
    "OUTPUT",
    "Ascent",
    "Cut",
    "FrozenForward",
    "InputGradient",
    "InputGradients",
    "LayerInfo",
    "LayerRequest",
    "LayerTable",
    "Probe",
    "ReluRule",
    "Target",
    "Trace",
    "as_target",
    "cached_cut",
    "class_score",
    "feature_layer",
    "frozen_forward",
    "in_precision",
    "input_gradients",
    "layers",
    "output_layer",
    "pick",
    "picture_position",
    "region_score",
    "stored_class_names",
    "top_class",
    "with_parameters",
]

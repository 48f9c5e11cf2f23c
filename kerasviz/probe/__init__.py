"""The probe: cut a model at its layers, run it once, read activations, scores and gradients."""

from kerasviz.probe.cut import Cut, cached_cut
from kerasviz.probe.layers import LayerRequest
from kerasviz.probe.probe import Probe
from kerasviz.probe.table import LayerInfo, LayerTable, layers
from kerasviz.probe.targets import Target, as_target, class_score, region_score, stored_class_names, top_class
from kerasviz.probe.trace import Trace

__all__ = [
    "Cut",
    "LayerInfo",
    "LayerRequest",
    "LayerTable",
    "Probe",
    "Target",
    "Trace",
    "as_target",
    "cached_cut",
    "class_score",
    "layers",
    "region_score",
    "stored_class_names",
    "top_class",
]

"""The probe: cut a model at its layers, run it once, read activations, scores and gradients."""

from kerasviz.probe.layers import LayerRequest
from kerasviz.probe.probe import Probe, Trace
from kerasviz.probe.table import LayerInfo, LayerTable, layers
from kerasviz.probe.targets import Target, class_score, region_score, stored_class_names, top_class

__all__ = [
    "LayerInfo",
    "LayerRequest",
    "LayerTable",
    "Probe",
    "Target",
    "Trace",
    "class_score",
    "layers",
    "region_score",
    "stored_class_names",
    "top_class",
]

"""The probe: cut a model at its layers, run it once, read activations, scores and gradients."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.probe.ascent import Ascent
from kerasviz.probe.attention import attention_scores
from kerasviz.probe.class_scores import Classes, shown
from kerasviz.probe.cut import Cut, Finished, cached_cut
from kerasviz.probe.default import default_layer
from kerasviz.probe.dense import Places, predicted_places
from kerasviz.probe.engine import ReluRule
from kerasviz.probe.frozen_forward import FrozenForward, ScoredBatch, frozen_forward, map_size
from kerasviz.probe.head_layers import feature_layer, output_layer
from kerasviz.probe.input_gradients import InputGradient, InputGradients, input_gradients, picture_position
from kerasviz.probe.inputs import batches, checked, is_stream, leaves, sliced
from kerasviz.probe.layer_kernels import Kernel, has_kernel, layer_kernels
from kerasviz.probe.layer_table import LayerInfo, LayerTable, layers
from kerasviz.probe.layers import CallPath, LayerRequest, Place, resolve, uses_channels_first, walk
from kerasviz.probe.outputs import output_names, pick
from kerasviz.probe.probe import BATCH_SIZE, Probe
from kerasviz.probe.programs import OUTPUT
from kerasviz.probe.raw_pictures import model_ready
from kerasviz.probe.session import clear_caches
from kerasviz.probe.tap import tapped
from kerasviz.probe.target import Said, Scored, Target, with_parameters
from kerasviz.probe.targets import as_target, class_score, region_score, top_class
from kerasviz.probe.tokens import Layout, TokenGrid, asked_grid, unknown_grid
from kerasviz.probe.trace import Trace

__all__ = [
    "BATCH_SIZE",
    "OUTPUT",
    "Ascent",
    "CallPath",
    "Classes",
    "Cut",
    "Finished",
    "FrozenForward",
    "InputGradient",
    "InputGradients",
    "Kernel",
    "LayerInfo",
    "LayerRequest",
    "LayerTable",
    "Layout",
    "Place",
    "Places",
    "Probe",
    "ReluRule",
    "Said",
    "Scored",
    "ScoredBatch",
    "Target",
    "TokenGrid",
    "Trace",
    "as_target",
    "asked_grid",
    "attention_scores",
    "batches",
    "cached_cut",
    "checked",
    "class_score",
    "clear_caches",
    "default_layer",
    "feature_layer",
    "frozen_forward",
    "has_kernel",
    "input_gradients",
    "is_stream",
    "layer_kernels",
    "layers",
    "leaves",
    "map_size",
    "model_ready",
    "output_layer",
    "output_names",
    "pick",
    "picture_position",
    "predicted_places",
    "region_score",
    "resolve",
    "shown",
    "sliced",
    "tapped",
    "top_class",
    "unknown_grid",
    "uses_channels_first",
    "walk",
    "with_parameters",
]

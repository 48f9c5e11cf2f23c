"""Attribution: numeric maps that say where in the input the evidence for a score lies."""

from kerasviz.attribution import occlusion, rise, score_cam
from kerasviz.attribution.baselines import BASELINES
from kerasviz.attribution.cam import cam
from kerasviz.attribution.curves import Curves, deletion, insertion
from kerasviz.attribution.evaluation import MEASURES, Evaluator, MethodScores, Settings, as_table
from kerasviz.attribution.explain import explain, input_size
from kerasviz.attribution.faithfulness import energy_inside, intersection_over_union, pointing_game
from kerasviz.attribution.gradients import input_x_gradient, saliency
from kerasviz.attribution.guided import guided_backpropagation, guided_grad_cam
from kerasviz.attribution.integrated import PathIntegral, integrate, integrated_gradients
from kerasviz.attribution.maximization import (
    Decorrelated,
    Fourier,
    Jitter,
    Objective,
    Pad,
    Pixels,
    Rotate,
    Zoom,
    class_logit,
    direction_activation,
    filter_activation,
    neuron_activation,
)
from kerasviz.attribution.maximize import Maximized, Search, maximize, sheet_frames
from kerasviz.attribution.methods import Request, methods, register
from kerasviz.attribution.mosaic import Mosaics, grid_pointing_game, make_mosaics
from kerasviz.attribution.rescoring import Interrupted
from kerasviz.attribution.resize import resize
from kerasviz.attribution.sanity import SanityCheck, sanity_check
from kerasviz.attribution.smoothing import smooth_grad
from kerasviz.attribution.weights import WEIGHTINGS

__all__ = [
    "BASELINES",
    "MEASURES",
    "WEIGHTINGS",
    "Curves",
    "Decorrelated",
    "Evaluator",
    "Fourier",
    "Interrupted",
    "Jitter",
    "Maximized",
    "MethodScores",
    "Mosaics",
    "Objective",
    "Pad",
    "PathIntegral",
    "Pixels",
    "Request",
    "Rotate",
    "SanityCheck",
    "Search",
    "Settings",
    "Zoom",
    "as_table",
    "cam",
    "class_logit",
    "deletion",
    "direction_activation",
    "energy_inside",
    "explain",
    "filter_activation",
    "grid_pointing_game",
    "guided_backpropagation",
    "guided_grad_cam",
    "input_size",
    "input_x_gradient",
    "insertion",
    "integrate",
    "integrated_gradients",
    "intersection_over_union",
    "make_mosaics",
    "maximize",
    "methods",
    "neuron_activation",
    "occlusion",
    "pointing_game",
    "register",
    "resize",
    "rise",
    "saliency",
    "sanity_check",
    "score_cam",
    "sheet_frames",
    "smooth_grad",
]

"""Attribution: numeric maps that say where in the input the evidence for a score lies."""

from kerasviz.attribution import occlusion, rise, score_cam
from kerasviz.attribution.cam import cam
from kerasviz.attribution.explain import explain, input_size
from kerasviz.attribution.gradients import input_x_gradient, saliency
from kerasviz.attribution.guided import guided_backpropagation, guided_grad_cam
from kerasviz.attribution.integrated import PathIntegral, integrate, integrated_gradients
from kerasviz.attribution.methods import Request, methods, register
from kerasviz.attribution.rescoring import Interrupted
from kerasviz.attribution.resize import resize
from kerasviz.attribution.smoothing import smooth_grad
from kerasviz.attribution.weights import WEIGHTINGS

__all__ = [
    "WEIGHTINGS",
    "PathIntegral",
    "Request",
    "cam",
    "explain",
    "guided_backpropagation",
    "guided_grad_cam",
    "input_size",
    "input_x_gradient",
    "integrate",
    "integrated_gradients",
    "methods",
    "register",
    "resize",
    "saliency",
    "smooth_grad",
]

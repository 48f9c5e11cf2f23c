"""Attribution: numeric maps that say where in the input the evidence for a score lies."""

from kerasviz.attribution.cam import cam
from kerasviz.attribution.explain import explain, input_size
from kerasviz.attribution.methods import Request, methods, register
from kerasviz.attribution.resize import resize
from kerasviz.attribution.weights import WEIGHTINGS

__all__ = ["WEIGHTINGS", "Request", "cam", "explain", "input_size", "methods", "register", "resize"]

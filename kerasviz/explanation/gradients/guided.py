"""Guided backpropagation, alone and on a class activation map."""

from __future__ import annotations

import dataclasses

from kerasviz.explanation.cams.run_cam import run_cam
from kerasviz.explanation.cams.weigh import Weighting
from kerasviz.explanation.cams.weightings import grad_cam
from kerasviz.explanation.found import Found, joined
from kerasviz.explanation.gradients.batches import attribute, reduced
from kerasviz.explanation.gradients.plain import gradient_of
from kerasviz.explanation.request import Request
from kerasviz.probe import ReluRule, batches, input_gradients, is_stream


def guided_backpropagation(request: Request, channels: str) -> Found:
    """Return the gradient that no ReLU lets through where it is negative.

    Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for Simplicity: The All Convolutional Net", ICLR
    workshop 2015, section 3.4. With y = ReLU(z), and R the signal that comes down to y from above:

        R_z = [z > 0] [R_y > 0] R_y

    ReLU6 likewise, where its slope is 1. Every ReLU is reached: of nested models, of `activation="relu"`, of
    `keras.ops.relu` inside custom layers. A network without one is refused, never explained by its plain
    gradient.

    Sharp pictures, little meaning: guided backpropagation fails the sanity checks of Adebayo et al.
    (NeurIPS 2018). It nearly reconstructs the picture's edges, hardly depends on the class or on the weights
    of the upper layers, and says little about why the network decided as it did.
    """
    return attribute(request, input_gradients(request.model, ReluRule.GUIDED), gradient_of, channels)


def guided_grad_cam(request: Request, channels: str, token_grid: tuple[int, ...] | None) -> Found:
    """Return guided backpropagation where Grad-CAM says that the class is.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV
    2017, section 3.2:

        a_pc = L_p R_pc

    L is the Grad-CAM map of the `layer` (None: the last spatial one) at the input's size, 0 and above, R the
    signal of `guided_backpropagation` at the pixels, signed. What is said there of its meaning holds for the
    fine detail here; only the coarse place, Grad-CAM's, depends on the class.
    """
    parts = []
    model, stream = request.model, is_stream(request.images)
    for images in batches(model, request.images, request.batch_size) if stream else [request.images]:
        whole = dataclasses.replace(request, images=images, raw=False)
        coarse = run_cam(whole, True, "float32", token_grid, weighting=Weighting(grad_cam))
        signals = attribute(whole, input_gradients(model, ReluRule.GUIDED), gradient_of, "all")
        maps = reduced(coarse.maps[..., None] * signals.maps, channels)
        parts.append(dataclasses.replace(coarse, maps=maps))
    return joined(parts)

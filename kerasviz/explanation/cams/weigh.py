"""From activations and gradients to a map: what all methods of the CAM family share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from keras import ops

from kerasviz.errors import UnsupportedModelError
from kerasviz.explanation.cams.weightings import Values


@dataclass(frozen=True)
class Weighting:
    """How a method of the CAM family weighs activations.

    Attributes:
        weights: (activations, gradients) -> weights that broadcast over the activations.
        defined: gradients -> for each picture, whether the method is defined for the network; None where
            it is for every one.
        slow: whether it takes long beside a pass through a small network.
        by_gradients: whether the gradients have a part in the weights.
    """

    weights: Callable[[Values, Values], Values]
    defined: Callable[[Values], Values] | None = None
    slow: bool = False
    by_gradients: bool = True

    def maps(self, path: str, activations: Values, gradients: Values, relu: bool) -> tuple[Values, Values]:
        """Return the maps of a layer, and for each picture whether the method is defined there, () for all.

        >>> ones = np.ones((1, 2, 2, 1), np.float32)
        >>> from kerasviz.explanation.cams.weightings import grad_cam
        >>> Weighting(grad_cam).maps("conv", ones, ones / 2, relu=True)[0].numpy().tolist()
        [[[0.5, 0.5], [0.5, 0.5]]]
        """
        if len(activations.shape) < 3:
            raise UnsupportedModelError(
                f"Layer {path} has no spatial axis, its output is {activations.shape}: ask for an earlier "
                "layer."
            )
        maps = ops.sum(self.weights(activations, gradients) * activations, axis=-1)
        # Each value that a compiled run hands out costs a small network a hundredth of its pass.
        defined = () if self.defined is None else self.defined(gradients)
        return ops.relu(maps) if relu else maps, defined


def refuse_undefined(defined: Values) -> None:
    """Raise UnsupportedModelError where a method is not defined for a network."""
    if not np.all(defined):
        raise UnsupportedModelError(
            "This method needs a network that ends in global average pooling and one dense layer after the "
            "target layer; this one does not: use grad_cam."
        )

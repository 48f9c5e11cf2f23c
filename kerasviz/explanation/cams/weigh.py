"""From activations and gradients to a map: what all methods of the CAM family share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keras import ops

from kerasviz.errors import UnsupportedModelError
from kerasviz.explanation.cams.weightings import Values


@dataclass(frozen=True)
class Weighting:
    """How a method of the CAM family weighs activations.

    Attributes:
        weights: (activations, gradients) -> weights that broadcast over the activations.
        pooled: gradients -> for each picture, whether its score averages the feature maps; None where the
            method does not ask. One that asks is defined for scores linear in the feature maps alone.
        slow: whether it takes long beside a pass through a small network.
        by_gradients: whether the gradients have a part in the weights.
    """

    weights: Callable[[Values, Values], Values]
    pooled: Callable[[Values], Values] | None = None
    slow: bool = False
    by_gradients: bool = True

    def maps(self, path: str, activations: Values, gradients: Values, relu: bool) -> tuple[Values, Values]:
        """Return the maps of a layer, and for each picture whether its score averages them, () for unasked.

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
        # An array times a tensor is nothing that every backend knows.
        maps = ops.sum(ops.multiply(self.weights(activations, gradients), activations), axis=-1)
        # Each value that a compiled run hands out costs a small network a hundredth of its pass.
        pooled = () if self.pooled is None else self.pooled(gradients)
        return ops.relu(maps) if relu else maps, pooled

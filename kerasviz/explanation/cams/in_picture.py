"""Tokens of a transformer as a feature map, so that every CAM works on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from keras import ops

from kerasviz.errors import UnsupportedModelError
from kerasviz.explanation.cams.weightings import Values
from kerasviz.probe import Layout, unknown_grid


class InPicture(NamedTuple):
    """Activations and gradients `(N, *spatial, C)`, and for each picture whether its places have a part.

    () stands for a part in all of them. They have none where the score depends on tokens that stand for no
    place alone, such as the class token.
    """

    activations: Values
    gradients: Values
    has_part: Values


def in_picture(
    layout: Layout,
    path: str,
    activations: Values,
    gradients: Values,
    token_grid: Sequence[int] | None,
    raw: bool,
) -> InPicture:
    """Return what a layer says, `(N, T, C)`, in the picture: tokens that stand for no place are left out.

    What has the picture's axes is returned as it is; so are tokens of which nobody knows how they lie, where
    the maps need not lie over the picture (`raw`).

    Raises:
        InputError: `token_grid` does not fit the layer, or several grids are possible.
        UnsupportedModelError: it is not known how the tokens lie.
    """
    values, slopes = layout.tokens_second(activations), layout.tokens_second(gradients)
    grid = layout.laid(path, values, token_grid)
    if grid is None:
        if len(values.shape) == 3 and not raw and not layout.lies_over(1):
            raise unknown_grid(path, values.shape[1], layout.shapes)
        return InPicture(activations, gradients, ())
    places = grid.lay(slopes)
    has_part = ops.any(places != 0, axis=(1, 2, 3)) | ops.all(slopes == 0, axis=(1, 2))
    return InPicture(grid.lay(values), places, has_part)


def refuse_without_part(path: str, has_part: Values) -> None:
    """Raise UnsupportedModelError where the places of a layer have no part in the score of a picture."""
    if not np.all(has_part):
        raise UnsupportedModelError(
            f"After layer {path} only tokens that stand for no place, such as the class token, are read: the "
            "patches have no part in the score. Ask for an earlier layer, such as the norm before the last "
            "attention, or leave the layer out."
        )

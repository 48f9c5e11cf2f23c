"""The head that CAM is defined for: global average pooling and one linear layer."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.explanation.cams.weightings import Values
from kerasviz.probe import LayerInfo, layers

# How layers and operations that average feature maps begin their class's name.
_MEANS = ("GlobalAverage", "Mean")


def refuse_other_heads(
    path: str,
    pooled: Values,
    is_linear: bool,
    model: keras.Model | None = None,
    shapes: Sequence[tuple[int, ...]] = (),
) -> None:
    """Raise UnsupportedModelError where what follows a layer is another head.

    Args:
        path: the layer's.
        pooled: for each picture whether its score averages the feature maps.
        is_linear: whether the score is linear in them.
        model: where nobody asked for the layer, the model that it was chosen in.
        shapes: of the model's inputs, without the batch axis.
    """
    needs = f"CAM needs global average pooling and one linear layer between layer {path} and the score"
    if not np.all(pooled):
        small = None if model is None else _first_of_one_pixel(model, path, shapes)
        if small is not None:
            raise UnsupportedModelError(
                f"{needs}. For pictures of this size the feature maps from layer {small} on have one pixel, "
                "and show no place: pass larger pictures, or use grad_cam."
            )
        raise UnsupportedModelError(f"{needs}. This network goes on otherwise from there: use grad_cam.")
    if not is_linear:
        raise UnsupportedModelError(
            f"{needs}. This network averages the maps, and computes more of the means than a linear layer "
            "does, so that no channel has one weight: use grad_cam."
        )


def _first_of_one_pixel(model: keras.Model, path: str, shapes: Sequence[tuple[int, ...]]) -> str | None:
    """Return the layer from which on feature maps have one pixel before they are averaged."""
    images = np.zeros((1, *shapes[0]), np.float32) if len(shapes) == 1 else None
    rows = list(layers(model, images))
    at = next((at for at, row in enumerate(rows) if row.path == path), len(rows))
    averaged = next((row for row in rows[at + 1 :] if row.kind.startswith(_MEANS)), None)
    small = next((row for row in rows[at + 1 :] if _has_one_pixel(row)), None)
    between = small is not None and averaged is not None and rows.index(small) < rows.index(averaged)
    return small.path if small is not None and between else None


def _has_one_pixel(row: LayerInfo) -> bool:
    shape = row.output_shape
    return shape is not None and len(shape) > 3 and all(size == 1 for size in shape[1:-1])

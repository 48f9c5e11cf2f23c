"""Changed copies of pictures in the place of a model's pictures, with all its other inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasviz.probe import leaves, picture_position


def pictures_of(batch: Any) -> np.ndarray:
    """Return the pictures of a batch as float32, in the layout of the model."""
    return np.asarray(leaves(batch)[picture_position(batch)], np.float32)


def with_pictures(batch: Any, rows: Sequence[int], pictures: np.ndarray) -> Any:
    """Return a batch whose pictures are `pictures`, and all else that of `rows`.

    >>> with_pictures([np.zeros((2, 1, 1)), np.array([[5], [7]])], [1, 1], np.ones((2, 1, 1)))[1].tolist()
    [[7], [7]]
    """
    arrays = [np.asarray(leaf)[list(rows)] for leaf in leaves(batch)]
    arrays[picture_position(batch)] = pictures
    return arrays[0] if hasattr(batch, "shape") else keras.tree.pack_sequence_as(batch, arrays)

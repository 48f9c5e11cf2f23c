"""Which part of a picture each place of a feature map sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.errors import UnsupportedModelError
from kerasviz.images import PictureForm, Size
from kerasviz.probe import Ascent, LayerRequest, resolve

# A pixel counts where it moves a place by more than this share of what the strongest pixel does: below are
# the roundings of fast convolutions.
_LEAST = 1e-6
# Rows and columns that are measured; between them one is like its neighbours.
_MOST = 32
_BATCH = 16
# The largest value of the noise in which it is measured: where ReLUs or maxima hide a pixel in one picture,
# they do not in the other.
_LEVELS = (1.0, 255.0)


@dataclass(frozen=True)
class Receptive:
    """The part of the model's input that each place of a feature map depends on.

    Attributes:
        rows: float64 `(h, 2)`, where the part that a row of the map sees begins and ends, as shares of the
            input's height, 0..1.
        columns: float64 `(w, 2)`, the same of a column, as shares of the width.

    >>> half = Receptive(np.array([[0.0, 0.5], [0.5, 1.0]]), np.array([[0.0, 1.0]]))
    >>> half.area(1)  # top, left, bottom, right
    (0.5, 0.0, 1.0, 1.0)
    """

    rows: np.ndarray
    columns: np.ndarray

    def area(self, place: int) -> tuple[float, float, float, float]:
        """Return what a place of the map, counted along its rows, sees: top, left, bottom and right."""
        row, column = divmod(int(place), len(self.columns))
        (top, bottom), (left, right) = self.rows[row].tolist(), self.columns[column].tolist()
        return top, left, bottom, right

    def to_json(self) -> dict[str, list[list[float]]]:
        """Return what `of_json` reads."""
        return {"rows": self.rows.tolist(), "columns": self.columns.tolist()}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Receptive:
        """Return the parts that `to_json` gave."""
        return cls(np.asarray(found["rows"], np.float64), np.asarray(found["columns"], np.float64))


def receptive_area(model: keras.Model, layer: LayerRequest, image_size: Size | None = None) -> Receptive:
    """Return which part of the input each place of a layer's feature map depends on, by measuring it.

    The activations of one row of the map, or one column, are added up over all filters and differentiated by
    the pixels of a picture of noise; the rows (or columns) of pixels whose derivative is not 0 are the part.
    So it holds for any graph of layers; where a layer looks at the whole map (a global mean that scales the
    filters), the part is the whole picture, as it is for the last layers of most networks. Of more than 32
    rows some are measured, and those between them are given by straight lines, rounded outward.

    Args:
        model: a model of one picture; it is left as it was.
        layer: whose output is `(N, h, w, C)`.
        image_size: side or `(height, width)`, for a model that takes any.

    Raises:
        UnsupportedModelError: the output has another rank, or the model no fixed size.
        LayerNotFoundError: there is no such layer.

    >>> model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, strides=2, name="conv")])
    >>> (8 * receptive_area(model, "conv").rows).tolist()
    [[0.0, 3.0], [2.0, 5.0], [4.0, 7.0]]
    """
    path = resolve(model, layer)[0].path
    form = PictureForm.of(model, image_size=image_size)
    noise = np.random.default_rng(0).random((len(_LEVELS), *form.size, form.channels or 3), np.float32)
    noise *= np.array(_LEVELS, np.float32)[:, None, None, None]
    slopes = Ascent(model, [path], _as_it_is, _weighted, [noise], [], [3])
    shape = slopes.shapes[path]
    if len(shape) != 3:
        raise UnsupportedModelError(
            f"{path} returns the shape (N, {', '.join(map(str, shape))}), not maps (N, h, w, C): its places "
            "are none of a picture."
        )
    parts = []
    for axis in (0, 1):
        chosen = np.unique(np.linspace(0, shape[axis] - 1, min(shape[axis], _MOST)).round().astype(int))
        found = [_seen(slopes, noise, one, shape, axis) for one in _batches(chosen)]
        parts.append(_between(np.concatenate(found), chosen, shape[axis]) / noise.shape[1 + axis])
    return Receptive(*parts)


def _as_it_is(latents: Sequence[Any], samples: Sequence[Any]) -> Any:
    return latents[0]


def _weighted(answers: Mapping[str, Any], weights: Sequence[Any]) -> Any:
    (answer,) = answers.values()
    return ops.sum(answer * weights[0][..., None], axis=(1, 2, 3))


def _batches(chosen: np.ndarray) -> list[np.ndarray]:
    return np.array_split(chosen, -(-len(chosen) // (_BATCH // len(_LEVELS))))


def _seen(
    slopes: Ascent, noise: np.ndarray, chosen: np.ndarray, shape: tuple[int, ...], axis: int
) -> np.ndarray:
    """Return the first pixel, and the one behind the last, that rows (axis 0) or columns depend on."""
    weights = np.zeros((len(chosen), len(noise), *shape[:2]), np.float32)
    np.moveaxis(weights, 2 + axis, 1)[np.arange(len(chosen)), chosen] = 1.0
    pictures = np.tile(noise, (len(chosen), 1, 1, 1))
    (found,), _ = slopes([pictures], [], [weights.reshape(-1, *shape[:2])])
    sizes = np.abs(found.reshape(len(chosen), *noise.shape))
    # (chosen, pixels along the axis), the strongest derivative of each picture being 1.
    along = sizes.max(axis=tuple(at for at in range(2, 5) if at != 2 + axis))
    along /= np.maximum(along.max(axis=2, keepdims=True), np.finfo(np.float32).tiny)
    depends = (along > _LEAST).any(axis=1)
    # What nothing moves, as behind filters that are all dead, may depend on all that is there.
    depends[~depends.any(axis=1)] = True
    length = depends.shape[1]
    return np.stack([depends.argmax(axis=1), length - depends[:, ::-1].argmax(axis=1)], axis=1)


def _between(measured: np.ndarray, chosen: np.ndarray, count: int) -> np.ndarray:
    """Return the parts of all rows from those that were measured, rounded outward."""
    rows = np.arange(count)
    low = np.floor(np.interp(rows, chosen, measured[:, 0]))
    high = np.ceil(np.interp(rows, chosen, measured[:, 1]))
    return np.stack([low, high], axis=1)

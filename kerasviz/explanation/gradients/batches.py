"""Pictures on their way through a method of input gradients: cut, moved, repeated, never all at once."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasviz.errors import InputError
from kerasviz.explanation.copies import pictures_of, with_pictures
from kerasviz.explanation.found import Found, joined
from kerasviz.explanation.request import Request
from kerasviz.probe import (
    InputGradient,
    InputGradients,
    Said,
    Target,
    leaves,
    sliced,
    uses_channels_first,
    with_parameters,
)


def _over_channels(join: np.ufunc, values: np.ndarray) -> np.ndarray:
    # Channel by channel: NumPy reduces a last axis of three numbers twenty times slower.
    return functools.reduce(join, np.moveaxis(values, -1, 0))


# How the last axis, the channels, becomes one number per pixel.
REDUCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "sum": lambda values: _over_channels(np.add, values),
    "sum_abs": lambda values: _over_channels(np.add, np.abs(values)),
    "max_abs": lambda values: _over_channels(np.maximum, np.abs(values)),
    "all": lambda values: values,
}


@dataclasses.dataclass(frozen=True)
class Samples:
    """Some pictures with what is asked of them, the model, and what differentiates it.

    `limit` is how many pictures one run may hold.
    """

    model: keras.Model
    differentiate: InputGradients
    target: Target
    batch: Any
    parameters: Sequence[np.ndarray]
    limit: int

    def __len__(self) -> int:
        return len(leaves(self.batch)[0])

    @property
    def pictures(self) -> np.ndarray:
        """The pictures as float32, in the layout of the model."""
        return pictures_of(self.batch)

    def run(self) -> InputGradient:
        """Return gradients, scores and classes of all pictures."""
        parts = [
            self.differentiate(batch, self.target, parameters)
            for batch, parameters in sliced((self.batch, list(self.parameters)), self.limit)
        ]
        return InputGradient.joined(parts)

    def moved(self, rows: Sequence[int], pictures: np.ndarray) -> Samples:
        """Return samples whose pictures are `pictures`, and all else that of `rows`."""
        parameters = [values[list(rows)] for values in self.parameters]
        return dataclasses.replace(
            self, batch=with_pictures(self.batch, rows, pictures), parameters=parameters
        )

    def settled(self, said: Said) -> Samples:
        """Return the same with what is explained settled: it no longer changes as the picture moves."""
        target, parameters = self.target.settled(self.model, self.parameters, said)
        return dataclasses.replace(self, target=target, parameters=parameters)


class Attributed(NamedTuple):
    """Attributions `(N, ...)` in the model's layout, what the model said of the pictures, and their error."""

    values: np.ndarray
    said: Said
    error: np.ndarray | None = None


def attribute(
    request: Request,
    differentiate: InputGradients,
    method: Callable[[Samples], Attributed],
    channels: str,
    chosen: Mapping[str, Any] | None = None,
) -> Found:
    """Return the attributions of all pictures by `method`, batch by batch, the channels reduced.

    `chosen` is as in `Found`.

    Raises:
        InputError: pictures without channels to reduce.
    """
    parts = []
    for batch, parameters in with_parameters(
        request.model, request.images, request.target, request.batch_size
    ):
        samples = Samples(request.model, differentiate, request.target, batch, parameters, request.batch_size)
        values, said, error = method(samples)
        maps = reduced(channels_last(request.model, values), channels)
        parts.append(Found.of(maps, said, error=error, chosen=chosen))
    return joined(parts)


def channels_last(model: keras.Model, values: np.ndarray) -> np.ndarray:
    """Return attributions in the model's layout as (N, ..., C)."""
    return np.moveaxis(values, 1, -1) if values.ndim > 2 and uses_channels_first(model) else values


def reduced(values: np.ndarray, channels: str) -> np.ndarray:
    """Return attributions (N, ..., C) with the channels made one number, or all of them kept.

    >>> values = np.array([[[1.0, -3.0]]])
    >>> [reduced(values, channels).tolist() for channels in ("sum", "sum_abs", "max_abs", "all")]
    [[[-2.0]], [[4.0]], [[3.0]], [[[1.0, -3.0]]]]
    """
    if values.ndim < 3 and channels != "all":
        raise InputError(f"The inputs have the shape {values.shape}, without channels: pass channels='all'.")
    return REDUCTIONS[channels](values)

"""Activation maximisation: the picture that a filter, a neuron, a class or a direction answers to most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.events import EventLog
from kerasviz.maximization.objectives import Objective, linear_score, sources_of, weights_of
from kerasviz.maximization.parametrizations import (
    Decorrelated,
    Fourier,
    Parametrization,
    picture_of,
)
from kerasviz.maximization.transforms import Transform, default_transforms, sampled, sampling
from kerasviz.pictures import Scale, SheetLayout, sheet
from kerasviz.probe import Ascent, uses_channels_first

# Called with a step and the pictures of that step, float32 (N, h, w, C) in 0..1.
Watch = Callable[[int, np.ndarray], None]


@dataclass(frozen=True)
class Search:
    """How pictures are searched for.

    Attributes:
        steps: gradient steps.
        rate: Adam's step size.
        parametrization: `Fourier()`, `Pixels()`, or `Decorrelated(...)` of one of them; None: a decorrelated
            Fourier one for RGB, else a Fourier one.
        transforms: what is done to the picture before each step; () is nothing, None `default_transforms`.
        seed: the starting picture and the transforms are drawn from it.
        batch_size: pictures per run; the result does not depend on it.
    """

    steps: int = 256
    rate: float = 0.05
    parametrization: Parametrization | None = None
    transforms: Sequence[Transform] | None = None
    seed: int = 0
    batch_size: int = 16


@dataclass(frozen=True)
class Maximized:
    """The pictures found.

    Attributes:
        images: float32 (N, h, w, C) in 0..1, 1 standing for the upper end of the model's input range.
        first_scores: (N,), of the starting pictures, seen without transforms.
        scores: (N,), of the pictures found, likewise.
        history: (steps, N), of the pictures as each step's transforms showed them.
    """

    images: np.ndarray
    first_scores: np.ndarray
    scores: np.ndarray
    history: np.ndarray = field(repr=False)


def maximize(
    model: keras.Model,
    objectives: Objective | Sequence[Objective],
    size: tuple[int, int] | None = None,
    value_range: tuple[float, float] = (0.0, 255.0),
    search: Search | None = None,
    watch: Watch | None = None,
    every: int = 8,
) -> Maximized:
    """Return, for each objective, the picture found by gradient ascent on it, all in one batch.

    Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017; before it Erhan, Bengio, Courville
    and Vincent, "Visualizing Higher-Layer Features of a Deep Network", 2009, equation 1:

        x* = argmax_x O(x)          here:  x = low + (high - low) sigmoid(P(l)),  l <- l + Adam(dO(T(x)) / dl)

    O is the objective, P the parametrization, l its numbers, T the transforms of the step, low and high the
    `value_range`. A ReLU that blocks the whole gradient of a picture lets through what would activate it.

    Args:
        model: a built model of one picture input; it is not changed.
        objectives: one, or one per picture: `filter_activation`, `neuron_activation`, `direction_activation`,
            `class_logit`, and what these add up to.
        size: height and width, for a model that takes any.
        value_range: what the model takes for black and white.
        search: steps, parametrization, transforms, seed.
        watch: called with step and pictures before the first step, after every `every`-th, and after the
            last; `sheet_frames` logs them.
        every: steps between two calls of `watch`.

    Raises:
        InputError: no such filter, layer (LayerNotFoundError) or class (TargetError), or settings that cannot
            be used.
        UnsupportedModelError: the model takes no single picture, or answers with NaN.

    >>> from kerasviz.maximization.objectives import filter_activation
    >>> sums = keras.layers.Conv2D(1, 4, kernel_initializer="ones", name="sums")
    >>> model = keras.Sequential([keras.Input((4, 4, 1)), sums])
    >>> found = maximize(model, filter_activation("sums", 0), search=Search(steps=40, rate=0.3))
    >>> found.images.shape, bool(found.images.min() > 0.9)
    ((1, 4, 4, 1), True)
    """
    search = search or Search()
    if search.steps < 1 or search.batch_size < 1 or every < 1 or not search.rate > 0:
        raise InputError(
            f"Got {search.steps} steps at rate {search.rate}, batch_size={search.batch_size}, every={every}; "
            "expected at least 1 of each and a rate above 0."
        )
    wanted = [objectives] if isinstance(objectives, Objective) else list(objectives)
    if not wanted:
        raise InputError("Got no objective; expected at least one.")
    shape = _picture_shape(model, size)
    run = _Run(model, wanted, shape, value_range, search)
    watch = watch or (lambda step, images: None)
    watch(0, run.images())
    first_scores = run.clean_scores()
    history = []
    for step in range(1, search.steps + 1):
        history.append(run.step(step))
        if step % every == 0 or step == search.steps:
            watch(step, run.images())
    return Maximized(run.images(), first_scores, run.clean_scores(), np.stack(history))


def sheet_frames(log: EventLog, tag: str, columns: int | None = None) -> Watch:
    """Return a `watch` for `maximize` that logs the pictures as a sheet, for TensorBoard and `animate`.

    The scale is 0 to 1 in every frame.
    """

    def watch(step: int, images: np.ndarray) -> None:
        tiles = images[..., 0] if images.shape[-1] == 1 else images
        layout = SheetLayout.for_tiles(tiles, columns)
        meta = {"kind": "maximized", "scale": [0.0, 1.0], "clipped": 0.0, "tiles": layout.to_dict()}
        log.image(tag, step, sheet(tiles, Scale(0.0, 1.0), columns), meta)

    return watch


class _Run:
    """The state of one search: the numbers of all pictures, and Adam's moments of them."""

    def __init__(
        self,
        model: keras.Model,
        objectives: Sequence[Objective],
        shape: tuple[int, int, int],
        value_range: tuple[float, float],
        search: Search,
    ) -> None:
        low, high = value_range
        if not low < high:
            raise InputError(f"Got value_range={value_range}; the first value must be the smaller.")
        self._search = search
        self._size = shape[:2]
        base = search.parametrization or (Decorrelated(Fourier()) if shape[-1] == 3 else Fourier())
        self._parametrization = base
        self._transforms = default_transforms(self._size) if search.transforms is None else search.transforms
        seeds = [np.random.default_rng((search.seed, 0, at)) for at in range(len(objectives))]
        self._latents = np.stack([base.latent(shape, rng) for rng in seeds])
        self._moments = (np.zeros_like(self._latents), np.zeros_like(self._latents))

        def render(latents: Sequence[Any], samples: Sequence[Any]) -> Any:
            return low + (high - low) * sampled(picture_of(base, latents[0]), *samples)

        sources, terms = sources_of(model, objectives)
        clean = self._sampling(())
        self._ascent = Ascent(
            model, sources, render, linear_score, [self._latents], clean, [3, 3] * len(sources)
        )
        self._weights = weights_of(model, terms, self._ascent.shapes)

    def images(self) -> np.ndarray:
        """Return the pictures as they are now."""
        return np.asarray(picture_of(self._parametrization, keras.ops.convert_to_tensor(self._latents)))

    def clean_scores(self) -> np.ndarray:
        """Return the scores of the pictures without transforms."""
        return self._slopes(self._sampling(()))[1]

    def step(self, number: int) -> np.ndarray:
        """Move all numbers once by Adam; return the scores before it."""
        slopes, scores = self._slopes(self._sampling(self._transforms, number))
        mean, square = self._moments
        mean += 0.1 * (slopes - mean)
        square += 0.001 * (slopes**2 - square)
        rate = self._search.rate * np.sqrt(1 - 0.999**number) / (1 - 0.9**number)
        self._latents += rate * mean / (np.sqrt(square) + 1e-8)
        return scores

    def _sampling(self, transforms: Sequence[Transform], number: int = 0) -> tuple[np.ndarray, np.ndarray]:
        return sampling(transforms, self._size, np.random.default_rng((self._search.seed, 1, number)))

    def _slopes(self, samples: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return gradients and scores of all pictures, as many at a time as a run may hold."""
        slopes, scores = np.empty_like(self._latents), np.empty(len(self._latents), np.float32)
        for start in range(0, len(scores), self._search.batch_size):
            part = slice(start, start + self._search.batch_size)
            weights = [values[part] for values in self._weights]
            (slopes[part],), scores[part] = self._ascent([self._latents[part]], samples, weights)
        if not np.isfinite(scores).all() or not np.isfinite(slopes).all():
            raise UnsupportedModelError(
                "The model answers with NaN or infinity, so that there is no direction to search in: lower "
                "the rate, or look at the model's weights."
            )
        return slopes, scores


def _picture_shape(model: keras.Model, size: tuple[int, int] | None) -> tuple[int, int, int]:
    inputs = getattr(model, "inputs", None) or []
    shape = tuple(inputs[0].shape[1:]) if len(inputs) == 1 else ()
    if len(shape) == 3 and uses_channels_first(model):
        shape = (*shape[1:], shape[0])
    if len(shape) != 3 or shape[-1] is None:
        found = ", ".join(str(tuple(tensor.shape)) for tensor in inputs) or "inputs of unknown shape"
        raise UnsupportedModelError(f"The model takes {found}; expected one input of pictures (N, h, w, C).")
    if size is None and None in shape[:2]:
        raise InputError("The model takes pictures of any size: pass size=(height, width).")
    if size is not None and any(have not in (None, want) for have, want in zip(shape[:2], size, strict=True)):
        raise InputError(f"The model takes pictures of {shape[0]} x {shape[1]} only; got size={size}.")
    height, width = size or shape[:2]
    return int(height), int(width), int(shape[-1])

"""Activation maximisation: the picture that a filter, a neuron, a class or a direction answers to most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.events import EventLog
from kerasviz.film import log_sheet
from kerasviz.images import PictureForm
from kerasviz.maximization.objectives import Objective, linear_score, sources_of, weights_of
from kerasviz.maximization.parametrizations import (
    Decorrelated,
    Fourier,
    Parametrization,
    picture_of,
)
from kerasviz.maximization.transforms import Transform, default_transforms, sampled, sampling
from kerasviz.pictures import Scale
from kerasviz.probe import Ascent

# Called with a step and the pictures of that step, float32 (N, h, w, C) in 0..1.
Watch = Callable[[int, np.ndarray], None]


@dataclass(frozen=True, kw_only=True)
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

    def __post_init__(self) -> None:
        check_numbers(steps=self.steps, rate=self.rate, seed=self.seed, batch_size=self.batch_size)


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

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.images.shape[1:]))
        return f"Maximized({len(self.images)} pictures of {size})"


def maximize(
    model: keras.Model,
    objectives: Objective | Sequence[Objective],
    *,
    image_size: int | tuple[int, int] | None = None,
    input_range: Sequence[float] | None = None,
    search: Search | None = None,
    watch: Watch | None = None,
    every: int = 8,
) -> Maximized:
    """Return, for each objective, the picture found by gradient ascent on it, all in one batch.

    Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017; before it Erhan, Bengio, Courville
    and Vincent, "Visualizing Higher-Layer Features of a Deep Network", 2009, equation 1:

        x* = argmax_x O(x)          here:  x = low + (high - low) sigmoid(P(l)),  l <- l + Adam(dO(T(x)) / dl)

    O is the objective, P the parametrization, l its numbers, T the transforms of the step, low and high the
    model's values for black and white. A ReLU that blocks the whole gradient of a picture lets through what
    would activate it.

    Args:
        model: a built model of one picture input; it is not changed.
        objectives: one, or one per picture: `filter_activation`, `neuron_activation`, `direction_activation`,
            `class_logit`, and what these add up to.
        image_size: side or height and width, for a model that takes any.
        input_range: what the model takes for black and white, where it does not say it itself (see
            `kv.PictureForm`).
        search: steps, parametrization, transforms, seed.
        watch: called with step and pictures before the first step, after every `every`-th, and after the
            last; `sheet_frames` logs them.
        every: steps between two calls of `watch`.

    Raises:
        InputError: no such filter, layer (LayerNotFoundError) or class (TargetError), settings that cannot
            be used, or neither the model nor `input_range` says the range.
        UnsupportedModelError: the model takes no single picture, or answers with NaN.

    >>> from kerasviz.maximization.objectives import filter_activation
    >>> sums = keras.layers.Conv2D(1, 4, kernel_initializer="ones", name="sums")
    >>> model = keras.Sequential([keras.Input((4, 4, 1)), sums])
    >>> quick = Search(steps=40, rate=0.3)
    >>> found = maximize(model, filter_activation("sums", 0), input_range=(0, 255), search=quick)
    >>> found.images.shape, bool(found.images.min() > 0.9)
    ((1, 4, 4, 1), True)
    """
    search = search or Search()
    check_numbers(every=every)
    wanted = [objectives] if isinstance(objectives, Objective) else list(objectives)
    if not wanted:
        raise InputError("Got no objective; expected at least one.")
    run = _Run(model, wanted, PictureForm.of(model, input_range=input_range, image_size=image_size), search)
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
        log_sheet(log, tag, step, tiles, Scale(0.0, 1.0), columns=columns, kind="maximized")

    return watch


@dataclass(frozen=True)
class _Render:
    """Makes what the model takes from latents; equal ones share what is compiled for a model."""

    parametrization: Parametrization
    slope: tuple[float, ...]
    low: tuple[float, ...]
    order: tuple[int, ...]

    def __call__(self, latents: Sequence[Any], samples: Sequence[Any]) -> Any:
        picture = sampled(picture_of(self.parametrization, latents[0]), *samples)
        slope, low = np.array(self.slope, np.float32), np.array(self.low, np.float32)
        return low + slope * keras.ops.take(picture, list(self.order), axis=-1)


class _Run:
    """The state of one search: the numbers of all pictures, and Adam's moments of them."""

    def __init__(
        self,
        model: keras.Model,
        objectives: Sequence[Objective],
        form: PictureForm,
        search: Search,
    ) -> None:
        scaling = form.scaling()
        shape = (*form.size, len(scaling.source))
        self._search = search
        self._size = shape[:2]
        base = search.parametrization or (Decorrelated(Fourier()) if shape[-1] == 3 else Fourier())
        self._parametrization = base
        self._transforms = default_transforms(self._size) if search.transforms is None else search.transforms
        seeds = [np.random.default_rng((search.seed, 0, at)) for at in range(len(objectives))]
        self._latents = np.stack([base.latent(shape, rng) for rng in seeds])
        self._moments = (np.zeros_like(self._latents), np.zeros_like(self._latents))

        render = _Render(
            base,
            tuple((255 * scaling.scale).tolist()),
            tuple(scaling.offset.tolist()),
            tuple(scaling.source.tolist()),
        )
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

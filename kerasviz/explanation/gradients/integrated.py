"""Integrated Gradients: attributions that add up to the score, and by how much they miss it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation.found import Found
from kerasviz.explanation.gradients.batches import Attributed, Samples, attribute
from kerasviz.explanation.request import Request
from kerasviz.images import PictureForm
from kerasviz.probe import input_gradients

# Completeness errors above this are worth a warning.
_LARGE_ERROR = 0.05


def integrated_gradients(request: Request, baseline: Any, steps: int, channels: str) -> Found:
    """Return the integral of the gradient along the line from a baseline to the picture.

    Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", ICML 2017, equation 1:

        a_pc = (x_pc - x'_pc) int_0^1 g(x' + t (x - x'))_pc dt

    by the trapezoid rule over m points; in the first gap the gradient of its second point alone counts, since
    a black picture lies on the kink of every ReLU without a bias. A quarter of the points stands evenly from
    baseline to picture. The others go where the rule fits the difference of the scores of two points least,
    twice as many points in each round.

    x' is the `baseline` (a number, or an array that broadcasts over the pictures as the model gets them), m
    the number of `steps`. None is a black picture, which the paper takes for one that says nothing: the value
    that the model takes for black (see `kerasviz.PictureForm`; with a preprocessor, one for each channel), or
    where nothing says it, 0, which is grey to a model of -1..1. `Explanation.options` says which it was.
    Completeness, the paper's axiom, says that the sum over all pixels is S(x) - S(x').
    The error that comes with each map is the share of that difference which the sum misses,

        |sum_pc a_pc - (S(x) - S(x'))| / |S(x) - S(x')|

    infinite where the two scores are equal and the sum is not 0. Above 5 %, `explain` warns and names the
    remedy.

    >>> import keras
    >>> from kerasviz.explanation.entry import explain
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    >>> e = explain(model, np.array([[1.0, 2.0]]), "integrated_gradients", target=1, channels="all")
    >>> e.maps.tolist(), e.error.tolist()
    ([[1.0, 2.0]], [0.0])
    """
    chosen = _black(request) if baseline is None else baseline
    method = functools.partial(_integrated, baseline=chosen, steps=steps)
    return attribute(request, input_gradients(request.model), method, channels, {"baseline": chosen})


def misses(found: Found, options: Mapping[str, Any]) -> str | None:
    """Return what to say where integrated gradients miss the difference of the scores; None where not."""
    worst = 0.0 if found.error is None else float(np.nanmax(found.error))
    if worst <= _LARGE_ERROR:
        return None
    return (
        f"Integrated gradients miss the difference of the scores by {worst:.0%} with {options['steps']} "
        "steps: pass more steps, or another baseline where picture and baseline score alike."
    )


def _integrated(samples: Samples, baseline: Any, steps: int) -> Attributed:
    """Return the integrals of all pictures, one after the other: the points of one fill the runs."""
    said = samples.run()
    samples = samples.settled(said)
    pictures = samples.pictures
    start = _baseline(baseline, pictures)
    found = [_along(samples, row, start[row], pictures[row], steps) for row in range(len(samples))]
    means, scores, baseline_scores = (np.stack(values) for values in zip(*found, strict=True))
    attributions = (pictures - start) * means
    return Attributed(attributions, said, _missed(attributions, scores, baseline_scores))


def _missed(attributions: np.ndarray, scores: np.ndarray, baseline_scores: np.ndarray) -> np.ndarray:
    """Return how far each picture's attributions miss the difference of its scores, as a share of it."""
    axes = tuple(range(1, attributions.ndim))
    difference = scores.astype(np.float64) - baseline_scores
    missed = np.abs(attributions.sum(axis=axes, dtype=np.float64) - difference)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(missed == 0, 0.0, missed / np.abs(difference)).astype(np.float32)


def _along(
    samples: Samples, row: int, start: np.ndarray, end: np.ndarray, steps: int
) -> tuple[np.ndarray, np.float32, np.float32]:
    """Return the mean gradient on the line between two pictures, and the scores of its end and its start."""
    places = np.empty(0)
    gradients, scores = np.empty((0, *end.shape), np.float32), np.empty(0, np.float32)
    added = np.linspace(0, 1, max(2, steps // 4))
    while len(added):
        points = [start + place * (end - start) for place in added]
        seen = samples.moved([row] * len(added), np.stack(points).astype(np.float32)).run()
        order = np.argsort(np.concatenate([places, added]), kind="stable")
        places = np.concatenate([places, added])[order]
        gradients = np.concatenate([gradients, seen.gradients])[order]
        scores = np.concatenate([scores, seen.scores])[order]
        slopes = np.tensordot(gradients, end - start, end.ndim).astype(np.float64)
        # What holds at the left of each gap, what at its right.
        left = np.concatenate([slopes[1:2], slopes[1:-1]])
        missed = np.abs((left + slopes[1:]) / 2 * np.diff(places) - np.diff(scores))
        added = _refined(places, missed, min(len(places), steps - len(places)))
    return np.tensordot(_weights(places), gradients, 1), scores[-1], scores[0]


def _weights(places: np.ndarray) -> np.ndarray:
    """Return for how much of the way each point's gradient holds, float32; they add up to 1.

    >>> _weights(np.array([0.0, 0.25, 1.0])).tolist()
    [0.0, 0.625, 0.375]
    """
    gaps = np.concatenate([[0], np.diff(places), [0]])
    weights = (gaps[1:] + gaps[:-1]) / 2
    weights[1] += weights[0]
    weights[0] = 0
    return weights.astype(np.float32)


def _refined(places: np.ndarray, missed: np.ndarray, count: int) -> np.ndarray:
    """Return `count` new places, evenly within each gap, most of them in the gaps that miss most.

    >>> _refined(np.array([0.0, 0.5, 1.0]), np.array([0.0, 2.0]), 1).tolist()
    [0.75]
    """
    shares = np.zeros(len(missed), int)
    for _ in range(count):
        shares[np.argmax(missed / (shares + 1) ** 2)] += 1
    inner = [np.linspace(places[at], places[at + 1], share + 2)[1:-1] for at, share in enumerate(shares)]
    return np.concatenate(inner)


def _black(request: Request) -> Any:
    """Return what the model takes for black, a number or one for each channel; 0 where nothing says it."""
    try:
        form = PictureForm.of(request.model, input_range=request.input_range)
        levels = form.scaling().done(np.zeros((1, form.channels or 3), np.float32))[0]
    except (InputError, UnsupportedModelError):
        return 0.0
    # Of float32 the shortest number: -2.1, not -2.0999999046.
    values = [float(str(level)) for level in levels]
    if len(set(values)) == 1:
        return values[0]
    return [[[value]] for value in values] if form.channels_first else values


def _baseline(baseline: Any, pictures: np.ndarray) -> np.ndarray:
    values = np.asarray(baseline, np.float32)
    if not np.isfinite(values).all():
        raise InputError("The baseline contains NaN or infinity: pass finite values.")
    try:
        return np.broadcast_to(values, pictures.shape)
    except ValueError:
        raise InputError(
            f"Got a baseline of shape {values.shape}; expected a number, or what broadcasts over pictures of "
            f"the shape {pictures.shape}."
        ) from None

"""Objectives: what a picture is to raise. They add and scale.

Every objective here is linear in what layers answer, which lets one compiled function serve any filters, any
classes and any sums of these, a different one for each picture of a batch. A is a layer's output
`(h, w, C)`, mean and sum run over its positions p, z are the logits (the model's output where no softmax or
sigmoid ends it).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.errors import InputError, TargetError
from kerasviz.probe import OUTPUT, LayerRequest, class_score, resolve

# A filter's number, the vector of a direction, or a class.
Direction = Any


@dataclasses.dataclass(frozen=True, eq=False)
class Term:
    """A share of an objective: `weight` times the answers of a layer along a direction, at a position.

    `layer` None stands for the logits; `position` None for the mean over all, () for the middle one.
    """

    layer: LayerRequest | None
    direction: Direction
    position: tuple[int, ...] | None
    weight: float = 1.0

    def __repr__(self) -> str:
        which = f"a direction of {len(self.direction)}" if np.ndim(self.direction) else repr(self.direction)
        at = "" if self.position is None else f" at {self.position or 'the middle'}"
        return f"{self.weight:g} x {self.layer or 'logits'}: {which}{at}"


@dataclasses.dataclass(frozen=True, eq=False)
class Objective:
    """A sum of weighted terms. Objectives are added, subtracted and scaled with `+`, `-` and `*`.

    >>> both = filter_activation("conv1", 3) + 0.5 * filter_activation("conv1", 7)
    >>> [term.weight for term in both.terms], [term.weight for term in (-both).terms]
    ([1.0, 0.5], [-1.0, -0.5])
    """

    terms: tuple[Term, ...]

    def __add__(self, other: Objective) -> Objective:
        return Objective(self.terms + other.terms)

    def __sub__(self, other: Objective) -> Objective:
        return self + -1.0 * other

    def __neg__(self) -> Objective:
        return -1.0 * self

    def __mul__(self, factor: float) -> Objective:
        scaled = [dataclasses.replace(term, weight=term.weight * float(factor)) for term in self.terms]
        return Objective(tuple(scaled))

    __rmul__ = __mul__


def filter_activation(layer: LayerRequest, number: int) -> Objective:
    """Raise the mean activation of one filter: mean_p A_p,number."""
    return Objective((Term(layer, number, None),))


def neuron_activation(layer: LayerRequest, number: int, position: tuple[int, ...] | None = None) -> Objective:
    """Raise one filter's activation at one position (y, x) of the feature map; None: in the middle."""
    return Objective((Term(layer, number, () if position is None else tuple(position)),))


def direction_activation(layer: LayerRequest, vector: Sequence[float] | np.ndarray) -> Objective:
    """Raise the mean activation along a direction v of all filters: mean_p <A_p, v> / |v|.

    Raises:
        InputError: v is not one row of finite numbers, or 0.
    """
    values = np.asarray(vector, np.float32)
    if values.ndim != 1 or not np.isfinite(values).all() or not values.any():
        raise InputError(
            f"Got a direction of shape {values.shape}; expected one finite number per filter, not all 0."
        )
    return Objective((Term(layer, values / np.linalg.norm(values), None),))


def class_logit(label: int | str) -> Objective:
    """Raise the logit z of a class, given by its index or label; of a single unit, class 0 is -z.

    The probability would do badly: it also rises when the other classes' logits fall.
    """
    return Objective((Term(None, label, None),))


def sources_of(model: keras.Model, objectives: Sequence[Objective]) -> tuple[list[str], list[list[Term]]]:
    """Return the sources that the objectives look at, and the objectives' terms with sources as layers."""
    paths: dict[Any, str] = {None: OUTPUT}
    terms = []
    for objective in objectives:
        for term in objective.terms:
            if term.layer not in paths:
                found = resolve(model, term.layer)
                if len(found) > 1:
                    raise InputError(f"{term.layer!r} means {len(found)} layers; an objective looks at one.")
                paths[term.layer] = found[0].path
        terms.append([dataclasses.replace(term, layer=paths[term.layer]) for term in objective.terms])
    used = {str(term.layer) for row in terms for term in row}
    # The output comes last, as `Ascent` answers.
    return sorted(used, key=lambda path: (path == OUTPUT, path)), terms


def weights_of(
    model: keras.Model, terms: Sequence[Sequence[Term]], shapes: Mapping[str, tuple[int, ...]]
) -> list[np.ndarray]:
    """Return, for each source in turn, directions (N, T, C) and positions (N, T, P) with the terms' weights.

    T is the most terms that any objective has at that source, P its number of positions.

    Raises:
        InputError: no such filter or position, or a direction of another length.
        TargetError: no such class.
    """
    weights = []
    for source, shape in shapes.items():
        rows = [[term for term in row if term.layer == source] for row in terms]
        most = max(len(row) for row in rows)
        directions = np.zeros((len(rows), most, shape[-1]), np.float32)
        positions = np.zeros((len(rows), most, int(np.prod(shape[:-1]))), np.float32)
        for at, row in enumerate(rows):
            for number, term in enumerate(row):
                directions[at, number] = _direction(model, term, shape[-1])
                positions[at, number] = _position(term, shape) * term.weight
        weights += [directions, positions]
    return weights


def linear_score(answers: Mapping[str, Any], weights: Sequence[Any]) -> Any:
    """Return sum_tpc directions_tc positions_tp A_pc over all sources, (N,)."""
    total: Any = 0.0
    for number, answer in enumerate(answers.values()):
        directions, positions = weights[2 * number : 2 * number + 2]
        flat = ops.reshape(answer, (-1, int(np.prod(answer.shape[1:-1])), answer.shape[-1]))
        along = ops.matmul(flat, ops.transpose(directions, (0, 2, 1)))
        total = total + ops.sum(along * ops.transpose(positions, (0, 2, 1)), axis=(1, 2))
    return total


def _direction(model: keras.Model, term: Term, channels: int) -> np.ndarray:
    direction = term.direction
    if term.layer == OUTPUT:
        index = int(class_score(direction).parameters(model, 1)[0][0])
        if not 0 <= index < max(channels, 2):
            raise TargetError(f"The output has {max(channels, 2)} classes; got class {index}.")
        return np.eye(channels)[index] if channels > 1 else np.array([2.0 * index - 1.0])
    if isinstance(direction, np.ndarray):
        if len(direction) != channels:
            raise InputError(
                f"Layer {term.layer} has {channels} filters; got a direction of {len(direction)} numbers."
            )
        return direction
    if not 0 <= direction < channels:
        raise InputError(f"Layer {term.layer} has {channels} filters, 0..{channels - 1}; got {direction}.")
    return np.eye(channels)[int(direction)]


def _position(term: Term, shape: tuple[int, ...]) -> np.ndarray:
    spatial = shape[:-1]
    count = int(np.prod(spatial))
    if term.position is None:
        return np.full(count, 1 / count)
    position = term.position or tuple(side // 2 for side in spatial)
    fits = len(position) == len(spatial)
    if not fits or not all(0 <= at < side for at, side in zip(position, spatial, strict=True)):
        raise InputError(f"Layer {term.layer} has {spatial} positions; there is none at {position}.")
    return np.eye(count)[int(np.ravel_multi_index(position, spatial)) if spatial else 0]

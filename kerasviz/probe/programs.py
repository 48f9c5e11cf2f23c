"""What a compiled function computes: one program for each kind of run, in `keras.ops`, for every backend.

A program is traced by an engine, which hands it the run, the inputs and the parameters as tensors (see
`kerasviz.probe.engine`). None of them holds the model: `Traits` says what has to be known of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from kerasviz.errors import InputError, TargetError, UnsupportedModelError
from kerasviz.probe.dense import refuse_rows
from kerasviz.probe.engine import Outputs, Program, Run, Start, Traced
from kerasviz.probe.layers import uses_channels_first, walk
from kerasviz.probe.outputs import explained
from kerasviz.probe.specs import as_numbers
from kerasviz.probe.target import Scored, Target
from kerasviz.probe.targets import as_target
from kerasviz.probe.tokens import Layout

# Small float16 gradients would vanish; a power of two scales them without changing a digit.
_FLOAT16_SCALE = 1024.0
# The source of an ascent that stands for the model's output (its logits where they can be seen).
OUTPUT = ""

# (activations, gradients, how they lie in the inputs) -> tensors, run inside the compiled function.
Finish = Callable[[dict[str, Any], dict[str, Any], Layout], Any]
# (latents, samples) -> pictures (N, h, w, C), written with keras.ops.
Render = Callable[[Sequence[Any], Sequence[Any]], Any]
# ({source: answers (N, ..., C)}, weights) -> scores (N,), written with keras.ops.
Score = Callable[[dict[str, Any], Sequence[Any]], Any]


@dataclass(frozen=True)
class Traits:
    """What a program has to know of a model: its layout, and what to scale gradients with on their way."""

    channels_first: bool
    scale: float

    @staticmethod
    def of(model: keras.Model) -> Traits:
        """Return the traits of a model."""
        half = any(getattr(place.layer, "compute_dtype", None) == "float16" for place in walk(model))
        return Traits(uses_channels_first(model), _FLOAT16_SCALE if half else 1.0)

    def to_last(self, value: Any) -> Any:
        """Return what a layer returned as float32, channels last."""
        value, rank = ops.cast(value, "float32"), len(value.shape)
        if self.channels_first and rank > 2:
            value = ops.transpose(value, (0, *range(2, rank), 1))
        return value

    def unscaled(self, gradient: Any) -> Any:
        """Return a gradient without its scaling."""
        return gradient if self.scale == 1 else gradient / self.scale


def activations(traits: Traits) -> Program:
    """Return the program: inputs -> {path: activations}."""

    def program(run: Run, inputs: Any, parameters: Sequence[Any]) -> Traced:
        found = run.forward(as_numbers(inputs)).activations
        return Traced({path: traits.to_last(value) for path, value in found.items()}, {})

    return program


def trace(
    traits: Traits, target: Target, finish: Finish | None, layout: Layout, alone: bool = False
) -> Program:
    """Return the program: inputs, target's parameters -> finished, activations, gradients, and what was said.

    `finished` is what `finish` makes of activations and gradients, () without it; what was said are scores,
    classes and outputs. With `alone`, activations and gradients are not handed out.
    """

    def program(run: Run, inputs: Any, parameters: Sequence[Any]) -> Traced:
        facts: dict[str, Any] = {}

        def score() -> Start:
            seen = run.forward(as_numbers(inputs))
            values, seed, said = _scored(seen, target, inputs, parameters, traits, facts)
            return Start(values, seed, (seen.activations, *said))

        (found, *said), slopes, linear = run.slopes_by_activations(score)
        for path, slope in slopes.items():
            if slope is None:
                raise TargetError(
                    f"Layer {path} has no part in the explained score: choose another layer or output."
                )
        values = {path: traits.to_last(value) for path, value in found.items()}
        gradients = {path: traits.unscaled(traits.to_last(slope)) for path, slope in slopes.items()}
        finished = () if finish is None else finish(values, gradients, layout)
        handed = ({}, {}) if alone else (values, gradients)
        return Traced((finished, *handed, *said), facts | {"paths": tuple(values), "linear": linear})

    return program


def forward(traits: Traits, target: Target | None) -> Program:
    """Return the program: inputs -> outputs; with a target: inputs, its parameters -> what was said."""

    def program(run: Run, inputs: Any, parameters: Sequence[Any]) -> Traced:
        seen = run.forward(as_numbers(inputs))
        facts: dict[str, Any] = {}
        if target is None:
            return Traced(_handed_out(seen.values), facts)
        return Traced(_scored(seen, target, inputs, parameters, traits, facts)[2], facts)

    return program


def input_gradients(traits: Traits, target: Target, at: int) -> Program:
    """Return the program: inputs, target's parameters -> gradients by the input number `at`, scores, ..."""

    def program(run: Run, inputs: Any, parameters: Sequence[Any]) -> Traced:
        facts: dict[str, Any] = {}
        arrays = keras.tree.flatten(inputs)

        def score(points: Sequence[Any]) -> Start:
            arrays[at] = points[0]
            seen = run.forward(as_numbers(keras.tree.pack_sequence_as(inputs, arrays)))
            return Start(*_scored(seen, target, inputs, parameters, traits, facts))

        said, (slope,) = run.slopes_by([ops.cast(arrays[at], "float32")], score)
        if slope is None:
            raise TargetError("The explained score does not depend on the pictures: choose another output.")
        return Traced((traits.unscaled(slope), *said), facts)

    return program


def ascent(
    traits: Traits, sources: Sequence[str], render: Render, score: Score, counts: tuple[int, int]
) -> Program:
    """Return the program: latents, samples and weights -> gradients by the latents, scores.

    `counts` says how many latents and how many samples there are.
    """

    def program(run: Run, inputs: Any, parameters: Sequence[Any]) -> Traced:
        facts: dict[str, Any] = {}
        latents, samples = parameters[: counts[0]], parameters[counts[0] : sum(counts)]

        def answer(points: Sequence[Any]) -> Start:
            pictures = render(points, samples)
            if traits.channels_first:
                pictures = ops.transpose(pictures, (0, 3, 1, 2))
            seen = run.forward(pictures)
            answers = {path: traits.to_last(value) for path, value in seen.activations.items()}
            if OUTPUT in sources:
                answers[OUTPUT] = explained(seen, as_target(None))[0]
            facts["shapes"] = {path: _fixed_shape(path, value) for path, value in answers.items()}
            scores = score(answers, parameters[sum(counts) :])
            return Start(scores, traits.scale * ops.ones_like(scores), scores)

        scores, slopes = run.slopes_by(latents, answer)
        if any(slope is None for slope in slopes):
            raise InputError("The objective does not depend on the picture: choose another layer.")
        return Traced((tuple(traits.unscaled(slope) for slope in slopes), scores), facts)

    return program


def _scored(
    seen: Outputs,
    target: Target,
    inputs: Any,
    parameters: Sequence[Any],
    traits: Traits,
    facts: dict[str, Any],
) -> tuple[Any, Any, tuple[Any, Any, Any]]:
    """Return where a gradient starts, its seed, and (scores, classes, outputs); note the kind of score."""
    values, kind = explained(seen, target)
    if not target.whole:
        values = traits.to_last(values)
        refuse_rows(tuple(values.shape), [tuple(leaf.shape) for leaf in keras.tree.flatten(inputs)])
    facts |= {"score_kind": kind, "score_shape": None if target.whole else tuple(values.shape)}
    found: Scored = target.score(values, kind, *parameters)
    scores = ops.cast(found.scores, "float32")
    if len(scores.shape) != 1:
        raise TargetError(
            f"The target returned scores of shape {tuple(scores.shape)}; expected one per picture, (N,)."
        )
    said = (scores, found.classes, _handed_out(seen.values))
    scale = traits.scale
    if found.seed is None:
        return scores, scale * ops.ones_like(scores), said
    return values, found.seed if scale == 1 else scale * found.seed, said


def _handed_out(outputs: Any) -> Any:
    """Return a model's outputs as they are handed out: float32 where they hold fractions."""

    def convert(value: Any) -> Any:
        fractions = keras.backend.is_float_dtype(keras.backend.standardize_dtype(value.dtype))
        return ops.cast(value, "float32") if fractions else value

    return keras.tree.map_structure(convert, outputs)


def _fixed_shape(path: str, value: Any) -> tuple[int, ...]:
    shape = tuple(value.shape[1:])
    if None in shape:
        raise UnsupportedModelError(
            f"The answers of {path or 'the output'} have the shape {shape}, not a fixed one: choose another."
        )
    return shape

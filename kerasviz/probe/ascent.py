"""The search for pictures, compiled: the gradient of a score by what the pictures are rendered from."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from kerasviz.probe import programs
from kerasviz.probe.engine import Compiled, ReluRule, engine
from kerasviz.probe.layers import resolve
from kerasviz.probe.programs import OUTPUT, Render, Score, Traits
from kerasviz.probe.session import session_of
from kerasviz.probe.specs import Spec


class Ascent:
    """Pictures rendered from latents, the model's answers to them, and a score's gradient by the latents.

    Compiled once, for any number of pictures; equal ascents of one model share what is compiled. The model
    runs with `training=False` and is not changed. A ReLU that blocks the whole gradient of a picture lets
    through what would activate it (`ReluRule.REDIRECTED`).

    Args:
        model: a model with one input, built.
        sources: layer paths, and `OUTPUT` for the model's output.
        render: makes the pictures from latents and samples. Compared by value, as `score` is; they must not
            hold the model.
        score: makes one score per picture from the answers of the sources.
        latents: arrays (N, ...) as they will be passed; only their shapes count.
        samples: arrays of any shape, likewise.
        weight_ranks: the rank of each array that `score` gets as weights.

    Raises:
        LayerNotFoundError: no such layer.
        UnsupportedModelError: the model has several inputs, or a source's answers have no fixed shape.
        InputError: the score does not depend on the picture.
    """

    def __init__(
        self,
        model: keras.Model,
        sources: Sequence[str],
        render: Render,
        score: Score,
        latents: Sequence[np.ndarray],
        samples: Sequence[np.ndarray],
        weight_ranks: Sequence[int],
    ) -> None:
        specs = (
            *(Spec((None, *latent.shape[1:]), "float32") for latent in latents),
            *(Spec(sample.shape, str(sample.dtype)) for sample in samples),
            *(Spec((None,) * rank, "float32") for rank in weight_ranks),
        )

        def make(model: keras.Model) -> Compiled:
            paths = [path for path in sources if path != OUTPUT]
            calls = resolve(model, paths) if paths else ()
            counts = (len(latents), len(samples))
            program = programs.ascent(Traits.of(model), sources, render, score, counts)
            return engine().compile(model, program, (), specs, calls, ReluRule.REDIRECTED)

        key = ("ascent", tuple(sources), render, score, specs, len(latents), len(samples))
        self._compiled = session_of(model).kept(key, make)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each source's answers to one picture."""
        return self._compiled.facts["shapes"]

    def __call__(
        self, latents: Sequence[np.ndarray], samples: Sequence[np.ndarray], weights: Sequence[np.ndarray]
    ) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Return the gradients by the latents, in their shapes, and the scores (N,)."""
        return engine().to_numpy(self._compiled((), [*latents, *samples, *weights]))

"""The frozen forward: a model's run with the weights of one moment, for work of hundreds of passes.

Weights that stay as they are can be computed with beforehand: an engine may fold batch normalisation into the
convolutions before it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from kerasviz.errors import TargetError
from kerasviz.probe import programs
from kerasviz.probe.class_scores import shown
from kerasviz.probe.engine import Compiled, checked_precision, engine
from kerasviz.probe.inputs import checked, leaves
from kerasviz.probe.layers import uses_channels_first
from kerasviz.probe.outputs import pick
from kerasviz.probe.session import Session, session_of
from kerasviz.probe.specs import ensure_built, signature, specs_of
from kerasviz.probe.target import Target, parameter_specs


class ScoredBatch(NamedTuple):
    """What a model said of each picture of a batch.

    `scores` float32 (N,), `classes` int32 (N,), -1 where the target is no class; `outputs` the model's,
    float32 in its own structure; `score_kind` as in `Trace`.
    """

    scores: np.ndarray
    classes: np.ndarray
    outputs: Any
    score_kind: str


class FrozenForward:
    """A model run with the weights of one moment: batch in, outputs out. Make one with `frozen_forward`.

    Calling it looks whether the model's weights have changed and freezes them anew if so. Inside `held()`
    they are looked at once: for many passes over unchanged weights.

    Results agree with the model's own to 1e-5 in float32; `"bfloat16"` computes convolutions and products of
    matrices with 8 bits of precision, exact to about 0.3 %: faster on CPUs with such instructions.
    """

    def __init__(self, session: Session, precision: str) -> None:
        self._session = session
        self._precision = checked_precision(precision)
        self._held = False

    def __call__(self, batch: Any) -> Any:
        """Return the model's outputs for one batch, float32, in the model's own structure."""
        return self._run(checked(self._session.model(), batch), None, ())[0]

    def scores(self, batch: Any, target: Target) -> np.ndarray:
        """Return the target's score for each picture of one batch, float32 (N,)."""
        return self.scored(batch, target).scores

    def scored(
        self, batch: Any, target: Target, parameters: Sequence[np.ndarray] | None = None
    ) -> ScoredBatch:
        """Return the target's scores of one batch, and what else the same run saw.

        `parameters` are the target's for these pictures; by default those that it gives itself.
        """
        model = self._session.model()
        batch = checked(model, batch)
        if parameters is None:
            parameters = target.parameters(model, len(leaves(batch)[0]))
        (scores, classes, outputs), facts = self._run(batch, target, parameters)
        return ScoredBatch(scores, classes, outputs, facts["score_kind"])

    @contextlib.contextmanager
    def held(self) -> Iterator[FrozenForward]:
        """Look at the weights now, and not again until the block ends."""
        self._session.look_at_weights()
        outer, self._held = self._held, True
        try:
            yield self
        finally:
            self._held = outer

    def _run(
        self, batch: Any, target: Target | None, parameters: Sequence[np.ndarray]
    ) -> tuple[Any, dict[str, Any]]:
        model = self._session.model()
        # Within `held`, an unbuilt model has had no weights to look at.
        if not self._held or not model.built:
            ensure_built(model, batch)
            self._session.look_at_weights()

        def make(model: keras.Model) -> Compiled:
            return engine().compile(
                model,
                programs.forward(programs.Traits.of(model), target and target.lasting()),
                specs_of(batch),
                parameter_specs(target) if target else (),
                precision=self._precision,
                weights=self._session.weights(),
            )

        key = ("frozen", self._precision, target and target.key(), signature(batch))
        compiled = self._session.kept(key, make)
        if target is not None:
            target.check(compiled.facts["score_shape"] or (), parameters)
        return engine().to_numpy(compiled(batch, parameters)), compiled.facts


def frozen_forward(model: keras.Model, precision: str = "float32") -> FrozenForward:
    """Return a frozen forward of a model; what it compiles is kept as long as the model lives.

    Args:
        model: any Keras model; it is not changed, and may go on training.
        precision: `"float32"`, or `"bfloat16"` for speed on CPUs that compute in it.

    Raises:
        InputError: another precision.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])
    >>> forward = frozen_forward(model)
    >>> with forward.held():
    ...     [forward(np.full((1, 2), value, np.float32)).item() for value in (1.0, 2.0)]
    [2.0, 4.0]
    """
    return FrozenForward(session_of(model), precision)


def map_size(model: keras.Model, batch: Any, output: int | str | None = None) -> tuple[int, int]:
    """Return height and width of the map of scores that a model makes of a batch, from its first picture.

    Raises:
        TargetError: the output is no map `(N, h, w, classes)`, or there are several and none is named.
    """
    first = keras.tree.map_structure(lambda leaf: leaf[:1], batch)
    shape = pick(model, frozen_forward(model)(first), output).shape
    if len(shape) != 4:
        raise TargetError(
            f"The explained output has shape {shown(shape)}; a region needs (N, h, w, classes)."
        )
    return shape[2:] if uses_channels_first(model) else shape[1:3]

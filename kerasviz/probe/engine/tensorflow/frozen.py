"""The frozen forward: a model's run with the weights of one moment, for work of hundreds of passes.

Weights that stay as they are can be computed with beforehand: batch normalisation is folded into the
convolutions before it.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine.tensorflow.precision import in_precision
from kerasviz.probe.engine.tensorflow.run import Compiled, compile_forward, ensure_built, signature
from kerasviz.probe.inputs import checked, leaves
from kerasviz.probe.layers import structure_mark
from kerasviz.probe.targets import Target


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

    def __init__(self, model: keras.Model, precision: str = "float32") -> None:
        self._model = weakref.ref(model)
        self._options = in_precision(precision)
        self._weights = _Weights(model)
        self._frozen: dict[tuple, Compiled] = {}
        self._held = False

    def __call__(self, batch: Any) -> Any:
        """Return the model's outputs for one batch, float32, in the model's own structure."""
        return self._run(batch, None, ())[0]

    def scores(self, batch: Any, target: Target) -> np.ndarray:
        """Return the target's score for each picture of one batch, float32 (N,)."""
        return self.scored(batch, target).scores

    def scored(self, batch: Any, target: Target) -> ScoredBatch:
        """Return the target's scores of one batch, and what else the same run saw."""
        model = self._existing()
        parameters = target.parameters(model, len(leaves(checked(model, batch))[0]))
        (scores, classes, outputs), kind = self._run(batch, target, parameters)
        return ScoredBatch(scores, classes, outputs, str(kind))

    @contextlib.contextmanager
    def held(self) -> Iterator[FrozenForward]:
        """Look at the weights now, and not again until the block ends."""
        self._refresh(self._existing())
        outer, self._held = self._held, True
        try:
            yield self
        finally:
            self._held = outer

    def _existing(self) -> keras.Model:
        model = self._model()
        if model is None:
            raise UnsupportedModelError("The frozen model no longer exists: keep a reference to it.")
        return model

    def _run(self, batch: Any, target: Target | None, parameters: Any) -> tuple[Any, str | None]:
        model = self._existing()
        batch = checked(model, batch)
        if not model.built:
            ensure_built(model, batch)
            self._refresh(model)
        elif not self._held:
            self._refresh(model)
        key = (target and target.key(), signature(batch), structure_mark(model))
        with self._options():
            if key not in self._frozen:
                self._frozen[key] = compile_forward(model, batch, target, self._weights.of(model))
            compiled = self._frozen[key]
            if target is not None:
                target.check(compiled.score_shape or (), parameters)
            return compiled(batch, parameters), compiled.score_kind

    def _refresh(self, model: keras.Model) -> None:
        if self._weights.changed(model):
            self._frozen.clear()


_FORWARDS: weakref.WeakKeyDictionary[keras.Model, dict[str, FrozenForward]] = weakref.WeakKeyDictionary()


def frozen_forward(model: keras.Model, precision: str = "float32") -> FrozenForward:
    """Return the frozen forward of a model, the same one as long as the model lives.

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
    forwards = _FORWARDS.setdefault(model, {})
    if precision not in forwards:
        forwards[precision] = FrozenForward(model, precision)
    return forwards[precision]


class _Weights:
    """Notices that a model's weights have changed since the last look.

    While a read of a variable is kept, TensorFlow writes every update to a new place in memory. So a variable
    that still lies where it lay has not changed, and only the others have to be compared.
    """

    def __init__(self, model: keras.Model) -> None:
        self._kept = _read(model)

    def of(self, model: keras.Model) -> list[tuple[keras.Variable, tf.Tensor]]:
        """Return each variable of the model with what it held at the last look."""
        return list(zip(model.variables, self._kept, strict=True))

    def changed(self, model: keras.Model) -> bool:
        kept, self._kept = self._kept, _read(model)
        return len(kept) != len(self._kept) or not all(map(_same, kept, self._kept))


def _read(model: keras.Model) -> list[tf.Tensor]:
    return [tf.convert_to_tensor(variable.value) for variable in model.variables]


def _same(one: tf.Tensor, other: tf.Tensor) -> bool:
    a, b = _shared(one), _shared(other)
    if a.ctypes.data == b.ctypes.data and a.shape == b.shape:
        return True
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _shared(tensor: tf.Tensor) -> np.ndarray:
    """Return an array that lies in the tensor's memory, and keeps it."""
    # The buffer protocol knows no bfloat16.
    return np.asarray(memoryview(tf.bitcast(tensor, tf.uint16) if tensor.dtype == tf.bfloat16 else tensor))

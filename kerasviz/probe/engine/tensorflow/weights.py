"""The weights of a model at one moment, and whether they are still those.

While a read of a variable is kept, TensorFlow writes every update of it to a new place in memory: assignments
bring their own memory, and updates in place (an optimizer's, a scattered one) first copy what somebody else
still refers to. So a variable that lies where it lay has not changed; only the others have to be compared.
Where memory cannot be looked at, on a GPU, the comparison is made there: no weight travels to the host.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf


class HeldWeights:
    """See `kerasviz.probe.engine.Weights`."""

    def __init__(self, model: keras.Model) -> None:
        self._variables: list[int] | None = None
        self._take(model)

    def of(self, model: keras.Model) -> list[tuple[keras.Variable, tf.Tensor]]:
        """Return each variable of the model with what it held at the last look."""
        return list(zip(model.variables, self._values, strict=True))

    def renew(self, model: keras.Model) -> bool:
        """Take the weights of now; return whether they are others."""
        variables, values, places = self._variables, self._values, self._places
        self._take(model)
        if variables != self._variables or [v.shape for v in values] != [v.shape for v in self._values]:
            return True
        return any(
            (place is None or place != self._places[at]) and not _equal(values[at], self._values[at])
            for at, place in enumerate(places)
        )

    def _take(self, model: keras.Model) -> None:
        variables = model.variables
        if [*map(id, variables)] != self._variables:
            self._variables = [*map(id, variables)]
            self._read = _reader(variables)
        self._values: list[tf.Tensor] = self._read()
        self._places = [*map(_place, self._values)]


def _reader(variables: list[keras.Variable]) -> Callable[[], list[tf.Tensor]]:
    """Return a compiled function that returns what the variables hold, without a copy."""

    # A large model has a thousand of them: one by one, reading them takes six times as long.
    @tf.function(autograph=False)
    def read() -> list[tf.Tensor]:
        return [tf.convert_to_tensor(variable.value) for variable in variables]

    return read.get_concrete_function()


def _place(tensor: tf.Tensor) -> int | None:
    """Return where a tensor lies in the host's memory; None where it lies elsewhere."""
    if "CPU" not in tensor.backing_device:
        return None
    # The buffer protocol knows no bfloat16.
    seen = tf.bitcast(tensor, tf.uint16) if tensor.dtype == tf.bfloat16 else tensor
    return np.asarray(memoryview(seen)).ctypes.data


@tf.function(reduce_retracing=True)
def _equal(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    same = a == b
    return tf.reduce_all(same | ((a != a) & (b != b)) if a.dtype.is_floating else same)

"""Counting training steps from what Keras tells its callbacks."""

from __future__ import annotations

import keras

# Of the batches that `steps_per_execution` runs together Keras names the last, and before 3.11 the first.
_NAMES_THE_FIRST = tuple(int(part) for part in keras.__version__.split(".")[:2]) < (3, 11)


def last_batch(callback: keras.callbacks.Callback, batch: int) -> int:
    """Return the number, within its epoch, of the last batch that has run when Keras says `batch` has."""
    together = callback.model.steps_per_execution
    if together == 1 or not _NAMES_THE_FIRST:
        return batch
    last, steps = batch + together - 1, callback.params.get("steps")
    return last if steps is None else min(last, steps - 1)

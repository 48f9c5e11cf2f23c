"""Counting training steps: from what Keras tells its callbacks, the optimizer, and the log where it does not.

A model that trains with optimizers of its own (the GAN of Keras's guide) leaves `model.optimizer` at step 0.
Its log says so in a text, and a later run goes on where the log ends.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import keras

from kerasviz.errors import LogError
from kerasviz.events import EventLog, open_log
from kerasviz.watch.trainer_state import model_as_it_stands

# Of the batches that `steps_per_execution` runs together Keras names the last, and before 3.11 the first.
_NAMES_THE_FIRST = tuple(int(part) for part in keras.__version__.split(".")[:2]) < (3, 11)
OWN_STEPS_TAG = "steps"
_OWN_STEPS = (
    "Steps are counted by kerasviz, from batch to batch: the optimizer of the model does not count them. "
    "A later run in this folder goes on where the log ends."
)


def last_batch(callback: keras.callbacks.Callback, batch: int) -> int:
    """Return the number, within its epoch, of the last batch that has run when Keras says `batch` has."""
    together = model_as_it_stands(callback).steps_per_execution
    if together == 1 or not _NAMES_THE_FIRST:
        return batch
    last, steps = batch + together - 1, callback.params.get("steps")
    return last if steps is None else min(last, steps - 1)


def optimizer_step(optimizer: Any) -> int:
    """Return how many steps an optimizer has made; 0 where there is none."""
    # Not int(...) of the variable itself, which fails where it is mirrored over several devices.
    return 0 if optimizer is None else int(keras.ops.convert_to_numpy(optimizer.iterations))


def first_step(directory: Path, optimizer: Any) -> int:
    """Return the step at which a run that logs into `directory` starts.

    That is the optimizer's, or, where the optimizer is at 0 and the log says that nobody else counts, the
    last step of the log.
    """
    counted = optimizer_step(optimizer)
    if counted == 0:
        with contextlib.suppress(LogError):  # nothing was logged there yet
            tags = [info for info in open_log(directory).tags() if info.run == "."]
            if any(info.tag == OWN_STEPS_TAG and info.kind == "text" for info in tags):
                return max(info.last_step for info in tags)
    return counted


def note_own_steps(log: EventLog, step: int) -> None:
    """Say in the log that its steps are not an optimizer's."""
    log.text(OWN_STEPS_TAG, step, _OWN_STEPS)

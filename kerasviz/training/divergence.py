"""Losses that are no number any more: said at once, and the end of a run after an epoch of them."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import keras

logger = logging.getLogger(__name__)


def diverged(logs: Mapping[str, Any] | None) -> bool:
    """Return whether an epoch's logs say that the network answers with no numbers any more.

    The loss on the validation pictures says so, which the network has as it is now; without it the mean loss
    of the epoch.

    >>> diverged({"loss": float("nan"), "val_loss": 0.5}), diverged({"loss": float("inf")}), diverged({})
    (False, True, False)
    """
    logs = logs or {}
    loss = logs.get("val_loss", logs.get("loss"))
    return loss is not None and not math.isfinite(float(loss))


class Divergence(keras.callbacks.Callback):
    """Says at which step the loss is no number any more, and stops after the epoch if it stays so.

    Attributes:
        step: the first optimizer step with such a loss, None where there was none or it went by.
        loss: the loss at that step.
        stopped_after: the epoch, counted from 1, after which it stopped the training; None where it did not.

    Args:
        keep_going: say it only.
    """

    def __init__(self, keep_going: bool = False) -> None:
        super().__init__()
        self.step: int | None = None
        self.loss = math.nan
        self.stopped_after: int | None = None
        self._keep_going = keep_going
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note the epoch, by which steps are counted."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Look at the loss; Keras's is the mean since the epoch began, which one NaN makes NaN."""
        if self.step is not None or not logs or "loss" not in logs:
            return
        self.loss = float(logs["loss"])
        if math.isfinite(self.loss):
            return
        self.step = self._epoch * (self.params.get("steps") or 0) + batch + 1
        then = "Training goes on." if self._keep_going else "Training stops after this epoch if it stays so."
        logger.warning(
            "The loss is %s at step %d, in epoch %d. %s", self.loss, self.step, self._epoch + 1, then
        )

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Stop the training, or forget what has gone by."""
        if not diverged(logs):
            self.step = None
        elif not self._keep_going:
            self.stopped_after = epoch + 1
            self.model.stop_training = True

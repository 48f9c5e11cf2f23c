"""A full disk, or a limit on the size of files, never ends a training."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import keras
import numpy as np
import pytest
from places_that_refuse import file_size_limit

from kerasviz.data.decoded import decode_all
from kerasviz.errors import OutputError
from kerasviz.events import open_log
from kerasviz.images import write_png
from kerasviz.models import load_model
from kerasviz.training import Checkpoints
from kerasviz.watch import Evolution, TrainingLog, drift


class LimitFrom(keras.callbacks.Callback):
    """Lets files grow no further than `size` bytes from the beginning of `epoch` to the end of the block."""

    def __init__(self, size: int, epoch: int) -> None:
        super().__init__()
        self.size, self.epoch = size, epoch

    def __enter__(self) -> LimitFrom:
        self.stack = contextlib.ExitStack()
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if epoch == self.epoch:
            self.stack.enter_context(file_size_limit(self.size))


def count_of(tag: str, log: Path) -> int:
    return next(info.count for info in open_log(log).tags() if info.tag == tag)


def test_training_goes_on_and_the_last_good_checkpoint_stays(
    small_model, pictures, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = small_model()
    kept = {}

    class Keep(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
            kept[epoch] = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    with caplog.at_level(logging.WARNING), LimitFrom(500, 1) as limit:
        callbacks = [limit, Checkpoints(tmp_path, "loss"), Keep()]
        history = model.fit(*pictures, batch_size=4, epochs=3, verbose=0, callbacks=callbacks)
    assert len(history.history["loss"]) == 3
    assert sorted(kept[0]) == ["best.keras", "last.keras", "progress.json"]
    assert kept[2] == kept[1] == kept[0], "nothing was replaced, and nothing is left over"
    said = [record.getMessage() for record in caplog.records]
    assert [text.split(":")[0] for text in said] == ["After epoch 2", "After epoch 3"]
    assert all("files of that size are not allowed here" in text for text in said)
    assert all("Training goes on without a new checkpoint." in text for text in said)
    assert int(load_model(tmp_path / "last.keras", compile=True).optimizer.iterations) == 3


def test_a_best_model_that_was_not_saved_is_not_counted_as_the_best(
    small_model, pictures, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = small_model()
    checkpoints = Checkpoints(tmp_path, "score")
    checkpoints.set_model(model)
    model.fit(*pictures, epochs=1, verbose=0)
    checkpoints.on_epoch_end(0, {"score": 1.0})
    with file_size_limit(500):
        checkpoints.on_epoch_end(1, {"score": 3.0})
    assert (checkpoints.best, checkpoints.best_epoch) == (1.0, 1)
    checkpoints.on_epoch_end(2, {"score": 2.0})
    assert (checkpoints.best, checkpoints.best_epoch) == (2.0, 3)
    assert len(caplog.records) == 1


def test_scalars_and_frames_end_where_the_disk_does(
    small_model, pictures, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), LimitFrom(60_000, 2) as limit:
        callbacks = [limit, TrainingLog(tmp_path, every=1), Evolution(tmp_path, every=1)]
        history = small_model().fit(*pictures, batch_size=1, epochs=40, verbose=0, callbacks=callbacks)
    assert len(history.history["loss"]) == 40
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "Training goes on, but its log ends at step" in said
    assert len(caplog.records) <= 2, "each log says it once"
    assert 2 <= count_of("epoch_loss", tmp_path / "train") < 40


@pytest.mark.parametrize("kind", ["folder", "limit"])
def test_initial_kernels_that_cannot_be_kept_do_not_end_training(
    kind: str, small_model, pictures, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if kind == "folder":
        (tmp_path / "evolution" / "initial_kernels.npz").mkdir(parents=True)
    limit = file_size_limit(1500) if kind == "limit" else contextlib.nullcontext()
    with caplog.at_level(logging.WARNING), limit:
        evolution = Evolution(tmp_path, drift(), every=1)
        small_model().fit(*pictures, epochs=1, verbose=0, callbacks=[evolution])
    (said,) = [record.getMessage() for record in caplog.records]
    assert "initial_kernels.npz' cannot be written: " in said
    assert said.endswith("Training goes on, but when it is resumed, drift starts from 0 again.")
    assert count_of("drift/conv1", tmp_path) > 1


def test_a_cache_of_pictures_on_a_full_disk_is_a_sentence_and_no_crash(
    tiny_disk: Path, tmp_path: Path
) -> None:
    write_png(tmp_path / "a.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(OutputError, match="the disk is full"):
        decode_all([tmp_path / "a.png"] * 8, 224, 3, tiny_disk)
    assert not list(tiny_disk.iterdir())
    assert decode_all([tmp_path / "a.png"] * 8, 8, 3, tiny_disk).shape == (8, 8, 8, 3)

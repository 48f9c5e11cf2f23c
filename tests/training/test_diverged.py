"""Losses that are no number: said at once, the run stopped after an epoch of them, what was good kept."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.errors import DivergedError
from kerasviz.models import pets_cnn
from kerasviz.training import Phase, Place, Settings, train
from kerasviz.training.divergence import Divergence

DATASET = kv.data.open_data("shapes", train=8, validation=4, image_size=16)
TOO_FAST = 1e30


def go(log_dir: Path, rates: list[float], epochs: int, **more: bool) -> keras.Model:
    """Train for an epoch at each rate, the last of them to the end."""

    def build(mean: np.ndarray) -> keras.Model:
        names = list(DATASET.class_names)
        return pets_cnn(names, 16, widths=(2, 3), fc_width=4, mean_image=mean)

    settings = Settings(epochs, 4, 1e-3, 16, watch_every=1, log_every=1, histograms=False, **more)
    silent = kv.watch.dead_filters([DATASET.validation.image(0)])
    watch = [kv.watch.kernels("conv1_1"), kv.watch.drift("conv1_1"), silent]
    phases = [Phase(epoch, rate) for epoch, rate in enumerate(rates)]
    return train(DATASET, build, Place(log_dir), settings, watch=watch, phases=phases)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("kerasviz")]


def test_a_run_stops_after_an_epoch_of_it_and_keeps_the_last_good_checkpoint(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(DivergedError) as caught:
        go(tmp_path, [1e-3, TOO_FAST], 9)
    said = warnings(caplog)
    assert said[0] == "The loss is nan at step 4, in epoch 2. Training stops after this epoch if it stays so."
    assert said[1].startswith("After epoch 2 the loss is no number: no checkpoint is written")
    assert len(said) == 2
    assert str(caught.value) == (
        f"The loss became nan at step 4, and after epoch 2 it is no number still: the training in {tmp_path} "
        "was stopped; the checkpoints of the epochs before are kept. Try a smaller learning rate, or pass "
        "keep_going=True."
    )
    last = kv.load_model(tmp_path / "last.keras", compile=True)
    assert int(last.optimizer.iterations) == 2
    assert all(np.isfinite(weight).all() for weight in last.get_weights())
    assert json.loads((tmp_path / "progress.json").read_text())["epochs"] == 1
    # What went wrong can be looked at: the frames up to the last step are there.
    log = kv.open_log(tmp_path)
    assert [frame.step for frame in log.frames("kernels/conv1_1")][-1] == 4
    assert len(log.scalars("epoch_loss", run="train")) == 2


def test_keep_going_says_it_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        model = go(tmp_path, [1e-3, TOO_FAST], 3, keep_going=True)
    said = warnings(caplog)
    assert said[0] == "The loss is nan at step 4, in epoch 2. Training goes on."
    assert [text.split(" the loss")[0] for text in said[1:]] == ["After epoch 2", "After epoch 3"]
    assert int(model.optimizer.iterations) == 6
    assert int(kv.load_model(tmp_path / "last.keras", compile=True).optimizer.iterations) == 2


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = "--pictures 8 --image-size 16 --batch-size 4 --epochs 3 --learning-rate 1e30 --no-histograms"
    command = ["train", "shapes", "--log-dir", str(tmp_path / "run"), *options.split()]
    assert main(command) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("kerasviz train: The loss became nan at step ")
    assert "no epoch before went well" in said
    assert said.endswith("or pass --keep-going.")
    assert not (tmp_path / "run" / "last.keras").exists()
    assert main([*command, "--overwrite", "--keep-going"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith(
        "kerasviz train: The model returns values that are not finite: its training ran away"
    )
    assert (tmp_path / "run" / "kernels-conv1_1.gif").exists()


@pytest.mark.parametrize(
    ("epochs", "stopped_after"),
    [
        ([{"loss": math.nan, "val_loss": 1.0}, {"loss": 1.0, "val_loss": math.nan}], 2),
        ([{"loss": 1.0}, {"loss": 1.0}, {"loss": math.inf}], 3),
        ([{"loss": math.nan, "val_loss": 0.1}], None),
        ([{"accuracy": math.nan}, {}], None),
    ],
)
def test_what_stays_no_number_stops(epochs: list[dict[str, float]], stopped_after: int | None) -> None:
    divergence = Divergence()
    divergence.set_model(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]))
    divergence.set_params({"steps": 1})
    for number, logs in enumerate(epochs):
        divergence.on_epoch_begin(number)
        divergence.on_train_batch_end(0, {name: value for name, value in logs.items() if name != "val_loss"})
        divergence.on_epoch_end(number, logs)
    assert divergence.stopped_after == stopped_after
    assert bool(getattr(divergence.model, "stop_training", False)) is (stopped_after is not None)

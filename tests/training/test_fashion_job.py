"""The Fashion-MNIST job and its command, on generated IDX files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.data import fashion_mnist, shapes
from kerasviz.errors import InputError, LogError
from kerasviz.training import PRESETS, Place, Settings, train_fashion_cnn
from kerasviz.training.recipes.fashion import _rate


@pytest.fixture(scope="module")
def idx(tmp_path_factory) -> Path:
    """Small IDX files: a bright square whose place tells the class."""
    folder = tmp_path_factory.mktemp("fashion")
    generator = np.random.default_rng(0)
    for part, count in (("train", 100), ("t10k", 40)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = generator.integers(0, 40, (count, 28, 28), np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 + 12 * (label // 5) :, 5 * (label % 5) :][:12, :5] = 250
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (folder / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    return folder


def small(**changes) -> Settings:
    values = {"epochs": 2, "batch_size": 10, "learning_rate": 1e-3, "image_size": 28, "watch_every": 5}
    return Settings(**{**values, **changes})


def test_the_command_trains_watches_and_evaluates(idx, tmp_path, capsys) -> None:
    log_dir = tmp_path / "run"
    command = ["train", "fashion", "--data", str(idx), "--log-dir", str(log_dir), "--epochs", "2"]
    assert main([*command, "--every", "5", "--log-every", "2"]) == 0
    out = capsys.readouterr().out
    assert "100 train, 40 validation, 10 classes" in out
    assert "Ankle boot" in out
    settings = json.loads((log_dir / "settings.json").read_text())
    assert (settings["epochs"], settings["batch_size"], settings["schedule"]) == (2, 20, "constant")
    log = kv.open_log(log_dir)
    tags = {info.tag for info in log.tags() if info.run == "evolution"}
    assert {
        f"{kind}/{layer}" for kind in ("kernels", "responses", "drift") for layer in ("conv1", "conv2")
    } < tags
    assert {"dead_filters/conv1", "dead_filters/conv2"} < tags
    assert [frame.step for frame in log.frames("kernels/conv1")] == [0, 5, 10]
    evaluation = json.loads((log_dir / "evaluation.json").read_text())
    last = dict(log.scalars("epoch_accuracy", run="validation"))[1]
    assert evaluation["accuracy"] == pytest.approx(last, abs=1e-6)
    assert {"kernels-conv2.gif", "evaluation-mistakes.png", "last.keras"} <= {
        p.name for p in log_dir.iterdir()
    }


def test_options_go_before_the_preset(idx, tmp_path) -> None:
    command = ["train", "fashion", "--data", str(idx), "--preset", "best", "--epochs", "1", "--no-flip"]
    assert main([*command, "--batch-size", "50", "--log-dir", str(tmp_path)]) == 0
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert settings["augmentation"]["flip"] is False
    assert settings["schedule"] == "cosine over 1 epochs"
    assert settings["learning_rate"] == PRESETS["best"][0].learning_rate


def test_the_cosine_rises_in_the_first_epoch_and_falls_to_0() -> None:
    rate = _rate("cosine", 0.002, steps=10, epochs=20)
    values = [float(rate(step)) for step in (0, 5, 10, 105, 200)]
    assert values == pytest.approx([0.0001, 0.00105, 0.002, 0.001, 0.0], abs=1e-9)
    assert [float(_rate("cosine", 0.002, steps=1, epochs=1)(step)) for step in (0, 1)] == pytest.approx(
        [1e-4, 2e-3]
    )


def test_the_cosine_ends_at_nothing_and_goes_on_when_resumed(idx, tmp_path) -> None:
    dataset = fashion_mnist.load(idx)
    whole = train_fashion_cnn(dataset, Place(tmp_path / "a"), small(), schedule="cosine")
    assert float(whole.optimizer.learning_rate) == pytest.approx(0.0, abs=1e-9)
    constant = train_fashion_cnn(dataset, Place(tmp_path / "b"), small())
    assert float(constant.optimizer.learning_rate) == pytest.approx(1e-3)
    assert not np.array_equal(whole.get_weights()[0], constant.get_weights()[0])
    # A longer cosine is another run: it would have had other rates from the start.
    with pytest.raises(LogError, match="cosine over 2 epochs"):
        train_fashion_cnn(dataset, Place(tmp_path / "a", resume=True), small(epochs=3), schedule="cosine")


def test_what_the_network_cannot_take_is_refused(idx, tmp_path) -> None:
    dataset = fashion_mnist.load(idx)
    with pytest.raises(InputError, match="grey pictures of 28 x 28"):
        train_fashion_cnn(shapes.load(4, 2, image_size=28), Place(tmp_path / "a"), small())
    with pytest.raises(InputError, match="schedule is 'step'"):
        train_fashion_cnn(dataset, Place(tmp_path / "b"), small(), schedule="step")
    assert not (tmp_path / "b" / "settings.json").exists()


def test_a_cut_off_file_is_one_sentence_and_status_2(idx, tmp_path, capsys) -> None:
    for file in idx.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 400 if "images" in file.name else None])
    assert main(["train", "fashion", "--data", str(tmp_path), "--log-dir", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "damaged or cut off" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "run").exists()

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasviz as kv
from kerasviz.data import shapes
from kerasviz.errors import InputError, LogError
from kerasviz.images import read_image
from kerasviz.models import pets_cnn
from kerasviz.training import Place, Settings, train, train_pets_cnn

SETTINGS = {
    "epochs": 2,
    "batch_size": 4,
    "learning_rate": 1e-3,
    "image_size": 16,
    "log_every": 2,
    "watch_every": 3,
}


@pytest.fixture(scope="module")
def dataset():
    return shapes.load(18, 8, image_size=16)


def train_small(dataset, place: Place, settings: Settings) -> keras.Model:
    """Train a small network, watched a little: what a whole job does, for less."""

    def build(mean: np.ndarray) -> keras.Model:
        return pets_cnn(list(dataset.class_names), 16, widths=(2, 3), fc_width=4, mean_image=mean)

    return train(dataset, build, place, settings, watch=[kv.watch.kernels("conv1_1"), kv.watch.drift()])


def weights(path: Path) -> list[np.ndarray]:
    return kv.load_model(path).get_weights()


def test_a_run_leaves_all_it_promises(tmp_path, dataset) -> None:
    model = train_pets_cnn(dataset, Place(tmp_path), Settings(**SETTINGS))
    assert int(model.optimizer.iterations) == 10
    assert kv.class_names(kv.load_model(tmp_path / "best.keras")) == list(dataset.class_names)
    log = kv.open_log(tmp_path)
    assert {info.run for info in log.tags()} == {"train", "validation", "evolution"}
    np.testing.assert_array_equal(read_image(tmp_path / "probe.png"), dataset.validation.image(0))
    assert [frame.step for frame in log.frames("responses/conv2_2")] == [0, 3, 6, 9, 10]
    assert [step for step, _ in log.scalars("batch_loss", run="validation")] == [2, 4, 6, 8, 10]
    frames = list(log.frames("responses/conv2_2"))
    assert max(frame.meta.clipped for frame in frames) <= 0.01
    # A scale of one stretch, and another only where it says that it has grown.
    assert len({frame.meta.scale for frame in frames}) == 1 + sum(
        bool(frame.meta.grown_from) for frame in frames
    )
    progress = json.loads((tmp_path / "progress.json").read_text())
    accuracies = dict(log.scalars("epoch_accuracy", run="validation"))
    assert progress["best"] == pytest.approx(max(accuracies.values()))
    assert accuracies[progress["best_epoch"] - 1] == pytest.approx(progress["best"])
    # the best is for use, without the optimizer's two values for every weight
    assert (tmp_path / "best.keras").stat().st_size < 0.5 * (tmp_path / "last.keras").stat().st_size
    image = dataset.validation.image(0)[None].astype("float32")
    last = kv.load_model(tmp_path / "last.keras")
    np.testing.assert_allclose(last.predict(image, verbose=0), model.predict(image, verbose=0))


def test_a_second_writer_is_refused(tmp_path, dataset) -> None:
    script = (
        "import sys, pathlib\n"
        "from kerasviz.training.lock import only_writer\n"
        "with only_writer(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LogError, match=f"Process {other.pid} is training into"):
            train_small(dataset, Place(tmp_path), Settings(**SETTINGS))
        assert {path.name for path in tmp_path.iterdir()} == {"run.lock"}
        other.kill()
        other.wait()
        train_small(dataset, Place(tmp_path), Settings(**SETTINGS))


@pytest.mark.parametrize("inside", ["", "run"])
def test_a_folder_that_cannot_be_made(tmp_path, dataset, inside) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LogError, match=r"cannot hold a run: .*choose another folder"):
        train_small(dataset, Place(tmp_path / "file" / inside), Settings(**SETTINGS))
    assert (tmp_path / "file").read_text() == "not a folder"


def test_responses_on_a_scale_of_their_own_at_each_look(tmp_path, dataset) -> None:
    train_pets_cnn(dataset, Place(tmp_path), Settings(**SETTINGS, response_scale="frame"))
    frames = list(kv.open_log(tmp_path).frames("responses/conv2_2"))
    assert len({tuple(frame.meta.scale) for frame in frames}) == len(frames) == 5
    with pytest.raises(InputError, match="'growing', 'fixed' or 'frame'"):
        Settings(response_scale="each")


def test_same_seed_same_run_and_the_callers_generators_are_left_alone(tmp_path, dataset) -> None:
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    runs = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train_small(dataset, Place(tmp_path / name), Settings(**SETTINGS, seed=seed))
        runs[name] = kv.open_log(tmp_path / name).scalars("batch_loss", run="train")
    assert runs["a"] == runs["b"]
    assert runs["a"] != runs["c"]
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002


def test_resumed_equals_uninterrupted(tmp_path, dataset) -> None:
    longer = {**SETTINGS, "epochs": 3}
    train_small(dataset, Place(tmp_path / "whole"), Settings(**longer))
    train_small(dataset, Place(tmp_path / "parts"), Settings(**SETTINGS))
    train_small(dataset, Place(tmp_path / "parts", resume=True), Settings(**longer))
    whole, parts = kv.open_log(tmp_path / "whole"), kv.open_log(tmp_path / "parts")
    for one, other in zip(
        weights(tmp_path / "whole" / "last.keras"), weights(tmp_path / "parts" / "last.keras"), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    for run, tag in (("train", "epoch_loss"), ("validation", "epoch_loss"), ("evolution", "drift/fc1")):
        whole_values, part_values = dict(whole.scalars(tag, run=run)), dict(parts.scalars(tag, run=run))
        assert whole_values.items() <= part_values.items()
    whole_frames = {frame.step: frame.image for frame in whole.frames("kernels/conv1_1")}
    part_frames = {frame.step: frame.image for frame in parts.frames("kernels/conv1_1")}
    assert whole_frames.keys() <= part_frames.keys()
    for step, image in whole_frames.items():
        np.testing.assert_array_equal(image, part_frames[step])


def test_a_run_is_not_mixed_with_another(tmp_path, dataset) -> None:
    train_small(dataset, Place(tmp_path), Settings(**SETTINGS))
    with pytest.raises(LogError, match="already holds a run"):
        train_small(dataset, Place(tmp_path), Settings(**SETTINGS))
    other = Settings(**{**SETTINGS, "batch_size": 6, "epochs": 4})
    with pytest.raises(LogError, match="batch_size 4 rather than 6"):
        train_small(dataset, Place(tmp_path, resume=True), other)
    before = sorted(path.name for path in (tmp_path / "evolution").iterdir())
    same = train_small(dataset, Place(tmp_path, resume=True), Settings(**SETTINGS))
    assert int(same.optimizer.iterations) == 10
    assert sorted(path.name for path in (tmp_path / "evolution").iterdir()) == before
    fewer = Settings(**{**SETTINGS, "epochs": 1})
    with pytest.raises(InputError, match="2 epochs already, more than the 1 asked for: ask for 2 or more"):
        train_small(dataset, Place(tmp_path, resume=True), fewer)
    (tmp_path / "notes.txt").write_text("mine")
    train_pets_cnn(dataset, Place(tmp_path, overwrite=True), other)
    assert (tmp_path / "probe.png").exists()
    assert (tmp_path / "notes.txt").exists()
    assert len(list((tmp_path / "train").iterdir())) == 1


def test_dropout_and_mixed_precision_reach_the_network(tmp_path, dataset) -> None:
    policy = keras.config.dtype_policy()
    settings = Settings(**SETTINGS, mixed_precision=True)
    model = train_pets_cnn(dataset, Place(tmp_path), settings, pool_dropout=0.0, fc_dropout=0.25)
    assert (model.get_layer("dropout1").rate, model.get_layer("dropout3").rate) == (0.0, 0.25)
    assert model.get_layer("conv1_1").compute_dtype == "float16"
    assert keras.config.dtype_policy() == policy
    assert np.isfinite(dict(kv.open_log(tmp_path).scalars("epoch_loss", run="train"))[1])


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 0), ("batch_size", 2.5), ("learning_rate", 0.0), ("watch_every", -1)]
)
def test_unusable_settings_are_refused(name, value) -> None:
    with pytest.raises(InputError, match=name):
        Settings(**{name: value})


def test_killed_and_resumed_reads_as_one_run(tmp_path) -> None:
    log_dir = tmp_path / "run"
    options = [
        "--image-size",
        "16",
        "--pictures",
        "200",
        "--epochs",
        "40",
        "--batch-size",
        "4",
        "--every",
        "5",
        "--no-histograms",
    ]
    command = [sys.executable, "-m", "kerasviz", "train", "shapes", "--log-dir", str(log_dir), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while not (log_dir / "progress.json").exists() or done_epochs(log_dir) < 2:
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    before = [(frame.step, frame.image.tobytes()) for frame in kv.open_log(log_dir).frames("kernels/conv1_2")]
    epochs = done_epochs(log_dir)
    resumed = [*command[: command.index("--epochs")], "--epochs", str(epochs + 1), *options[6:], "--resume"]
    result = subprocess.run(resumed, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    log = kv.open_log(log_dir)
    after = {frame.step: frame.image.tobytes() for frame in log.frames("kernels/conv1_2")}
    assert list(after) == sorted(after)
    assert all(after[step] == image for step, image in before)
    assert max(after) == (epochs + 1) * 50
    assert [step for step, _ in log.scalars("epoch_loss", run="train")] == list(range(epochs + 1))
    assert (log_dir / "kernels-conv1_2.gif").exists()


def done_epochs(log_dir: Path) -> int:
    return json.loads((log_dir / "progress.json").read_text())["epochs"]

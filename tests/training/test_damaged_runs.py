"""Runs whose own files are damaged: one sentence, or what can go on goes on; nothing is lost."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.errors import LogError, ModelFileError
from kerasviz.models import pets_cnn
from kerasviz.training import Checkpoints, Place, Settings, train
from kerasviz.watch import Run

DATASET = kv.data.open_data("shapes", train=8, validation=4, image_size=16)
SETTINGS = {"batch_size": 4, "image_size": 16, "watch_every": 1, "log_every": 1, "histograms": False}


def go(log_dir: Path, epochs: int, **place: bool) -> keras.Model:
    def build(mean: np.ndarray) -> keras.Model:
        names = list(DATASET.class_names)
        return pets_cnn(names, 16, widths=(2, 3), fc_width=4, mean_image=mean)

    probe = DATASET.validation.image(0)
    watch = [kv.watch.kernels("conv1_1"), kv.watch.drift("conv1_1")]
    settings = Settings(epochs=epochs, **SETTINGS)
    return train(DATASET, build, Place(log_dir, **place), settings, watch=watch, probe=probe)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("trained") / "run"
    go(log_dir, 2)
    return log_dir


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return shutil.copytree(trained, tmp_path / "run")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "run.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def noise(file: Path) -> None:
    file.write_bytes(np.random.default_rng(0).bytes(500))


def a_list(file: Path) -> None:
    file.write_text("[1, 2]")


def a_number(file: Path) -> None:
    file.write_text("NaN")


def deep(file: Path) -> None:
    file.write_text("[" * 100_000)


def digits(file: Path) -> None:
    file.write_text('{"best": ' + "9" * 5000 + "}")


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


MEND = "put a copy of it back, or remove last.keras and progress.json to begin with epoch 1 again."
Damage = Callable[[Path], None]
DAMAGES: list[Damage] = [cut, empty, noise, a_list, a_number, deep, digits, folder, pipe]


@pytest.mark.parametrize("damage", DAMAGES)
def test_settings(damage: Damage, run: Path) -> None:
    damage(run / "settings.json")
    before = contents(run)
    with pytest.raises(LogError) as caught:
        go(run, 3, resume=True)
    said = str(caught.value)
    assert said.startswith(f"{run / 'settings.json'} cannot be used (it ")
    assert "put a copy of it back, remove it to go on" in said
    assert "\n" not in said
    assert contents(run) == before
    with pytest.raises(LogError, match="already holds a run"):
        go(run, 3)
    assert contents(run) == before


def test_values_of_another_kind_in_the_settings(run: Path) -> None:
    stored = json.loads((run / "settings.json").read_text())
    (run / "settings.json").write_text(
        json.dumps(stored | {"batch_size": float("nan"), "classes": {"a": []}})
    )
    with pytest.raises(LogError, match="it was made with batch_size nan rather than 4, classes"):
        go(run, 3, resume=True)


def test_settings_that_were_removed_are_those_of_now(run: Path) -> None:
    (run / "settings.json").unlink()
    with pytest.raises(LogError, match="already holds a run"):
        go(run, 3)
    assert int(go(run, 3, resume=True).optimizer.iterations) == 6
    assert json.loads((run / "settings.json").read_text())["epochs"] == 3


def test_a_clearing_that_was_killed_is_done_again(run: Path) -> None:
    for name in ("train", "validation", "evolution"):
        shutil.rmtree(run / name)
    folder(run / "last.keras")
    assert int(go(run, 1, overwrite=True).optimizer.iterations) == 2


@pytest.fixture(scope="module")
def last(trained: Path) -> keras.Model:
    return kv.load_model(trained / "last.keras", compile=True)


def begin(run: Path, model: keras.Model) -> Checkpoints:
    """Begin to train as a resumed run does, as far as checkpoints are concerned."""
    checkpoints = Checkpoints(run)
    checkpoints.set_model(model)
    checkpoints.on_train_begin()
    return checkpoints


def test_a_run_goes_on_without_its_progress(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    best = (run / "best.keras").read_bytes()
    cut(run / "progress.json")
    with caplog.at_level(logging.WARNING):
        assert int(go(run, 3, resume=True).optimizer.iterations) == 6
    assert "progress.json cannot be used (it is cut off, or no JSON)" in caplog.records[0].getMessage()
    assert (run / "best-before-step-4.keras").read_bytes() == best
    assert (run / "best.keras").exists()
    assert json.loads((run / "progress.json").read_text())["best_epoch"] == 3


@pytest.mark.parametrize("damage", [*DAMAGES, Path.unlink])
def test_progress(damage: Damage, run: Path, last: keras.Model, caplog: pytest.LogCaptureFixture) -> None:
    best = (run / "best.keras").read_bytes()
    damage(run / "progress.json")
    with caplog.at_level(logging.WARNING):
        begin(run, last)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{run / 'progress.json'} cannot be used (it ")
    assert said.endswith("best.keras is kept as best-before-step-4.keras, and the best is looked for anew.")
    assert (run / "best-before-step-4.keras").read_bytes() == best
    assert not (run / "best.keras").exists()


@pytest.mark.parametrize("value", [None, "high", float("nan"), float("inf"), 10**400, [0.5], True])
def test_progress_that_does_not_say_how_good_the_best_is(
    value: object, run: Path, last: keras.Model, caplog: pytest.LogCaptureFixture
) -> None:
    progress = json.loads((run / "progress.json").read_text())
    (run / "progress.json").write_text(json.dumps(progress | {"best": value}))
    with caplog.at_level(logging.WARNING):
        begin(run, last)
    assert "it does not say how good that is" in caplog.records[0].getMessage()
    assert (run / "best-before-step-4.keras").exists()


def test_a_whole_progress_is_used(run: Path, last: keras.Model, caplog: pytest.LogCaptureFixture) -> None:
    progress = json.loads((run / "progress.json").read_text())
    checkpoints = begin(run, last)
    assert (checkpoints.best, checkpoints.best_epoch) == (progress["best"], progress["best_epoch"])
    assert not caplog.records


def test_a_run_goes_on_without_its_initial_kernels(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    cut(run / "evolution" / "initial_kernels.npz")
    with caplog.at_level(logging.WARNING):
        go(run, 3, resume=True)
    assert "from step 4 on, drift starts from 0 again" in caplog.records[0].getMessage()
    drift = dict(kv.open_log(run).scalars("drift/conv1_1"))
    assert drift[3] > 0
    assert drift[4] == 0
    assert drift[6] > 0


def kernels_of(values: object) -> Damage:
    return lambda file: np.savez(file, conv1_1=values)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        *((damage, "cannot be read") for damage in DAMAGES),
        (kernels_of(np.full((3, 3, 3, 2), np.nan)), "holds no finite numbers for conv1_1"),
        (kernels_of(np.array(["a"])), "holds no finite numbers for conv1_1"),
        (kernels_of(np.array([{}], object)), "cannot be read"),
    ],
)
def test_initial_kernels(
    damage: Damage, reason: str, run: Path, last: keras.Model, caplog: pytest.LogCaptureFixture
) -> None:
    file = run / "evolution" / "initial_kernels.npz"
    damage(file)
    with caplog.at_level(logging.WARNING):
        (watch,) = kv.watch.drift("conv1_1").bind(Run(last, file.parent, 4))
    said = caplog.records[0].getMessage()
    assert said.startswith(f"{file} {reason}")
    assert "from step 4 on, drift starts from 0 again" in said
    assert watch.collect() == {"conv1_1": 0.0}


@pytest.mark.parametrize("damage", [cut, empty, noise, folder, pipe])
def test_the_checkpoint(damage: Damage, run: Path) -> None:
    damage(run / "last.keras")
    before = contents(run)
    with pytest.raises(ModelFileError) as caught:
        go(run, 3, resume=True)
    said = str(caught.value)
    assert str(run / "last.keras") in said
    assert said.endswith(f"; training cannot go on from it: {MEND}")
    assert "\n" not in said
    assert contents(run).keys() == before.keys()


def test_a_checkpoint_that_leads_nowhere_or_is_lost(run: Path) -> None:
    (run / "last.keras").unlink()
    with pytest.raises(ModelFileError, match=r"last\.keras is missing after 2 epochs; training cannot go on"):
        go(run, 3, resume=True)
    (run / "last.keras").symlink_to(run / "nowhere.keras")
    with pytest.raises(ModelFileError, match="training cannot go on from it"):
        go(run, 3, resume=True)


def test_a_checkpoint_without_its_optimizer(run: Path) -> None:
    shutil.copy(run / "best.keras", run / "last.keras")
    with pytest.raises(ModelFileError, match="saved without its optimizer; training cannot go on from it"):
        go(run, 3, resume=True)


def test_the_picture_of_the_probe(run: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder(run / "probe.png")
    with caplog.at_level(logging.WARNING):
        assert int(go(run, 3, resume=True).optimizer.iterations) == 6
    said = caplog.records[0].getMessage()
    assert said.startswith(f"'{run / 'probe.png'}' cannot be written: a folder of that name is there")
    assert said.endswith("Training goes on without it.")


@pytest.mark.parametrize("run_name", ["train", "validation", "evolution"])
def test_a_link_that_leads_nowhere_among_the_event_files(run_name: str, run: Path) -> None:
    (run / run_name / "events.out.tfevents.9999999999.gone.1.v2").symlink_to(run / "nowhere")
    before = {frame.step for frame in kv.open_log(run).frames("kernels/conv1_1")}
    assert int(go(run, 3, resume=True).optimizer.iterations) == 6
    log = kv.open_log(run)
    assert before | {5, 6} == {frame.step for frame in log.frames("kernels/conv1_1")}
    assert [step for step, _ in log.scalars("epoch_loss", run="train")] == [0, 1, 2]


def test_a_file_in_the_place_of_a_log_is_a_sentence(run: Path) -> None:
    for name in ("train", "validation", "evolution"):
        shutil.rmtree(run / name)
        (run / name).write_text("mine")
        with pytest.raises(LogError) as caught:
            go(run, 3, resume=True)
        assert "\n" not in str(caught.value)
        assert (run / name).read_text() == "mine"
        (run / name).unlink()


def test_the_command_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "settings.json").write_text('{"epochs": ')
    options = ["--pictures", "8", "--image-size", "16", "--epochs", "1"]
    assert main(["train", "shapes", "--log-dir", str(tmp_path), *options, "--resume"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        f"kerasviz train: {tmp_path / 'settings.json'} cannot be used (it is cut off, or no JSON)"
    )
    assert "or pass --overwrite to begin anew" in said
    assert said.count("\n") == 1

"""Runs that were killed at the worst moments: `--resume` finishes them, and does nothing that is done."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from killed_at import run_until_killed

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.film import animate
from kerasviz.training import finish_run

LAYERS = ("conv1_1", "conv1_2", "conv2_1", "conv2_2")
FILMS = sorted(f"{kind}-{layer}.gif" for kind in ("kernels", "responses") for layer in LAYERS)
EVALUATION = sorted(
    ["evaluation.csv", "evaluation.json"]
    + [f"evaluation-{name}.png" for name in ("accuracy", "confusion", "samples", "predictions", "mistakes")]
)


def command(log_dir: Path, epochs: int, *more: str) -> list[str]:
    options = "--pictures 16 --image-size 16 --batch-size 8 --every 3 --log-every 1 --no-histograms"
    return ["train", "shapes", "--log-dir", str(log_dir), "--epochs", str(epochs), *options.split(), *more]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of two epochs with all that it ends with."""
    log_dir = tmp_path_factory.mktemp("run") / "whole"
    assert main(command(log_dir, 2)) == 0
    return log_dir


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "run", copy_function=shutil.copy2)


def times(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in (*FILMS, *EVALUATION)}


def assert_finished(log_dir: Path, whole: Path, same_films: bool = True) -> None:
    assert not [path for path in log_dir.rglob("*") if "kerasviz-tmp" in path.name]
    assert sorted(path.name for path in log_dir.glob("*.gif")) == FILMS
    for name in FILMS if same_films else ():
        assert (log_dir / name).read_bytes() == (whole / name).read_bytes(), name
    for name in EVALUATION:
        assert (log_dir / name).exists()
    one, other = (json.loads((folder / "evaluation.json").read_text()) for folder in (log_dir, whole))
    assert one == other
    for one, other in zip(
        *(kv.load_model(folder / "last.keras").get_weights() for folder in (log_dir, whole)), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_killed_while_exporting_again_and_again(
    run: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*FILMS, *EVALUATION, "finished.json"):
        (run / name).unlink()
    run_until_killed(command(run, 2, "--resume"), "kernels-conv2_1.gif", when="after")
    assert (run / "kernels-conv1_1.gif").exists()
    assert not (run / "responses-conv2_2.gif").exists()
    run_until_killed(command(run, 2, "--resume"), "evaluation-confusion.png")
    assert (run / "evaluation.json").exists()
    assert main(command(run, 2, "--resume")) == 0
    assert_finished(run, whole)
    before = times(run)
    capsys.readouterr()
    assert main(command(run, 2, "--resume")) == 0
    assert f"nothing was left to do: all epochs, the evaluation and the animations are in {run}" in (
        capsys.readouterr().out
    )
    assert times(run) == before


def test_killed_between_the_last_checkpoint_and_the_last_look(whole: Path, tmp_path: Path) -> None:
    run_until_killed(command(tmp_path, 2), "last.keras", count=2, when="after")
    assert main(command(tmp_path, 2, "--resume")) == 0
    log, expected = kv.open_log(tmp_path), kv.open_log(whole)
    for tag in ("kernels/conv1_1", "responses/conv2_2"):
        frames = {frame.step: frame.image.tobytes() for frame in log.frames(tag)}
        assert frames == {frame.step: frame.image.tobytes() for frame in expected.frames(tag)}
        assert list(frames) == [0, 3, 4]
    assert dict(log.scalars("drift/fc1")) == dict(expected.scalars("drift/fc1"))
    assert_finished(tmp_path, whole)


def test_killed_before_the_checkpoint_of_the_best_epoch_it_knows_how_good_the_best_is(
    whole: Path, tmp_path: Path
) -> None:
    run_until_killed(command(tmp_path, 2), "last.keras", count=2)
    assert main(command(tmp_path, 2, "--resume")) == 0
    # One frame more: a stretch of training is looked at when it begins.
    assert_finished(tmp_path, whole, same_films=False)
    assert (tmp_path / "progress.json").read_text() == (whole / "progress.json").read_text()
    accuracy = dict(kv.open_log(tmp_path).scalars("epoch_accuracy", run="validation"))
    progress = json.loads((tmp_path / "progress.json").read_text())
    assert progress["best"] == pytest.approx(max(accuracy.values()))


@pytest.fixture(scope="module")
def trained(whole: Path) -> tuple[keras.Model, kv.data.Dataset]:
    model = kv.load_model(whole / "last.keras", compile=True)
    return model, kv.data.open_data("shapes", train=16, validation=4, image_size=16)


def test_only_what_is_missing_or_torn_is_made_again(
    run: Path, whole: Path, trained: tuple[keras.Model, kv.data.Dataset]
) -> None:
    (run / "kernels-conv1_1.gif").unlink()
    torn = run / "responses-conv1_2.gif"
    torn.write_bytes(torn.read_bytes()[:-20])
    (run / "evaluation.csv").unlink()
    before = times(whole)
    *films, evaluation = finish_run(*trained, run)
    assert isinstance(evaluation, kv.classification.Evaluation)
    assert [film.path.name for film in films] == ["kernels-conv1_1.gif", torn.name]
    assert_finished(run, whole)
    remade = {name for name, time in times(run).items() if time != before[name]}
    assert remade == {"kernels-conv1_1.gif", torn.name, *EVALUATION}
    assert list(finish_run(*trained, run)) == []


@pytest.mark.parametrize("content", ["", "[]", '{"files": 3}', '{"files": {"kernels-conv1_1.gif": null}}'])
def test_without_a_whole_record_all_is_made_again(
    content: str, run: Path, whole: Path, trained: tuple[keras.Model, kv.data.Dataset]
) -> None:
    (run / "finished.json").write_text(content)
    assert len(list(finish_run(*trained, run))) == 1 + len(FILMS)
    assert_finished(run, whole)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_in_the_place_of_a_film_is_not_waited_on(
    run: Path, trained: tuple[keras.Model, kv.data.Dataset], whole: Path
) -> None:
    (run / "kernels-conv1_1.gif").unlink()
    os.mkfifo(run / "kernels-conv1_1.gif")
    assert [made.path.name for made in finish_run(*trained, run)] == ["kernels-conv1_1.gif"]
    assert_finished(run, whole)


def test_more_epochs_make_all_of_it_again(run: Path, whole: Path) -> None:
    assert main(command(run, 3, "--resume")) == 0
    record = json.loads((run / "finished.json").read_text())["files"]
    assert {facts["step"] for facts in record.values()} == {6}
    assert animate(run, "kernels/conv1_1", run / "again.gif").frames == 4
    assert (run / "again.gif").read_bytes() == (run / "kernels-conv1_1.gif").read_bytes()


def test_overwrite_removes_the_films_of_the_run_before_and_nothing_else(run: Path) -> None:
    (run / "mine.gif").write_bytes(b"mine")
    record = json.loads((run / "finished.json").read_text())
    record["files"]["../outside.gif"] = record["files"]["kernels-conv1_1.gif"]
    (run / "finished.json").write_text(json.dumps(record))
    (run.parent / "outside.gif").write_bytes(b"outside")
    run_until_killed(command(run, 2, "--overwrite"), "settings.json")
    assert [path.name for path in run.glob("*.gif")] == ["mine.gif"]
    assert (run.parent / "outside.gif").read_bytes() == b"outside"

"""`kerasviz explain-dataset`: rows, what it prints, and one sentence for what cannot be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_set import files_of, write_model, write_pictures

import kerasviz as kv
from kerasviz.cli.main import main


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_pictures(tmp_path_factory.mktemp("data") / "photos")
    (folder / "star" / "notes.png").write_text("no picture")
    return folder


def test_rows_are_written_and_told(
    model: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    command = ["explain-dataset", str(model), str(pictures), "--out", out, "--shard-size", "4"]
    assert main([*command, "--method", "layer_cam", "--layer", "first", "--set", "layer_cam.relu=False"]) == 0
    printed = capsys.readouterr().out
    assert "photos: 10 of 11 pictures explained by layer_cam at first" in printed
    assert "could not be read: 1" in printed
    assert "of 10 with a class that the model knows" in printed
    assert f"parts in {out}: 3 of 3\n" in printed
    found = kv.open_explanations(out)
    assert (found.plan.method, found.plan.layer, found.plan.options["relu"]) == ("layer_cam", "first", False)
    assert found.plan.model == str(model)


def test_shares_make_the_whole(
    model: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["explain-dataset", str(model), str(pictures), "--shard-size", "4", "--embed", "features"]
    assert main([*command, "--out", str(tmp_path / "whole")]) == 0
    for index in range(2):
        capsys.readouterr()
        assert main([*command, "--out", str(tmp_path / "shares"), "--shard", f"{index}/2"]) == 0
        assert capsys.readouterr().out.endswith(f": {2 + index} of 3\n")
    assert files_of(tmp_path / "whole") == files_of(tmp_path / "shares")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--shard", "2/2"], "--shard is '2/2'; pass I/N"),
        (["--shard", "one"], "--shard is 'one'; pass I/N"),
        (["--workers", "0"], "--workers is 0; it must be a whole number"),
        (["--engine", "spark"], "engine is 'spark'; pass dask://HOST:PORT"),
        (["--engine", "ray", "--workers", "2"], "leave out one of them"),
        (["--method", "grad_can"], "There is no method 'grad_can'. Did you mean grad_cam or"),
        (["--layer", "conv9"], "conv9"),
        (["--embed", "conv9"], "conv9"),
        (["--set", "layer_cam.relu=False"], "--set names 'layer_cam', which is not among the methods"),
        (["--shard-size", "0"], "--shard-size is 0; it must be a whole number"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    flags: list[str],
    said: str,
    model: Path,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["explain-dataset", str(model), str(pictures), "--out", str(tmp_path / "out")]
    assert main([*command, *flags]) == 2
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["explain-dataset", "--help"])
    printed = capsys.readouterr().out
    for word in ("--workers", "WebDataset", "duckdb", "Slurm", "open_explanations"):
        assert word in printed

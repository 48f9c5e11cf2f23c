from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from kerasviz import __version__
from kerasviz.cli import main
from kerasviz.cli.main import COMMANDS
from kerasviz.events import EventLog


def test_help_lists_every_command(capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--help"])
    assert exit_.value.code == 0
    out = capsys.readouterr().out
    assert all(f"    {name}" in out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command, capsys) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([command, "--help"])
    assert exit_.value.code == 0
    assert f"usage: kerasviz {command}" in capsys.readouterr().out


def test_version(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"kerasviz {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "pets", "--log-dir", "LOG", "--data", "NOWHERE"],
        ["train", "folder", "NOWHERE", "--log-dir", "LOG"],
        ["train", "shapes", "--log-dir", "LOG", "--epochs", "0"],
        ["train", "shapes", "--log-dir", "LOG", "--pictures", "0"],
        ["train", "pets", "--log-dir", "LOG", "--split", "most"],
        ["gif", "NOWHERE"],
    ],
    ids=" ".join,
)
def test_expected_errors_are_one_sentence_and_exit_2(arguments, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"kerasviz {arguments[0]}: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "LOG" / "train").exists()


def test_a_reader_that_goes_away_is_no_error(tmp_path) -> None:
    command = f"{sys.executable} -m kerasviz gif --help | head -1"
    result = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert result.stderr == ""


@pytest.mark.parametrize("name", ["line\nbreak.keras", "red\x1b[31m.keras", "\udcff.keras"])
def test_no_name_of_a_file_breaks_the_line(name: str, capsys) -> None:
    assert main(["layers", name]) == 2
    said = capsys.readouterr().err
    assert said.startswith("kerasviz layers: there is no model file ")
    assert said.count("\n") == 1
    assert "\x1b" not in said


def test_names_of_other_people_do_not_steer_the_terminal(capsys, tmp_path) -> None:
    """Tags and folders with control characters and bytes that are no text: listed, written, and refused."""
    folder = tmp_path / os.fsdecode(b"caf\xe9\x1b[2J")
    with EventLog(folder) as log:
        log.image("a\x1b[2J\u202eb", 0, np.zeros((2, 2), np.uint8))
    for arguments in ([], ["--all"], ["--tag", "x"]):
        status = main(["gif", str(folder), *arguments])
        said = "".join(capsys.readouterr())
        assert status == (2 if "x" in arguments else 0), said
        assert "\x1b" not in said
        assert "\u202e" not in said
        assert "\\udce9" in said or not arguments

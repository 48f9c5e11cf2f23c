"""`kerasviz board`: TensorBoard with the tab, on this machine alone, until Ctrl-C."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from kerasviz.cli import main
from kerasviz.events import EventLog
from kerasviz.tab import board


def test_it_serves_the_tab_until_it_is_interrupted(tmp_path: Path) -> None:
    with EventLog(tmp_path / "pets") as log:
        log.image("a", 0, np.zeros((2, 2), np.uint8))
    command = [sys.executable, "-m", "kerasviz", "board", str(tmp_path), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        try:
            line = served.stdout.readline()
            found = re.fullmatch(rf"{re.escape(str(tmp_path))}: (http://localhost:\d+/)#kerasviz\n", line)
            assert found, line
            with urllib.request.urlopen(found[1] + "data/plugin/kerasviz/index") as answer:
                assert [run["run"] for run in json.load(answer)["runs"]] == ["pets"]
            with urllib.request.urlopen(found[1] + "data/plugins_listing") as answer:
                listing = json.load(answer)
            assert (listing["kerasviz"]["tab_name"], listing["kerasviz"]["enabled"]) == ("Evolution", True)
            served.send_signal(signal.SIGINT)
            assert served.wait(60) == 0
        finally:
            served.kill()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Return what `serve_board` is called with, instead of serving."""
    calls: list[dict] = []

    def serve(log_dir: Path, announce: object, *, port: int | None) -> None:
        calls.append({"log_dir": log_dir, "port": port})
        announce("http://localhost:6006/#kerasviz")

    monkeypatch.setattr(board, "serve_board", serve)
    return calls


def test_the_address_is_printed_and_opened(
    tmp_path: Path,
    started: list[dict],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main(["board", str(tmp_path), "--port", "7007"]) == 0
    assert started == [{"log_dir": tmp_path, "port": 7007}]
    assert opened == ["http://localhost:6006/#kerasviz"]
    assert capsys.readouterr().out == f"{tmp_path}: http://localhost:6006/#kerasviz\n"
    assert main(["board", str(tmp_path), "--no-browser"]) == 0
    assert len(opened) == 1


def test_a_folder_that_is_not_there_yet(
    tmp_path: Path, started: list[dict], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["board", str(tmp_path / "soon"), "--no-browser"]) == 0
    assert "does not exist yet" in capsys.readouterr().out
    assert started[0]["port"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["FILE"], "is a file: give the folder it is in"), (["--port", "0"], "--port is 0; it must be a whole")],
)
def test_what_is_refused(
    tmp_path: Path,
    started: list[dict],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (tmp_path / "events.out.tfevents.1").touch()
    arguments = [str(tmp_path / "events.out.tfevents.1") if one == "FILE" else one for one in arguments]
    assert main(["board", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert started == []


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("localhost", 0)) as other:
        port = str(other.getsockname()[1])
        command = [sys.executable, "-m", "kerasviz", "board", str(tmp_path), "--no-browser", "--port", port]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 2
    assert f"kerasviz board: TensorBoard cannot be served: the port {port} is taken" in result.stderr


def test_no_backend_is_imported() -> None:
    code = "import sys, kerasviz.tab.board, kerasviz.cli.commands.board; "
    code += "print([name for name in ('keras', 'tensorflow', 'torch', 'jax', 'cv2') if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"

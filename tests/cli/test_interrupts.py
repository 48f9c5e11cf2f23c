"""Ctrl-C while a command is still being loaded: status 130 and a line, never a traceback."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys

import pytest

from kerasviz.__main__ import start

# The signal comes when the module of that name is looked for: not when the machine has come so far.
SCRIPT = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, *rest):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["kerasviz", "layers", "resnet50"]
from kerasviz.__main__ import start
sys.exit(start())
"""


@pytest.mark.parametrize(
    "module",
    [
        "kerasviz.cli",
        "kerasviz.cli.main",
        "argparse",
        "kerasviz.errors",
        "kerasviz.cli.commands.gif",
        "numpy",
        "keras",
    ],
)
def test_while_modules_are_loaded(module: str) -> None:
    command = [sys.executable, "-c", SCRIPT.format(module=module)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines()[-1] in ("kerasviz: interrupted", "kerasviz layers: interrupted")
    assert "Traceback" not in done.stderr


def test_an_interrupt_that_was_swallowed_while_a_module_was_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)

    def swallowing() -> int:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        raise ImportError("PyCapsule_Import could not import module datetime")

    monkeypatch.setattr("kerasviz.cli.main", swallowing)
    assert start() == 130
    assert capsys.readouterr().err == "kerasviz: interrupted\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_another_error_is_no_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> int:
        raise RuntimeError("of another kind")

    monkeypatch.setattr("kerasviz.cli.main", failing)
    with pytest.raises(RuntimeError, match="of another kind"):
        start()

"""Modules of this folder run in a process of their own: one that has begun TensorFlow cannot be forked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def run_module(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m NAME ARGUMENTS` and return what it printed."""
    path = os.pathsep.join([str(TESTS), str(TESTS / "models"), str(TESTS.parent)])
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONPATH": path},
    )

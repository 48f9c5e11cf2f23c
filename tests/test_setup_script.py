"""What the scripts install: a backend where none can be imported, and never another build of one that can."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
# Stands in for python: notes what it is asked to install; FOUND says whether a backend can be imported.
PYTHON = """\
#!/usr/bin/env bash
case "$1" in
    -c) [[ "$FOUND" == yes ]] ;;
    -m) echo "$@" >> "$NOTED" ;;
esac
"""


@pytest.mark.parametrize(
    ("script", "backend", "found", "asked"),
    [
        ("demo", None, "no", ".[tensorflow]"),
        ("demo", None, "yes", "."),
        ("demo", "jax", "no", ".[jax]"),
        ("demo", "torch", "no", ".[torch]"),
        ("test", None, "no", ".[dev,tensorflow]"),
        ("test", None, "yes", ".[dev]"),
        ("test", "jax", "no", ".[dev,jax]"),
    ],
)
def test_a_backend_is_installed_where_it_is_absent(
    tmp_path: Path, script: str, backend: str | None, found: str, asked: str
) -> None:
    for name in ("python", "kerasviz"):
        (tmp_path / name).write_text(PYTHON)
        (tmp_path / name).chmod(0o755)
    noted = tmp_path / "noted"
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "VIRTUAL_ENV": str(tmp_path),
        "FOUND": found,
        "NOTED": str(noted),
    }
    environment.pop("KERAS_BACKEND", None)
    if backend:
        environment["KERAS_BACKEND"] = backend
    subprocess.run(["bash", SCRIPTS / script], env=environment, check=True, capture_output=True)
    installed = [line for line in noted.read_text().splitlines() if line.startswith("-m pip install")]
    assert installed[-1] == f"-m pip install --quiet --editable {asked}"
    # Of PyTorch a build for CPUs is tried first.
    assert len(installed) == 1 + (asked == ".[torch]")

"""What type checkers and editors see of the public surface."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_type_hints

import kerasviz
from kerasviz.explanation import METHODS
from kerasviz.explanation.typed_options import Options

SCRIPT = """\
import keras
import kerasviz as kv

model = keras.Sequential()
found = kv.explain(model, "x", "rise", masks=500, keep=0.3, layer="conv")
calm: kv.Explanation = kv.smooth(kv.explain, samples=8)(model, "x", target=1)
found.overlay(0.4)[0]
evolution = kv.Evolution("logs", watch=[kv.watch.kernels("conv*"), kv.watch.drift()], every=20)
kv.nothing
kv.explain(model, "x", metod="x")
kv.explain(model, "x", "rise", masks="many")
kv.smooth(kv.explain)(model, "x", steps="many")
kv.Evolution("logs", watch=3)
"""


def test_mypy_finds_the_mistakes_of_a_script_and_nothing_else(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    flags = ["--no-incremental", "--follow-imports=silent", "--ignore-missing-imports", "--no-error-summary"]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", *flags, str(script)],
        capture_output=True,
        text=True,
        cwd=Path(kerasviz.__file__).parent.parent,
        check=False,
    )
    found = [line.split(":", 1)[1] for line in run.stdout.splitlines() if ": error:" in line]
    assert [int(line.split(":")[0]) for line in found] == [9, 10, 11, 12, 13], run.stdout + run.stderr
    for line, what in zip(found, ("nothing", "metod", "masks", "steps", "watch"), strict=True):
        assert f'"{what}"' in line


def test_the_typed_options_are_those_of_the_table() -> None:
    declared = {option.name for method in METHODS for option in method.options}
    assert declared == set(get_type_hints(Options))

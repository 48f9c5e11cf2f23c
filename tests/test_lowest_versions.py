"""The lowest versions are those of setup.cfg, and the tests are run on them."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def test_every_requirement_is_held_at_its_lowest_version() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = settings["options"]["install_requires"].split("\n")
    lines += settings["options.extras_require"]["tensorflow"].split("\n")
    declared = [Requirement(line) for line in lines if line and not line.startswith("#")]
    command = [sys.executable, ROOT / "scripts" / "lowest_versions.py"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    held = {one.name: one.specifier for one in map(Requirement, printed)}
    assert held.keys() == {one.name for one in declared}
    for one in declared:
        (lowest,) = (specifier.version for specifier in one.specifier if specifier.operator == ">=")
        assert held[one.name].contains(lowest)
        assert not held[one.name].contains(f"{lowest.split('.')[0]}.999")


def test_the_suite_is_run_on_them_too() -> None:
    assert "scripts/test --lowest tests/models" in (ROOT / ".ci" / "run").read_text()

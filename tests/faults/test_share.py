"""A small share of the campaign: inputs of every kind, and kills, without one fault."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from faults.as_module import run_module
from faults.verdict import FAULTS

INPUTS, KILLS, SEED = 120, 2, 15


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are watched by /proc")
def test_a_share_of_the_campaign_has_no_fault(tmp_path: Path) -> None:
    numbers = map(str, ("--inputs", INPUTS, "--kills", KILLS, "--seed", SEED))
    result = run_module("faults", *numbers, "--keep", str(tmp_path / "kept"))
    kept = [path.read_text()[-3000:] for path in (tmp_path / "kept").glob("*/said.txt")]
    assert result.returncode == 0, f"{result.stderr[-3000:]}\n{result.stdout}\n" + "\n".join(kept)
    rows = {line.split()[0]: line.split()[1:] for line in result.stdout.splitlines() if line.strip()}
    assert rows["all"][0] == str(INPUTS + KILLS)
    assert rows["all"][2:] == ["0"] * len(FAULTS)
    assert rows["seed"] == [str(SEED)]
    # Not all are refused: some of what is damaged can still be used.
    assert 0 < int(rows["all"][1]) < INPUTS

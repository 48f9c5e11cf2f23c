"""The campaign notices each kind of fault, in each input, and goes on."""

from __future__ import annotations

import json
import random
import sys

import pytest

from faults.as_module import run_module
from faults.bad_subjects import WRONG
from faults.campaign import shares
from faults.damage import damaged
from faults.subject import Subject, randomness
from faults.table import table
from faults.verdict import HANG, LOST, Verdict


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are watched by /proc")
def test_every_kind_of_fault_is_noticed() -> None:
    result = run_module("faults.bad_subjects")
    assert result.returncode == 0, result.stderr
    found, left = json.loads(result.stdout)
    assert left == []
    for does, fault in WRONG.items():
        faults, kept = found[does.__name__.strip("_")]
        expected = [fault] if fault else []
        assert faults == [expected, expected], does.__name__
        assert len(kept) == (2 if fault else 0), does.__name__


def test_the_same_seed_is_the_same_input() -> None:
    content = bytes(range(256))
    first, again, other = (damaged(randomness(seed, "logs", 3), content) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_damage_is_done() -> None:
    rng = random.Random(0)
    content = bytes(range(256)) * 4
    unchanged = [damaged(rng, content) == content for _ in range(500)]
    assert sum(unchanged) < 25
    assert isinstance(damaged(rng, b""), bytes)


def test_every_subject_gets_its_share() -> None:
    subjects = [
        Subject(name, share, lambda rng, place: lambda: None) for name, share in (("a", 900), ("b", 1))
    ]
    assert {one.name: count for one, count in shares(subjects, 1000).items()} == {"a": 999, "b": 1}


def test_the_table_counts() -> None:
    verdicts = [
        Verdict("a", 0, (HANG, LOST), ""),
        Verdict("a", 1, (), "", True),
        Verdict("bb", 0, (HANG,), ""),
    ]
    rows = [line.split() for line in table(verdicts).splitlines()]
    assert rows[1] == ["a", "2", "1", "0", "1", "0", "0", "0", "1", "0", "0"]
    assert rows[3] == ["all", "3", "1", "0", "2", "0", "0", "0", "1", "0", "0"]

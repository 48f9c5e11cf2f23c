"""Every command that a document shows is one that the command line takes; README names every method."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from kerasviz.cli.main import COMMANDS, build_parser
from kerasviz.explanation import METHODS

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands_in(text: str) -> list[str]:
    """Return the lines `kerasviz ...` of a document, without comments; broken ones whole."""
    whole = text.replace("\\\n", " ")
    found = re.findall(r"^(?: {4})?(kerasviz [^\n]*)$", whole, re.MULTILINE)
    return [re.sub(r"\s{2,}#.*", "", line) for line in found]


SHOWN = [(path.name, line) for path in DOCUMENTS for line in commands_in(path.read_text())]


@pytest.mark.parametrize(("document", "line"), SHOWN, ids=[f"{name}: {line[:60]}" for name, line in SHOWN])
def test_a_command_that_is_shown_exists(document: str, line: str) -> None:
    args = build_parser().parse_args(shlex.split(line)[1:])
    assert args.command in COMMANDS


def test_documents_show_commands() -> None:
    assert {line.split()[1] for _, line in SHOWN} >= {"train", "explain", "cam", "saliency", "evaluate"}


def test_the_readme_says_which_command_draws_a_method() -> None:
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if "`kv.explain`" in line]
    family = {"cam": "kerasviz cam", "perturbation": "kerasviz occlude", "gradient": "kerasviz saliency"}
    family["transformer"] = "kerasviz explain"
    for method in METHODS:
        (row,) = (row for row in rows if method.title in re.split(r", |\| ?| \|", row))
        assert family[method.family] in row

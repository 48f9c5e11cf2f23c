"""Libraries are called from Python: their sentences name arguments, and only the command line names flags."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import kerasviz

PACKAGE = Path(kerasviz.__file__).parent
LIBRARY = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] != "cli"]
FLAG = re.compile(r"(?<![\w(])--[a-z][a-z-]+")


def flags_in_sentences(source: str) -> list[str]:
    """Return the flags in what the code says, in f-strings too: documentation and style sheets aside."""
    tree = ast.parse(source)
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
    ]
    return [flag for text in texts if "{color-scheme:" not in text for flag in FLAG.findall(text)]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_sentence_of_a_library_names_a_flag(path: Path) -> None:
    assert flags_in_sentences(path.read_text()) == []


def test_a_flag_in_a_sentence_is_found() -> None:
    assert flags_in_sentences('raise E(f"{directory} holds a run: add --resume")') == ["--resume"]
    assert flags_in_sentences('"""Opened by `tensorboard --logdir`."""') == []

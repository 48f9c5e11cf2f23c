"""The tables of methods in README and docs say what the table in the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kerasviz.explanation import CAM, GRADIENT, METHODS, PERTURBATION, TRANSFORMER, Method

ROOT = Path(__file__).parents[1]


def rows_below(document: str, heading: str) -> list[list[str]]:
    """Return the cells of the rows of the first table below a heading."""
    text = (ROOT / document).read_text()
    after = text[text.index(f"\n{heading}\n") :]
    table = re.search(r"^\|.*\n\| ---.*\n((?:\|.*\n)+)", after, re.MULTILINE)
    assert table is not None
    # A bar within a cell is written \|.
    lines = table[1].splitlines()
    return [
        [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines
    ]


def of_family(family: str) -> list[Method]:
    return [method for method in METHODS if method.family == family]


def code(text: str) -> list[str]:
    return re.findall("`([^`]+)`", text)


def test_the_class_activation_maps_are_those_of_the_code() -> None:
    expected = [[f"`{m.name}`", m.title, f"`{m.equation}`", m.paper] for m in of_family(CAM)]
    assert rows_below("docs/cam.md", "## Explanations") == expected


def test_the_methods_of_transformers_are_those_of_the_code() -> None:
    expected = [[f"`{m.name}`", m.title, f"`{m.equation}`", m.paper] for m in of_family(TRANSFORMER)]
    assert rows_below("docs/cam.md", "## Transformers") == expected


def test_the_input_gradients_are_those_of_the_code() -> None:
    rows = rows_below("docs/gradients.md", "## Input gradients")
    assert {code(row[0])[0] for row in rows} == {m.name for m in of_family(GRADIENT)}
    for name, what, channels, *_ in rows:
        (method,) = (m for m in METHODS if m.name == code(name)[0])
        (default,) = (option.default for option in method.options if option.name == "channels")
        assert code(channels) == ([] if default is None else [default]), name
        author, year = method.paper.split()[0].strip(","), re.findall(r"\b20\d\d", method.paper)[-1]
        assert f"({author} {year})" in what


def test_the_methods_that_hide_and_show_are_those_of_the_code() -> None:
    rows = rows_below("docs/evaluate.md", "## The methods that hide and show")
    assert {code(row[0])[0] for row in rows} == {m.name for m in of_family(PERTURBATION)}


@pytest.mark.parametrize(
    ("document", "heading"),
    [
        ("README.md", "## Which explanation to trust"),
        ("docs/evaluate.md", "## All methods on three networks"),
    ],
)
def test_every_method_has_its_scores(document: str, heading: str) -> None:
    scored = [name for row in rows_below(document, heading) for name in code(row[0])]
    # The networks scored have no attention.
    assert sorted(scored) == sorted(method.name for method in METHODS if method.family != TRANSFORMER)

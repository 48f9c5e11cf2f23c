"""Write `docs/models.md` from the declarations that the tests hold.

python tests/contract/contract_page.py
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from model_kind import Kind, Refusal
from model_kinds import KINDS

from kerasviz.atomic import atomic_path
from kerasviz.explanation import CAM, GRADIENT, METHODS, PERTURBATION, TRANSFORMER

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
TITLES = {
    CAM: "class activation maps",
    PERTURBATION: "perturbation",
    GRADIENT: "gradients",
    TRANSFORMER: "attention",
}

OPENING = """\
# Which method works on which model

Every cell is a test. Where a method works, the maps of two pictures have the pictures' size and hold no NaN;
class, score and outputs are those of `model.predict`; and the model is as it was before. Elsewhere the method
says the sentence below, word for word, with the path of a layer for LAYER. `tests/contract/` declares the
kinds of models, and this page is made of it: `python tests/contract/contract_page.py`.
"""


def page() -> str:
    """Return the page."""
    families = list(dict.fromkeys(method.family for method in METHODS))
    sentences = list(dict.fromkeys(_said(refusal) for kind in KINDS for refusal in kind.refusals))
    lines = [OPENING]
    lines += [f"- **{_title(family)}**: {_listed(_members(family))}" for family in families]
    lines += [
        "",
        "| model | " + " | ".join(map(_title, families)) + " |",
        "| --- |" + " --- |" * len(families),
    ]
    for kind in KINDS:
        cells = [_cell(kind, _members(family), sentences) for family in families]
        lines.append(f"| {_model(kind)} | " + " | ".join(cells) + " |")
    lines += ["", "## What is said instead", ""]
    lines += [f"{number}. {sentence}" for number, sentence in enumerate(sentences, start=1)]
    return "\n".join(lines) + "\n"


def _title(family: str) -> str:
    return TITLES[family]


def _members(family: str) -> list[str]:
    return [method.name for method in METHODS if method.family == family]


def _model(kind: Kind) -> str:
    return f"{kind.title}: `{kind.asked}`" if kind.asked else kind.title


def _cell(kind: Kind, methods: Sequence[str], sentences: Sequence[str]) -> str:
    """Return which of some methods work on a kind of model, and where to read why the others do not."""
    refused = {name: refusal for name in methods if (refusal := kind.refusal(name))}
    if not refused:
        return "all"
    reasons: dict[int, list[str]] = {}
    for name, refusal in refused.items():
        reasons.setdefault(1 + sentences.index(_said(refusal)), []).append(name)
    if len(refused) == len(methods) and len(reasons) == 1:
        return f"none ({next(iter(reasons))})"
    left_out = "; ".join(f"{_listed(names)} ({number})" for number, names in reasons.items())
    return f"none: {left_out}" if len(refused) == len(methods) else f"all but {left_out}"


def _said(refusal: Refusal) -> str:
    return f"`{refusal.error.__name__}`: {refusal.sentence}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    with atomic_path(PAGE) as path:
        path.write_text(page())

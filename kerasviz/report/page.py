"""The page around the sections: head, title, facts, table of contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kerasviz._version import __version__
from kerasviz.report.markup import Html, join, tag
from kerasviz.report.style import STYLE

# What a browser may do with the page: show it. No request can leave it, whatever a name in it holds.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Section:
    """One section: the anchor, the heading, and what stands below it."""

    anchor: str
    title: str
    content: Html


def page(title: str, facts: Mapping[str, str], sections: Sequence[Section]) -> str:
    """Return a whole HTML document that needs nothing beside itself."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("title", title),
        tag("style", Html(STYLE)),
    )
    links = (tag("li", tag("a", one.title, href=f"#{one.anchor}")) for one in sections)
    body = tag(
        "body",
        tag("header", tag("h1", title), _facts(facts), tag("nav", tag("ol", *links), aria_label="Contents")),
        tag("main", *map(_section, sections)),
        tag("footer", f"Made with kerasviz {__version__}."),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def missing(reason: object) -> Html:
    """Return the one sentence of a section that cannot be made."""
    return tag("p", f"Not in this report: {reason}", class_="missing")


def _facts(facts: Mapping[str, str]) -> Html:
    return tag(
        "dl",
        *(tag("div", tag("dt", name), tag("dd", value)) for name, value in facts.items()),
        class_="facts",
    )


def _section(one: Section) -> Html:
    return tag("section", join([tag("h2", one.title), one.content]), id=one.anchor)

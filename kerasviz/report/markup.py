"""Markup: HTML elements whose text and attributes are escaped, because only `Html` counts as markup."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from kerasviz.plain_text import plain_text

# Elements without content, and so without an end tag.
_VOID = ("img", "meta", "wbr")


class Html(str):
    """Markup. Every other string is text, and escaped wherever it is put."""


def markup(content: Any) -> Html:
    """Return `content` as markup: `Html` as it is, anything else as escaped text.

    Control characters are spelled out.

    >>> markup("<b>"), markup(Html("<b>"))
    ('&lt;b&gt;', '<b>')
    """
    return content if isinstance(content, Html) else Html(_escaped(content))


def tag(name: str, /, *content: Any, **attributes: Any) -> Html:
    """Return an element. An attribute's `_` stands for `-`, a last one for nothing; None leaves it out.

    >>> tag("td", "a < b", class_="number", data_row='"')
    '<td class="number" data-row="&quot;">a &lt; b</td>'
    """
    named = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{named}>")
    return Html(f"<{name}{named}>{join(content)}</{name}>")


def _escaped(content: Any) -> str:
    return html.escape(plain_text(" ".join(str(content).splitlines())))


def breakable(text: str) -> Html:
    """Return text that may be broken into lines behind each `_`, as names of classes need it.

    >>> breakable("american_bulldog")
    'american_<wbr>bulldog'
    """
    first, *others = text.split("_")
    return join([first, *(join(["_", tag("wbr"), part]) for part in others)])


def join(parts: Iterable[Any]) -> Html:
    """Return the parts one after the other, as markup."""
    return Html("".join(markup(part) for part in parts))


def table(
    headings: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Collection[str] = (), caption: str = ""
) -> Html:
    """Return a table that scrolls within its own box; the columns in `numbers` are aligned at the right.

    The first cell of each row heads the row.
    """
    kinds = ["number" if heading in numbers else None for heading in headings]

    def cells(name: str, row: Sequence[Any], **attributes: str) -> list[Html]:
        return [tag(name, cell, class_=kind, **attributes) for cell, kind in zip(row, kinds, strict=True)]

    body = (
        tag("tr", tag("th", row[0], class_=kinds[0], scope="row"), *cells("td", ["", *row[1:]])[1:])
        for row in rows
    )
    whole = tag(
        "table",
        tag("caption", caption) if caption else "",
        tag("thead", tag("tr", *cells("th", headings, scope="col"))),
        tag("tbody", *body),
    )
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption or headings[0])

"""A report read back: its elements, its sections, its pictures."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

VOID = {"meta", "img", "wbr"}


@dataclass
class Part:
    """A section as a browser would read it."""

    headings: list[str] = field(default_factory=list)
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)
    pictures: list[np.ndarray] = field(default_factory=list)
    alts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)


class Page(HTMLParser):
    """Reads a report; refuses elements that are not closed, or closed in the wrong order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.parts: dict[str, Part] = {"": Part()}
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.policy = ""
        self._open: list[str] = []
        self._section = ""
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        part = self.parts[self._section]
        self.tags.append(tag)
        if tag not in VOID:
            self._open.append(tag)
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(values["content"])
        if tag == "section":
            self._section = str(values["id"])
            self.parts[self._section] = Part()
        elif tag == "tr":
            part.rows.append([])
        elif tag in ("td", "th"):
            part.rows[-1].append("")
        elif tag == "a":
            self.links.append(str(values["href"]))
        elif tag == "img":
            part.pictures.append(decode(str(values["src"])))
            part.alts.append(str(values["alt"]))
        elif tag == "path" and "span" not in self._open:
            part.marks.append(str(values["d"]).count("z"))
        part.kinds += str(values.get("class", "")).split()
        self.loads += [
            str(values[name]) for name in ("src", "href", "srcset", "data", "action") if name in values
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "section":
            self._section = ""

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] == "style":
            return
        part = self.parts[self._section]
        part.text += f"{data} "
        if any(tag in ("td", "th") for tag in self._open):
            part.rows[-1][-1] += data
        if self._open[-1] in ("h1", "h2", "h3"):
            part.headings.append(data)


def decode(uri: str) -> np.ndarray:
    """The pixels of a data URI, `(h, w, 3)`."""
    head, _, data = uri.partition(",")
    assert head == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.fixture(scope="session")
def read_page():
    def read(path: Path) -> Page:
        return Page(path.read_text(encoding="utf-8"))

    return read

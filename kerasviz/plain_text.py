"""Texts of other people without the characters that a terminal, a page or a table obeys."""

from __future__ import annotations

import re

# Control characters, ends of lines, what turns a text around, and halves of pairs, which no file can hold.
_OBEYED = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain_text(text: str) -> str:
    r"""Return `text` with its control characters spelled out, so that it is one line and steers nothing.

    >>> plain_text("a\nb\x1b[31m\udcff"), plain_text("Kätzchen")
    ('a\\nb\\x1b[31m\\udcff', 'Kätzchen')
    """
    return _OBEYED.sub(lambda found: repr(found.group())[1:-1], text)

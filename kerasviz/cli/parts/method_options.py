"""Options of methods on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def parse_settings(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return `{method: {option: value}}` of texts such as `rise.masks=500`.

    Raises:
        InputError: a text has another form.

    >>> parse_settings(["rise.masks=500", "rise.fill=blur", "occlusion.progress=False"])
    {'rise': {'masks': 500, 'fill': 'blur'}, 'occlusion': {'progress': False}}
    """
    import ast

    from kerasviz.errors import InputError

    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        method, dot, option = name.partition(".")
        if not (sign and dot and method and option):
            raise InputError(f"--set is {text!r}; pass METHOD.OPTION=VALUE, such as rise.masks=500.")
        try:
            parsed = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            parsed = value
        options.setdefault(method, {})[option] = parsed
    return options

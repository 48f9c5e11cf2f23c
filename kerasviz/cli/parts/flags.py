"""The arguments of library functions in a library's sentences, named as the command's flags."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What stands behind an argument's name in a sentence that shows how to pass it.
_PLACEHOLDERS = {"input_range": ("(low, high)", "LOW,HIGH")}


def as_flags(sentence: str, arguments: Iterable[str]) -> str:
    """Return `sentence` with every one of the `arguments` of the command that it names as a flag.

    A name without an underscore is an argument only where `=True` follows, as any word may be a name.

    >>> as_flags("pass input_range=(low, high), or log_dir; with overwrite=True the run in logs/log_dir goes",
    ...          ["input_range", "log_dir", "overwrite", "run"])
    'pass --input-range=LOW,HIGH, or --log-dir; with --overwrite the run in logs/log_dir goes'
    """
    for name in arguments:
        flag = f"--{name.replace('_', '-')}"
        shown, meant = _PLACEHOLDERS.get(name, ("", ""))
        if shown:
            sentence = sentence.replace(f"{name}={shown}", f"{flag}={meant}")
        optional = "?" if "_" in name else ""
        sentence = re.sub(rf"(?<![\w./'\"-]){name}(=True){optional}(?![\w/'\"])(?!\.\w)", flag, sentence)
    return sentence

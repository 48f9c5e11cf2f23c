"""The arguments of library functions in a library's sentences, named as the command's flags."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What stands behind an argument's name in a sentence that shows how to pass it.
_PLACEHOLDERS = {"input_range": ("(low, high)", "LOW,HIGH")}

_ALLOWED = re.compile(r"allow=\['([\w.]+)'\]")
_OF_AN_OUTPUT = re.compile(r"target=top_class\(output='?([^')]*)'?\), or explain_outputs for each")


def as_flags(sentence: str, arguments: Iterable[str]) -> str:
    """Return `sentence` with every one of the `arguments` of the command that it names as a flag.

    A name without an underscore is an argument only where `=True` follows, as any word may be a name; how one
    of several outputs is chosen is a flag too.

    >>> as_flags("pass input_range=(low, high), such as (-1, 1), or log_dir", ["input_range", "log_dir"])
    'pass --input-range=LOW,HIGH, such as -1,1, or --log-dir'
    >>> as_flags("with overwrite=True the run in logs/log_dir goes", ["overwrite", "run", "log_dir"])
    'with --overwrite the run in logs/log_dir goes'
    """
    arguments = list(arguments)
    if "allow" in arguments:
        sentence = _ALLOWED.sub(r"--allow \1", sentence)
        sentence = re.sub(r"\ballow (names|is)\b", r"--allow \1", sentence)
    if "output" in arguments:
        sentence = _OF_AN_OUTPUT.sub(r"--output \1", sentence)
    for name in arguments:
        flag = f"--{name.replace('_', '-')}"
        shown, meant = _PLACEHOLDERS.get(name, ("", ""))
        if shown and f"{name}={shown}" in sentence:
            sentence = sentence.replace(f"{name}={shown}", f"{flag}={meant}")
            sentence = re.sub(r"\((-?\d+), (-?\d+)\)", r"\1,\2", sentence)  # its examples
        optional = "?" if "_" in name else ""
        sentence = re.sub(rf"(?<![\w./'\"-]){name}(=True){optional}(?![\w/'\"])(?!\.\w)", flag, sentence)
    return sentence

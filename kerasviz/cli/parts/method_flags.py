"""Flags for methods and their options, made from their declarations."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    from kerasviz.explanation import Method, Option

# Stands among the methods as the owner of its options.
SMOOTH = "--smooth"


def add_method(parser: argparse._ActionsContainer, methods: Sequence[Method]) -> None:
    """Add --method, for any of `methods`; the first of them is the default."""
    names = ", ".join(method.name for method in methods)
    parser.add_argument(
        "--method",
        action="append",
        default=[],
        metavar="M,...",
        help=f"one or several of {names} (default: {methods[0].name})",
    )


def add_settings(parser: argparse._ActionsContainer) -> None:
    """Add --set."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="METHOD.OPTION=VALUE",
        help="an option of one method alone, such as rise.masks=500; may be repeated",
    )


def add_option_flags(parser: argparse.ArgumentParser, methods: Sequence[Method]) -> None:
    """Add a flag for every option that one of the methods has, --smooth with those of its own, and --set.

    Several methods may have an option of one name: they share the flag, whose help names them.
    """
    from kerasviz.explanation import SMOOTHING

    group = parser.add_argument_group(
        "options of the methods", "Each goes to those of the chosen methods that have it."
    )
    group.add_argument(
        SMOOTH,
        action=Number,
        bounds=next(option.bounds for option in SMOOTHING if option.name == "samples"),
        metavar="N",
        help="any method in noise: the mean of its maps over N noisy copies of the picture (SmoothGrad), or "
        "with --kind variance their variance (VarGrad)",
    )
    for name, declared in declarations(methods).items():
        if all(option.type is not dict for option in declared.values()):  # of these no text is one
            looks = _looks(list(declared.values()))
            group.add_argument(as_flag(name), dest=name, help=_help(declared, len(methods)), **looks)
    add_settings(group)


def list_methods(methods: Sequence[Method], options: bool = False) -> str:
    """Return a line for each method: name, title, the passes a picture costs, or what options it has."""
    name, title = (max(len(getattr(one, field)) for one in methods) for field in ("name", "title"))
    lines = [
        "methods, and their options for --set:" if options else "methods, and the passes a picture costs:"
    ]
    for one in methods:
        last = ", ".join(option.name for option in one.options) if options else one.passes
        lines.append(f"  {one.name:{name}}  {one.title:{title}}  {last}")
    return "\n".join(lines) + "\n"


def as_flag(name: str) -> str:
    """Return an argument's flag.

    >>> as_flag("input_range")
    '--input-range'
    """
    return f"--{name.replace('_', '-')}"


def declarations(methods: Sequence[Method]) -> dict[str, dict[str, Option]]:
    """Return `{option: {method: declaration}}`, with the options of --smooth but the number that it takes."""
    from kerasviz.explanation import SMOOTHING

    found: dict[str, dict[str, Option]] = {}
    for method in methods:
        for option in method.options:
            found.setdefault(option.name, {})[method.name] = option
    for option in SMOOTHING:
        if option.name != "samples":
            found.setdefault(option.name, {})[SMOOTH] = option
    return found


def _looks(options: Sequence[Option]) -> dict[str, Any]:
    if all(option.type is bool for option in options):
        return {"action": argparse.BooleanOptionalAction}
    choices = dict.fromkeys(choice for option in options for choice in option.choices)
    placeholder = {int: "N", float: "X"}.get(options[0].type, "VALUE")
    return {"metavar": "|".join(choices) or placeholder}


def _help(declared: Mapping[str, Option], everywhere: int) -> str:
    """Return what an option does, and whose it is, where not of all; each sense of it once."""
    senses: dict[tuple[str, str], list[str]] = {}
    for method, option in declared.items():
        default = "" if option.default is None else f" (default: {option.default})"
        senses.setdefault((option.help, default), []).append(method)
    parts = [
        ("" if len(owners) == everywhere else f"of {', '.join(owners)}: ") + text + default
        for (text, default), owners in senses.items()
    ]
    return "; ".join(parts).replace("%", "%%")

"""The methods and options that flags and --set choose, checked by their declarations."""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.method_flags import SMOOTH, as_flag, declarations

if TYPE_CHECKING:
    from kerasviz.explanation import Method, Option


def parse_settings(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return `{method: {option: value}}` of texts such as `rise.masks=500`.

    Raises:
        InputError: a text has another form.

    >>> parse_settings(["rise.masks=500", "rise.fill=blur", "occlusion.progress=False"])
    {'rise': {'masks': 500, 'fill': 'blur'}, 'occlusion': {'progress': False}}
    """
    from kerasviz.errors import InputError

    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        method, dot, option = name.partition(".")
        if not (sign and dot and method and option):
            raise InputError(f"--set is {text!r}; pass METHOD.OPTION=VALUE, such as rise.masks=500.")
        options.setdefault(method, {})[option] = _literal(value)
    return options


def settings_of(texts: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the same where it is of methods of these names alone.

    Raises:
        InputError: a text has another form, or names another method.
    """
    from kerasviz.errors import InputError

    settings = parse_settings(texts)
    for name in settings:
        if name not in names:
            raise InputError(f"--set names {name!r}, which is not among the methods: {', '.join(names)}.")
    return settings


def chosen_options(args: argparse.Namespace) -> dict[Method, dict[str, Any]]:
    """Return the methods that --method names, in order, with all their options, as flags and --set say.

    `args.methods` are those that the command has.

    Raises:
        InputError: there is no such method or the command does not have it; a flag or --set that none of the
            chosen has; a value that a method does not take.
    """
    from kerasviz.errors import InputError

    chosen = _chosen_methods(args.method, args.methods)
    names = [method.name for method in chosen]
    owners = declarations(args.methods)
    flags = {name: value for name in owners if (value := getattr(args, name, None)) is not None}
    for name in flags:
        if not set(owners[name]) & {*names, *([] if args.smooth is None else [SMOOTH])}:
            raise InputError(
                f"{as_flag(name)} is an option of {', '.join(owners[name])}, and none of these was chosen: "
                f"the methods are {', '.join(names)}."
            )
    settings = settings_of(args.set, names)
    # Bars are for a person who watches.
    flags.setdefault("progress", sys.stderr.isatty())
    found = {}
    for method in chosen:
        own = {one.name: _as(one, flags[one.name]) for one in method.options if one.name in flags}
        found[method] = method.resolved(own | settings.get(method.name, {}))
    return found


def chosen_smoothing(args: argparse.Namespace) -> dict[str, Any] | None:
    """Return what `smooth` is given, as far as it is not the default; None without --smooth."""
    from kerasviz.explanation import SMOOTHING

    if args.smooth is None:
        return None
    given = {one.name: _as(one, getattr(args, one.name)) for one in SMOOTHING if one.name != "samples"}
    changed = {
        one.name: given[one.name] for one in SMOOTHING if given.get(one.name) not in (None, one.default)
    }
    return {"samples": args.smooth} | changed


def changed_options(method: Method, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the method's resolved options that differ from their defaults and change its map."""
    defaults = {option.name: option.default for option in method.options if option.name != "progress"}
    return {name: options[name] for name in defaults if options[name] != defaults[name]}


def _chosen_methods(texts: Sequence[str], known: Sequence[Method]) -> list[Method]:
    from kerasviz.cli.parts.inputs import split_list
    from kerasviz.errors import InputError
    from kerasviz.explanation import find_method

    chosen = [find_method(name) for name in split_list(texts)] or [known[0]]
    for method in chosen:
        if method not in known:
            raise InputError(
                f"Method {method.name} is none of this command's, {', '.join(one.name for one in known)}: "
                "kerasviz explain has them all."
            )
    return chosen


def _as(option: Option, value: Any) -> Any:
    """Return a flag's value in the type of a declaration; as it is where it has none: the check says so."""
    if not isinstance(value, str) or option.type is str:
        return value
    found = _literal(value)
    return value if isinstance(found, str) else found


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):  # the latter of many brackets
        return text

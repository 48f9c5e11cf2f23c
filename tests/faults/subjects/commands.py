"""Odd values for the arguments of every command, made from the declarations of its parser."""

from __future__ import annotations

import argparse
import functools
import random
from collections.abc import Iterator, Mapping

from faults.odd_values import TEXTS, as_text, paths
from faults.subject import Place, Run, Subject, command

# What is needed beside the required arguments, to be quick or to be possible.
_USUAL: Mapping[str, str] = {
    "demo": "--epochs 1 --pictures 8",
    "train shapes": "--epochs 1 --pictures 8 --image-size 16",
    "train folder": "--epochs 1 --image-size 16",
    "train fashion": "--epochs 1 --data {IDX}",
    "train transfer": "--epochs 1 --image-size 32 --weights none --backbone MobileNetV2 --head-epochs 1",
    "filters": "--layer conv",
    "features": "--layer conv",
    "maximize": "--layer conv --steps 1",
    "embed": "--layer conv",
    "evaluate": "--method grad_cam --measure deletion --steps 2 --mosaics 2 --count 4",
    "sanity": "--stages 1",
}
# Whose value says how much is to be done: a large one is no fault of the project.
_WORK = (
    "epochs",
    "steps",
    "masks",
    "smooth",
    "samples",
    "mosaics",
    "stages",
    "count",
    "head_epochs",
    "filters",
)
# 811 MB over the network; its own processes.
_NEVER = ("help", "version", "download", "overwrite")
_TO_WRITE = ("out", "log_dir", "animation", "cache")
_TO_READ = ("model", "images", "data", "data_dir", "masks", "probe_image", "class_names", "weights")


def _make(rng: random.Random, place: Place) -> Run:
    # Training takes seconds even where it is short.
    names = [
        name for name in _parsers() if rng.random() < (0.15 if name.startswith(("train", "demo")) else 1)
    ]
    name = rng.choice(names or ["gif"])
    actions = [action for action in _parsers()[name] if not set(_NEVER) & {action.dest}]
    arguments = _usual(name, actions, place)
    for action in rng.sample(actions, min(len(actions), rng.choice((1, 1, 2, 3)))):
        arguments[action.dest] = _odd(rng, action, place)
    positional = [arguments.pop(action.dest) for action in actions if not action.option_strings]
    flags = [flag for key, flag in arguments.items() if flag is not None]
    # Positional ones behind a flag of several values would be taken for those.
    return command(*name.split(), *_flat(positional), *_flat(flags))


@functools.cache
def _parsers() -> dict[str, list[argparse.Action]]:
    """Return the actions of each command, and of each sub-command."""
    from kerasviz.cli.main import build_parser

    # TensorBoard serves until Ctrl-C.
    return {name: actions for name, actions in _below("", build_parser()) if name != "board"}


def _below(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[argparse.Action]]]:
    if (module := getattr(parser, "module", None)) is not None:
        module.add_arguments(parser)
        parser.module = None  # type: ignore[attr-defined]
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not nested:
        yield name, list(parser._actions)
    for action in nested:
        for inner, one in action.choices.items():
            yield from _below(f"{name} {inner}".strip(), one)


def _usual(name: str, actions: list[argparse.Action], place: Place) -> dict[str, list[str] | None]:
    found: dict[str, list[str] | None] = {}
    words = _USUAL.get(name, "").format(IDX=place.corpus / "idx").split()
    given = dict(zip(words[::2], words[1::2], strict=True))
    for action in actions:
        flag = next(iter(action.option_strings), None)
        value = given.get(flag or "")
        if value is None and (action.required or flag is None or action.dest in ("out", "log_dir")):
            value = _whole(action.dest, name, place)
        if value is not None:
            found[action.dest] = [value] if flag is None else [flag, value]
    return found


def _whole(dest: str, name: str, place: Place) -> str | None:
    """Return a value that a required argument can have."""
    known = {
        "model": place.corpus / "model.keras",
        "images": place.corpus / "pictures",
        "data": place.corpus / "classes",
        "log_dir": place.corpus / "log" if name == "gif" else place.out / "log",
        "out": place.out
        / ("sheet.png" if name == "maximize" else "report.html" if name == "report" else "made"),
    }
    return str(known[dest]) if dest in known else "conv" if dest == "layer" else None


def _odd(rng: random.Random, action: argparse.Action, place: Place) -> list[str] | None:
    flag = next(iter(action.option_strings), None)
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return [rng.choice(action.option_strings)]
    if action.dest in _WORK:
        value = rng.choice(("-1", "0", "1", "2", "nan", "", "a"))
    elif action.dest in (*_TO_WRITE, *_TO_READ) and rng.random() < 0.8:
        value = rng.choice(_files(action.dest, place))
    elif action.choices and rng.random() < 0.7:
        value = str(rng.choice(list(action.choices)))
    elif action.metavar and "," in str(action.metavar) and rng.random() < 0.5:
        value = ",".join(as_text(rng) for _ in range(rng.choice((1, 2, 4))))
    elif action.dest == "set":
        value = _setting(rng)
    else:
        value = as_text(rng)
    # As from a shell, which cannot pass NUL.
    value = value.replace("\0", "")
    return [value] if flag is None else [f"{flag}={value}"] if flag.startswith("--") else [flag, value]


def _files(dest: str, place: Place) -> list[str]:
    if dest in _TO_WRITE:
        return [
            *paths(place.out),
            str(place.out / "earlier.png"),
            str(place.out / "a.gif"),
            str(place.out / "a.mp4"),
        ]
    whole = [
        "model.keras",
        "plain.h5",
        "pictures",
        "classes",
        "log",
        "idx",
        "names/names.txt",
        "formats",
        "images.tar",
    ]
    return [*paths(place.inputs), "/dev/zero", *(str(place.corpus / name) for name in whole)]


def _setting(rng: random.Random) -> str:
    """Return an odd value of --set, half the time for an option that a method has."""
    from kerasviz.explanation import METHODS

    method = rng.choice(METHODS)
    names = [option.name for option in method.options if option.name not in _WORK] or ["x"]
    return f"{rng.choice((method.name, rng.choice(TEXTS)))}.{rng.choice(names)}={as_text(rng)}"


def _flat(parts: list[list[str] | None]) -> list[str]:
    return [word for part in parts if part is not None for word in part]


SUBJECT = Subject("commands", 70, _make, together=40)

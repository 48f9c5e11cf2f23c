"""What is explained, on the command line: classes by name or number, the best ones, and of which output."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerasviz.cli.parts.inputs import add_class_names

if TYPE_CHECKING:
    from kerasviz.probe import Target


def add_target(parser: argparse._ActionsContainer) -> None:
    """Add --class, --top, --output and --class-names."""
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="C,...",
        help="names or indices; by default the predicted class",
    )
    parser.add_argument("--top", type=int, metavar="K", help="each picture's K most probable classes")
    parser.add_argument("--output", metavar="NAME|N", help="which output of a model with several")
    add_class_names(parser)


def chosen_targets(args: argparse.Namespace, names: Sequence[str] | None) -> list[Target]:
    """Return what the arguments ask for, the predicted class where they ask for none.

    Raises:
        InputError: --top is below 1.
        TargetError: there is no such class.
    """
    from kerasviz.cli.parts.class_choice import choose_classes
    from kerasviz.errors import InputError
    from kerasviz.probe import class_score, top_class

    if args.top is not None and args.top < 1:
        raise InputError(f"--top is {args.top}; it must be at least 1.")
    output = int(args.output) if args.output and args.output.isdecimal() else args.output
    targets = [class_score(index, output=output) for index in choose_classes(args.classes, names)]
    best = args.top or (0 if targets else 1)
    return [*targets, *(top_class(rank, output=output) for rank in range(1, best + 1))]


def target_parts(args: argparse.Namespace, names: Sequence[str] | None) -> list[str]:
    """Return what was asked for as parts of a file's name; nothing for the predicted class.

    >>> target_parts(argparse.Namespace(classes=["2", "0"], top=3, output=None), None)
    ['class2+0', 'top3']
    """
    from kerasviz.cli.parts.class_choice import choose_classes

    chosen = choose_classes(args.classes, names)
    parts = [f"class{'+'.join(map(str, chosen))}"] if chosen else []
    parts += [f"top{args.top}"] if args.top else []
    return parts + ([f"output{args.output}"] if args.output else [])

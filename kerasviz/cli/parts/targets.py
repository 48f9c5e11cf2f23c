"""What is explained, on the command line: classes by name or number, the best ones, and of which output."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kerasviz.cli.parts.inputs import add_class_names
from kerasviz.cli.parts.number_flags import Number, whole_number

if TYPE_CHECKING:
    import keras
    import numpy as np

    from kerasviz.images import Picture, Rectangle
    from kerasviz.probe import Target


def add_target(parser: argparse._ActionsContainer) -> None:
    """Add --class, --top, --region, --output and --class-names."""
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="C,...",
        help="names or indices; by default the predicted class; of a segmentation network a class is "
        "explained where it is predicted, by default the most common one other than class 0",
    )
    parser.add_argument("--top", action=Number, metavar="K", help="each picture's K most probable classes")
    parser.add_argument(
        "--region",
        metavar="X,Y,W,H",
        help="of a segmentation network: a class within this rectangle, in the picture's pixels; by default "
        "the one predicted most there, other than class 0",
    )
    parser.add_argument(
        "--output",
        metavar="NAME|N|all",
        help="which output of a model with several; all of them, each in a file of its own",
    )
    add_class_names(parser)


@dataclass(frozen=True)
class AskedTargets:
    """What the arguments ask to be explained: the `classes`, or the best ones; within a `region`, or all."""

    classes: Sequence[int]
    best: int
    output: int | str | None
    region: Rectangle | None

    def of_each_output(self, model: keras.Model, batch: np.ndarray) -> dict[str, AskedTargets]:
        """Return these targets by the name of their output, "" where none was named; of all, each alone."""
        from kerasviz.explanation import named_outputs

        if self.output != "all":
            return {"" if self.output is None else str(self.output): self}
        outputs = named_outputs(model, batch)
        if "all" in outputs:
            return {"all": self}
        return {name: dataclasses.replace(self, output=output) for name, output in outputs.items()}

    def of(self, model: keras.Model, pictures: Sequence[Picture], batch: np.ndarray) -> list[Target]:
        """Return the targets of some pictures, which the model takes as `batch`.

        Raises:
            InputError: the region is not within one of the pictures.
            TargetError: a region was asked for, and the model has no output that is a map.
        """
        from kerasviz.cli.parts.rectangle import rectangle_masks
        from kerasviz.probe import class_score, map_size, region_score, top_class

        output = self.output
        if self.region is not None:
            size = map_size(model, batch, output)
            masks = rectangle_masks(self.region, pictures, size)
            labels: Sequence[int | None] = self.classes or [None]
            return [region_score(masks, label, output=output) for label in labels]
        chosen = [class_score(index, output=output) for index in self.classes]
        return [*chosen, *(top_class(rank, output=output) for rank in range(1, self.best + 1))]


def asked_targets(args: argparse.Namespace, names: Sequence[str] | None) -> AskedTargets:
    """Return what the arguments ask for, the predicted class where they ask for none.

    Raises:
        InputError: --top stands beside --region, or that is no rectangle.
        TargetError: there is no such class.
    """
    from kerasviz.cli.parts.class_choice import choose_classes
    from kerasviz.cli.parts.rectangle import parse_rectangle
    from kerasviz.errors import InputError

    if args.top and args.region:
        raise InputError("--region is of one class: leave out --top, or choose with --class.")
    number = whole_number(args.output or "")
    output = args.output if number is None else number
    classes = choose_classes(args.classes, names)
    region = parse_rectangle(args.region, "--region") if args.region else None
    return AskedTargets(classes, args.top or (0 if classes else 1), output, region)


def target_parts(args: argparse.Namespace, names: Sequence[str] | None) -> list[str]:
    """Return what was asked for as parts of a file's name; nothing for the predicted class.

    >>> target_parts(argparse.Namespace(classes=["2", "0"], top=3, region=None), None)
    ['class2+0', 'top3']
    """
    from kerasviz.cli.parts.class_choice import choose_classes

    chosen = choose_classes(args.classes, names)
    parts = [f"class{'+'.join(map(str, chosen))}"] if chosen else []
    parts += [f"top{args.top}"] if args.top else []
    return parts + ([f"region{args.region}"] if args.region else [])

"""Pictures that a network has not learned from: --data, and the arguments that belong to it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from kerasviz.bounds import NUMBERS
from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasviz.data import Dataset

# As many as `kerasviz train shapes` validates on, and their side for a model that takes any.
_SHAPES, _SIDE = 2000, 64
# The flags of some kinds of data only, and the options of `kerasviz.data.open_data` that they are.
_FLAGS = {
    "data_dir": "directory",
    "classes": "classes",
    "split": "split",
    "masks": "masks",
    "shortcut": "shortcut",
}


def add_data(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """Add --data, and what names its folder, its classes and the pictures that are held out."""
    from kerasviz.data import DATA_SETS

    data = parser.add_argument_group("the pictures, those held out from training")
    data.add_argument(
        "--data", required=True, metavar="|".join((*DATA_SETS, "FOLDER")), help="which pictures"
    )
    data.add_argument(
        "--data-dir", metavar="FOLDER", help="of pets and fashion: their folder (default: $KERASVIZ_DATA_DIR)"
    )
    data.add_argument(
        "--classes",
        metavar="A,B",
        help="of pets: breeds; by default those the model knows, or all. Of shapes: theirs",
    )
    data.add_argument(
        "--split",
        metavar="official|SHARE",
        help="as in training: of pets 'official' (the default) or a share such as 0.2, of a FOLDER that is "
        "not divided a share, by default 0.2",
    )
    data.add_argument("--seed", action=Number, default=0, help="of what is drawn at random, as in training")
    return data


def load_data(
    args: argparse.Namespace,
    names: Sequence[str] | None,
    image_size: tuple[int, int] | None,
    shapes: int = _SHAPES,
) -> Dataset:
    """Return the data set of the arguments, and print what it holds and what was left out of it.

    Args:
        args: as `add_data` made them.
        names: the classes that the model knows, if that is known.
        image_size: of generated pictures.
        shapes: how many pictures are generated.

    Raises:
        InputError, DatasetError: it is not there, or cannot be used.
    """
    from kerasviz.cli.parts.inputs import split_list
    from kerasviz.data import open_for, options_of
    from kerasviz.errors import InputError

    known = options_of(args.data)
    options: dict[str, Any] = {"seed": args.seed} if "seed" in known else {}
    for flag, option in _FLAGS.items():
        value = getattr(args, flag, None)
        if value in (None, False):
            continue
        if option not in known:
            raise InputError(f"--data {args.data} takes no --{flag.replace('_', '-')}: leave it out.")
        options[option] = value
    if "classes" in options:
        options["classes"] = split_list([args.classes])
    if "split" in options:
        options["split"] = read_split(args.split)
    if options.get("shortcut"):
        options["shortcut"] = "corner"
    drawn = {"train": 1, "validation": shapes, "image_size": image_size or _SIDE}
    if set(drawn) <= set(known):
        options |= drawn
    dataset = open_for(names, args.data, **options)
    print(dataset.describe())
    return dataset


def read_split(text: str) -> str | float:
    """Return "official", or the share that the text names.

    Raises:
        InputError: it names none.
    """
    if text == "official":
        return text
    return NUMBERS["split"].read("--split", text, "'official'")

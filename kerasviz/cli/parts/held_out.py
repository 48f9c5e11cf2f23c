"""Labelled pictures that a network has not learned from: --data, and the arguments that belong to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kerasviz.data import Dataset

# As many as `kerasviz train shapes` validates on, and their side for a model that takes any.
_SHAPES, _SIDE = 2000, 64


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add --data, and what names its folder, its classes and the pictures that are held out."""
    data = parser.add_argument_group("the pictures, those held out from training")
    data.add_argument("--data", required=True, metavar="pets|shapes|fashion|FOLDER", help="which pictures")
    data.add_argument(
        "--data-dir", metavar="FOLDER", help="of pets and fashion: their folder (default: $KERASVIZ_DATA_DIR)"
    )
    data.add_argument("--classes", metavar="A,B", help="of pets: breeds; by default those the model knows")
    data.add_argument(
        "--split",
        metavar="official|SHARE",
        help="as in training: of pets 'official' (the default) or a share such as 0.2, of a FOLDER that is "
        "not divided a share, by default 0.2",
    )
    data.add_argument("--seed", type=int, default=0, help="of that choice, and of shapes, as in training")


def load_data(
    args: argparse.Namespace, names: Sequence[str] | None, image_size: tuple[int, int] | None
) -> Dataset:
    """Return the data set of the arguments.

    Args:
        args: as `add_data` made them.
        names: the classes that the model knows, if that is known.
        image_size: of generated pictures.

    Raises:
        InputError, DatasetError: it is not there, or cannot be used.
    """
    from kerasviz.data import fashion_mnist, folder, pets, shapes
    from kerasviz.errors import InputError

    if args.data == "fashion":
        return fashion_mnist.load(args.data_dir)
    if args.data == "shapes":
        return shapes.load(1, _SHAPES, image_size=image_size or _SIDE, seed=args.seed)
    official = args.split in (None, "official")
    if args.data == "pets":
        classes = [name.strip() for name in args.classes.split(",")] if args.classes else names
        return pets.load(args.data_dir, classes, "official" if official else _share(args.split), args.seed)
    if args.split == "official":
        raise InputError("--split official is for pets: pass the share of the folder's pictures to hold out.")
    return folder.load(Path(args.data), 0.2 if official else _share(args.split), args.seed)


def _share(text: str) -> float:
    from kerasviz.errors import InputError

    try:
        return float(text)
    except ValueError:
        raise InputError(f"--split is {text!r}; pass 'official', or a share such as 0.2.") from None

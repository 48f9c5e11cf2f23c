"""What the commands that look into a model take: MODEL, class names, and pictures as the model wants them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.bounds import check_numbers
from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    import keras

    from kerasviz.images import Picture, PictureForm

MODEL_HELP = "a .keras or .h5 file, a SavedModel folder, or a network of keras.applications by name"
# The side of pictures for a model that takes any.
_DEFAULT_SIZE = 224


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add MODEL and --allow."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="an installed package whose classes the file may use, such as keras_hub; may be repeated. It is "
        "imported: allow only what you trust",
    )


def open_model(args: argparse.Namespace, *, weights: str | None = "imagenet") -> keras.Model:
    """Return the model that MODEL names.

    Raises:
        ModelFileError: there is none, or it is refused; see `kerasviz.models.load_model`.
        InputError: --allow names no package with layers.
    """
    from kerasviz.models import load_model

    return load_model(args.model, weights=weights, allow=args.allow)


def add_pictures(parser: argparse.ArgumentParser, out: str, batch_size: int) -> None:
    """Add the pictures, where results go, and how pictures are fed to the model."""
    parser.add_argument("images", metavar="IMAGE|FOLDER", nargs="+", help="picture files, or folders of them")
    parser.add_argument("--out", default=out, metavar="FOLDER", help="where the pictures are written")
    parser.add_argument(
        "--batch-size", action=Number, default=batch_size, help="pictures that are run together"
    )
    add_form(parser)


def add_form(parser: argparse._ActionsContainer) -> None:
    """Add --input-range and --image-size."""
    parser.add_argument(
        "--input-range",
        metavar="LOW,HIGH",
        help="the values the model takes for black and white, where it does not say them itself; negative "
        "ones as --input-range=-1,1",
    )
    parser.add_argument(
        "--image-size",
        action=Number,
        metavar="SIDE",
        help=f"for a model that takes any size: the side in pixels (default: {_DEFAULT_SIZE})",
    )


def read_form(args: argparse.Namespace, model: keras.Model) -> PictureForm:
    """Return how the model takes pictures, by itself or by --input-range and --image-size.

    Raises:
        InputError: neither the model nor --input-range says the range, or one of the two cannot be used.
        UnsupportedModelError: the model does not take pictures, or not only one.
    """
    from kerasviz.images import PictureForm

    form = PictureForm.of(model, input_range=given_range(args), image_size=args.image_size)
    form.ranged()
    return form.sized(_DEFAULT_SIZE)


def given_range(args: argparse.Namespace) -> tuple[float, float] | None:
    """Return the two values of --input-range, None where it is left out.

    Raises:
        InputError: they are no two numbers, the smaller first.
    """
    from kerasviz.images import checked_range

    return None if args.input_range is None else checked_range(args.input_range.split(","))


def add_class_names(parser: argparse._ActionsContainer) -> None:
    """Add --class-names."""
    parser.add_argument(
        "--class-names",
        metavar="FILE",
        help="the classes' names, one a line or a JSON list; by default those stored in the model",
    )


def find_class_names(args: argparse.Namespace, model: keras.Model) -> list[str] | None:
    """Return the names from --class-names, or those that the model keeps.

    Raises:
        InputError: the file cannot be read, or has more or fewer names than the model has classes.
    """
    from kerasviz.models import check_class_names, class_names, read_class_names

    if not args.class_names:
        return class_names(model)
    names = read_class_names(args.class_names)
    check_class_names(names, model)
    return names


def read_batches(
    files: Sequence[Path], form: PictureForm, batch_size: int, skipped: list[tuple[Path, str]]
) -> Iterator[list[Picture]]:
    """Yield the pictures in `files` in batches, reading one batch at a time, with a progress bar.

    What cannot be read is left out and added to `skipped` with the reason.

    Raises:
        InputError: the batch size is out of bounds.
    """
    from tqdm import tqdm

    from kerasviz.errors import ImageError
    from kerasviz.images import Picture, in_threads, why_unreadable

    def attempt(path: Path) -> Picture | str:
        try:
            return form.read(path)
        except ImageError as error:
            return why_unreadable(error)

    check_numbers(batch_size=batch_size)
    # Off where standard error is no terminal.
    with tqdm(total=len(files), unit="picture", disable=None) as progress:
        for start in range(0, len(files), batch_size):
            part = files[start : start + batch_size]
            found = in_threads(attempt, part)
            skipped += [(path, one) for path, one in zip(part, found, strict=True) if isinstance(one, str)]
            if pictures := [one for one in found if isinstance(one, Picture)]:
                yield pictures
            progress.update(len(part))


def report_skipped(files: Sequence[Path], skipped: Sequence[tuple[Path, str]]) -> None:
    """Say which files were left out and why.

    Raises:
        ImageError: all were.
    """
    from kerasviz.errors import ImageError

    if not skipped:
        return
    listed = ", ".join(f"{path} ({reason})" for path, reason in skipped)
    if len(skipped) == len(files):
        raise ImageError(f"None of {len(files)} files is a picture that can be read: {listed}.")
    print(f"left out {len(skipped)} of {len(files)} files: {listed}")


def output_names(files: Sequence[Path]) -> list[str]:
    """Return a name for what is written for each file, no two alike: its stem, or with its folder's name.

    >>> output_names([Path("cats/1.jpg"), Path("dogs/1.jpg"), Path("dogs/2.jpg"), Path("dogs/2.png")])
    ['cats-1', 'dogs-1', 'dogs-2', 'dogs-2-2']
    """
    stems = [path.stem for path in files]
    taken: set[str] = set()
    names = []
    for path in files:
        base = path.stem if stems.count(path.stem) == 1 else f"{path.resolve().parent.name}-{path.stem}"
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}-{count}"
        taken.add(name)
        names.append(name)
    return names


def split_list(texts: Sequence[str]) -> list[str]:
    """Return the parts of comma-separated lists, each once, in order.

    >>> split_list(["conv1,conv2", "conv1"])
    ['conv1', 'conv2']
    """
    parts = (part.strip() for text in texts for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def file_part(text: str) -> str:
    """Return `text` as a part of a file's name.

    >>> file_part("densenet169/conv5_block32_concat")
    'densenet169-conv5_block32_concat'
    """
    return "".join(sign if sign.isalnum() or sign in "._" else "-" for sign in text)

"""What `kerasviz embed` reads: a data set's pictures, some of them, as the model takes them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.cli.parts.held_out import add_data, load_data

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.data import Split
    from kerasviz.images import Picture, PictureForm


@dataclass(frozen=True)
class Source:
    """Pictures to embed.

    `names` are their files, or their numbers in the data set; `class_names` is None where they have no
    labels.
    """

    split: Split
    names: list[str]
    class_names: tuple[str, ...] | None


def add_pictures(parser: argparse.ArgumentParser) -> None:
    """Add --data, how many of its pictures, and how they are fed to the model."""
    add_data(parser)
    parser.add_argument("--count", type=int, default=2000, help="pictures, drawn at random with --seed")
    parser.add_argument(
        "--input-range",
        default="0,255",
        metavar="LOW,HIGH",
        help="the values the model takes for black and white; negative ones as --input-range=-1,1",
    )
    parser.add_argument("--image-size", type=int, metavar="SIDE", help="for a model that takes any size")
    parser.add_argument("--batch-size", type=int, default=32, help="pictures that are run together")


def read_source(args: argparse.Namespace, form: PictureForm, model_names: Sequence[str] | None) -> Source:
    """Return the pictures of --data, at most --count of them, and say how many there are.

    `model_names` are the classes that the model knows, if that is known. A FOLDER without sub-folders holds
    pictures without labels.

    Raises:
        InputError: --count or --batch-size is below 1.
        DatasetError, ImageError: there are no such pictures.
    """
    import numpy as np

    from kerasviz.errors import InputError

    for option in ("count", "batch_size"):
        if getattr(args, option) < 1:
            name = option.replace("_", "-")
            raise InputError(f"--{name} is {getattr(args, option)}; it must be at least 1.")
    whole = _unlabelled(Path(args.data)) if _is_flat(args.data) else _held_out(args, form, model_names)
    total = len(whole.split)
    if total <= args.count:
        print(f"all {total:,} pictures of {args.data}")
        return whole
    chosen = np.sort(np.random.default_rng(args.seed).permutation(total)[: args.count])
    print(f"{args.count:,} of {total:,} pictures of {args.data}, drawn with seed {args.seed}")
    return Source(whole.split.take(chosen), [whole.names[at] for at in chosen], whole.class_names)


def stream(
    source: Source, form: PictureForm, batch_size: int, thumbnails: np.ndarray
) -> Iterator[np.ndarray]:
    """Yield the pictures in batches as the model takes them, and fill `thumbnails`, uint8 (N, side, side, 3).

    Each picture is read once, and only its thumbnail is kept.
    """
    from tqdm import tqdm

    from kerasviz.embeddings import thumbnail
    from kerasviz.images import as_rgb, in_threads

    count, side = thumbnails.shape[:2]

    def fitted(at: int) -> Picture:
        image = as_rgb(source.split.image(at))
        thumbnails[at] = thumbnail(image, side)
        return form.fit(image, source.names[at])

    # Off where standard error is no terminal.
    with tqdm(total=count, unit="picture", disable=None) as progress:
        for start in range(0, count, batch_size):
            part = range(start, min(start + batch_size, count))
            yield form.batch(in_threads(fitted, part))
            progress.update(len(part))


def _is_flat(data: str) -> bool:
    folder = Path(data)
    return folder.is_dir() and not any(path.is_dir() and path.name[0] != "." for path in folder.iterdir())


def _held_out(args: argparse.Namespace, form: PictureForm, model_names: Sequence[str] | None) -> Source:
    dataset = load_data(args, model_names, form.size)
    print(dataset.describe())
    images = dataset.validation.images
    # The folder's name too: a file of that name may be in every class's folder.
    names = [
        f"{one.parent.name}/{one.name}" if isinstance(one, Path) else str(at) for at, one in enumerate(images)
    ]
    return Source(dataset.validation, names, dataset.class_names)


def _unlabelled(folder: Path) -> Source:
    import numpy as np

    from kerasviz.cli.parts.inputs import report_skipped
    from kerasviz.data import Split
    from kerasviz.images import check_image, find_images, in_threads

    found = find_images(folder)
    problems = in_threads(check_image, found)
    report_skipped(found, [(path, why) for path, why in zip(found, problems, strict=True) if why])
    files = [path for path, why in zip(found, problems, strict=True) if why is None]
    return Source(Split(files, np.zeros(len(files), np.int32)), [path.name for path in files], None)

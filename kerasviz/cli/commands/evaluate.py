"""`kerasviz evaluate`: methods of explanation scored against masks, beside baselines that know no network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.inputs import add_model

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.data import Split
    from kerasviz.images import PictureForm
    from kerasviz.trust import Evaluator, MethodScores, Settings

HELP = "score methods of explanation: pointing game, energy, IoU, deletion and insertion, grid"
DESCRIPTION = (
    "Score methods of explanation on pictures whose object is masked, print a table, and write it as JSON, "
    "CSV and a figure. Three baselines that know nothing of the network stand in every table: a spot in the "
    "centre, noise, and an edge detector. A method that does not beat them has not shown anything."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the data, the methods and the measures."""
    add_model(parser)
    data = parser.add_argument_group("the pictures and their masks")
    data.add_argument("--data", required=True, metavar="shapes|pets|FOLDER", help="which pictures")
    data.add_argument(
        "--data-dir", metavar="FOLDER", help="of pets: the folder with images/ and annotations/"
    )
    data.add_argument("--classes", help="of pets: breeds, separated by commas; by default all")
    data.add_argument(
        "--shortcut", action="store_true", help="of shapes: marked corners, the masks the marks'"
    )
    data.add_argument(
        "--masks",
        metavar="FOLDER",
        help="of a FOLDER: mask pictures of the same names; not black is the object",
    )
    data.add_argument("--count", type=int, default=100, help="pictures, spread evenly over those there are")
    data.add_argument(
        "--input-range", default="0,255", metavar="LOW,HIGH", help="the values for black and white"
    )
    data.add_argument("--image-size", type=int, metavar="SIDE", help="for a model that takes any size")
    explained = parser.add_argument_group("what is compared")
    explained.add_argument("--method", action="append", metavar="M,...", help="by default grad_cam")
    explained.add_argument("--layer", help="of the CAM family; by default the last spatial layer")
    explained.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="METHOD.OPTION=VALUE",
        help="an option of a method, such as rise.masks=500",
    )
    explained.add_argument(
        "--true-class", action="store_true", help="explain the data set's label, not the predicted class"
    )
    explained.add_argument(
        "--measure",
        action="append",
        metavar="M,...",
        help="pointing, energy, iou, grid, deletion, insertion; by default all",
    )
    explained.add_argument(
        "--threshold", type=float, default=0.5, help="of the IoU, as a share of the maximum"
    )
    explained.add_argument("--steps", type=int, default=20, help="of the curves of deletion and insertion")
    explained.add_argument("--mosaics", type=int, default=100, help="mosaics of the grid pointing game")
    explained.add_argument("--seed", type=int, default=0, help="of the data, the mosaics and the noise")
    parser.add_argument("--batch-size", type=int, default=32, help="pictures that are run together")
    parser.add_argument("--out", default="evaluation", metavar="FOLDER", help="where the results are written")


def run(args: argparse.Namespace) -> int | None:
    """Score the methods; an interrupted run prints and writes the methods that are done."""
    from tqdm import tqdm

    from kerasviz.cli.parts.inputs import split_list
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.trust import BASELINES, score_table, write_scores

    evaluator = _open(args)
    methods = split_list(args.method or ["grad_cam"])
    evaluator.check(methods)
    rows: list[MethodScores] = []
    interrupted = False
    try:
        # Off where standard error is no terminal.
        total = len(dict.fromkeys([*methods, *BASELINES]))
        with tqdm(total=total, unit="method", disable=None) as progress:
            for row in evaluator.scores(methods):
                rows.append(row)
                progress.update()
    except KeyboardInterrupt:
        interrupted = True
    if rows:
        headings, cells = score_table(rows)
        print_table(headings, cells, headings[1:])
        print("in brackets: baselines, which know nothing of the network; deletion: lower is better")
        about = {"model": args.model, "data": args.data, "pictures": len(evaluator.images)}
        about |= {"arguments": _plain(args), "complete": not interrupted}
        files = write_scores(rows, args.out, about)
        print(f"{', '.join(path.name for path in files)} in {args.out}")
    if interrupted:
        left = [name for name in [*methods, *BASELINES] if name not in {row.method for row in rows}]
        print(f"interrupted: {', '.join(left)} not evaluated")
        return 130
    return None


def _open(args: argparse.Namespace) -> Evaluator:
    from kerasviz.cli.parts.inputs import read_form, split_list
    from kerasviz.cli.parts.method_options import parse_settings
    from kerasviz.models import load_model
    from kerasviz.trust import MEASURES, Evaluator, Settings

    settings = Settings(
        split_list(args.measure) if args.measure else MEASURES,
        args.threshold,
        args.steps,
        args.mosaics,
        args.seed,
        args.batch_size,
        args.layer,
    )
    options = parse_settings(args.set)
    model = load_model(args.model)
    form = read_form(args, model)
    images, masks, labels = _read(args, form, settings)
    target = labels.tolist() if args.true_class else None
    return Evaluator(model, images, masks, target, settings, options)


def _read(
    args: argparse.Namespace, form: PictureForm, settings: Settings
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """Return pictures as the model takes them, their masks where a measure needs them, and labels."""
    import numpy as np

    from kerasviz.errors import DatasetError, InputError
    from kerasviz.images import in_threads
    from kerasviz.trust import OF_MASKS

    if args.count < 1:
        raise InputError(f"--count is {args.count}; it must be at least 1.")
    size = form.size
    split = _split(args, size)
    needed = bool(set(OF_MASKS) & set(settings.measures))
    if needed and split.masks is None:
        raise DatasetError("There are no masks: pass --masks, or --measure grid,deletion,insertion.")
    usable = [at for at in range(len(split)) if not needed or split.masks[at] is not None]  # type: ignore[index]
    if needed and isinstance(split.masks, np.ndarray):
        usable = [at for at in usable if split.masks[at].any()]
    if not usable:
        raise DatasetError("No picture has a mask of an object: there is nothing to score.")
    chosen = [usable[at] for at in np.unique(np.linspace(0, len(usable) - 1, args.count).round().astype(int))]
    pictures = in_threads(lambda at: form.fit(split.image(at), f"picture {at}"), chosen)
    masks = np.stack(in_threads(lambda at: split.mask(at, size), chosen)) if needed else None
    print(
        f"{len(chosen)} of {len(split)} pictures of {args.data}, {len(split) - len(usable)} without an object"
    )
    return form.batch(pictures), masks, split.labels[chosen]


def _split(args: argparse.Namespace, size: tuple[int, int]) -> Split:
    from kerasviz.data import pets, shapes

    if args.data == "shapes":
        shortcut = "corner" if args.shortcut else None
        # Every second picture of the shortcut's data has no mark, and so no mask.
        count = args.count * (2 if args.shortcut else 1)
        return shapes.load(1, count, image_size=size, seed=args.seed, shortcut=shortcut).validation
    if args.data == "pets":
        classes = [name.strip() for name in args.classes.split(",")] if args.classes else None
        return pets.load(args.data_dir, classes).validation
    return _own(Path(args.data), None if args.masks is None else Path(args.masks))


def _own(folder: Path, masks: Path | None) -> Split:
    """Return the pictures in a folder with the masks of the same names."""
    import numpy as np

    from kerasviz.data import Split
    from kerasviz.images import check_image, find_images

    files = [path for path in find_images(folder) if check_image(path) is None]
    found: list[Path | None] | None = None
    if masks is not None:
        by_stem = {path.stem: path for path in find_images(masks)}
        found = [by_stem.get(path.stem) for path in files]
    return Split(files, np.zeros(len(files), np.int32), found)


def _plain(args: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(args).items() if name not in ("run", "command")}

"""`kerasviz evaluate`: methods of explanation scored against masks, beside baselines that know no network."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.data import add_data
from kerasviz.cli.parts.inputs import add_class_names, add_form, add_model
from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    import keras

    from kerasviz.data import Split
    from kerasviz.images import PictureForm
    from kerasviz.trust import Evaluator, MethodScores

HELP = "score methods of explanation: pointing game, energy, IoU, deletion and insertion, grid"
DESCRIPTION = (
    "Score methods of explanation on pictures whose object is masked, print a table, and write it as JSON, "
    "CSV and a figure. Three baselines that know nothing of the network stand in every table: a spot in the "
    "centre, noise, and an edge detector. A method that does not beat them has not shown anything."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the data, the methods and the measures."""
    from kerasviz.cli.parts.method_flags import add_method, add_settings, list_methods
    from kerasviz.explanation import METHODS
    from kerasviz.trust import MEASURES

    add_model(parser)
    data = add_data(parser)
    data.add_argument(
        "--shortcut", action="store_true", help="of shapes: marked corners, the masks the marks'"
    )
    data.add_argument(
        "--masks",
        metavar="FOLDER",
        help="of a FOLDER: mask pictures of the same names; not black is the object",
    )
    data.add_argument(
        "--count", action=Number, default=100, help="pictures, spread evenly over those there are"
    )
    add_form(data)
    add_class_names(data)
    explained = parser.add_argument_group("what is compared")
    add_method(explained, METHODS)
    explained.add_argument("--layer", help="of the methods that take one; by default the last spatial layer")
    add_settings(explained)
    explained.add_argument(
        "--true-class",
        action="store_true",
        help="explain the class of the data, found among the model's by its name, not the predicted one",
    )
    explained.add_argument(
        "--measure",
        action="append",
        metavar="M,...",
        help=f"{', '.join(MEASURES)}; by default all",
    )
    explained.add_argument(
        "--threshold", action=Number, default=0.5, help="of the IoU, as a share of the maximum"
    )
    explained.add_argument(
        "--steps", action=Number, default=20, help="of the curves of deletion and insertion"
    )
    explained.add_argument("--mosaics", action=Number, default=100, help="mosaics of the grid pointing game")
    parser.add_argument("--batch-size", action=Number, default=32, help="pictures that are run together")
    parser.add_argument("--out", default="evaluation", metavar="FOLDER", help="where the results are written")
    parser.epilog = list_methods(METHODS, options=True)


def run(args: argparse.Namespace) -> int | None:
    """Score the methods; an interrupted run prints and writes the methods that are done."""
    from tqdm import tqdm

    from kerasviz.cli.parts.inputs import split_list
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.explanation import METHODS
    from kerasviz.trust import BASELINES, score_table, write_scores

    evaluator = _open(args)
    methods = split_list(args.method) or [METHODS[0].name]
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
    from kerasviz.cli.parts.chosen_methods import parse_settings
    from kerasviz.cli.parts.inputs import open_model, read_form, split_list
    from kerasviz.trust import MEASURES, OF_MASKS, Evaluator, Settings, fit_split

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
    model = open_model(args)
    form = read_form(args, model)
    split = _split(args, model, form, bool(set(OF_MASKS) & set(settings.measures)))
    pictures = fit_split(split, form)
    if pictures.unseen:
        print(f"left out {pictures.unseen}: of their object the model sees nothing")
    return Evaluator(
        model,
        pictures.images,
        pictures.masks,
        target=pictures.labels.tolist() if args.true_class else None,
        settings=settings,
        options=options,
        preprocessed=True,
    )


def _split(args: argparse.Namespace, model: keras.Model, form: PictureForm, masks_needed: bool) -> Split:
    """Return --count pictures, with masks where a measure needs them, and the model's labels for them."""
    import dataclasses

    import numpy as np

    from kerasviz.cli.parts.data import load_data
    from kerasviz.cli.parts.inputs import find_class_names
    from kerasviz.data import match_classes
    from kerasviz.errors import DatasetError, InputError
    from kerasviz.models import class_count

    names = find_class_names(args, model)
    # Every second picture of the shortcut's data has no mark, and so no mask.
    dataset = load_data(args, names, form.size, args.count * (2 if args.shortcut else 1))
    if args.true_class:
        if not dataset.class_names:
            raise InputError(f"The pictures of {args.data} have no labels: leave out --true-class.")
        dataset = match_classes(dataset, names, class_count(model))
    whole = usable = dataset.validation
    if masks_needed:
        if whole.masks is None:
            raise DatasetError("There are no masks: pass --masks, or --measure grid,deletion,insertion.")
        usable = whole.masked()
    else:
        usable = dataclasses.replace(whole, masks=None)
    chosen = np.unique(np.linspace(0, len(usable) - 1, args.count).round().astype(int))
    print(
        f"{len(chosen)} of {len(whole)} pictures of {args.data}, {len(whole) - len(usable)} without an object"
    )
    return usable.take(chosen)


def _plain(args: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in vars(args).items() if name not in ("run", "command")}

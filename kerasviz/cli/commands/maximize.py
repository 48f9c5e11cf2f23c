"""`kerasviz maximize`: the pictures that filters, neurons or classes answer to most."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.atomic import scratch_folder
from kerasviz.cli.parts.inputs import add_class_names, add_form, add_model
from kerasviz.cli.parts.number_flags import Number, whole_number

if TYPE_CHECKING:
    import keras
    import numpy as np

    from kerasviz.images import PictureForm
    from kerasviz.maximization import Maximized, Objective, Search

HELP = "search for the pictures that filters, neurons or classes answer to most"
DESCRIPTION = (
    "Activation maximisation: gradient ascent from noise, a picture for each filter or class, all together. "
    "Writes a sheet of the pictures, in the order of the table, and with --animation the search as a film."
)
_TAG = "maximized"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, what is raised, how it is searched for, and where pictures go."""
    from kerasviz.maximization import Search

    usual = Search()
    add_model(parser)
    raised = parser.add_argument_group("what is raised")
    raised.add_argument("--layer", metavar="L", help="the layer of --filters")
    raised.add_argument(
        "--filters", default="0-15", metavar="0-15,20|all", help="a picture for each of these filters"
    )
    raised.add_argument(
        "--neuron", action="store_true", help="the filters in the middle of the map alone, not their mean"
    )
    raised.add_argument(
        "--class", dest="classes", action="append", default=[], metavar="C,...", help="names or indices"
    )
    add_class_names(raised)
    search = parser.add_argument_group("how it is searched for")
    search.add_argument("--steps", action=Number, default=usual.steps, help="gradient steps")
    search.add_argument("--rate", action=Number, default=usual.rate, help="Adam's step size")
    search.add_argument(
        "--space", choices=("fourier", "pixels"), default="fourier", help="what numbers make a picture"
    )
    search.add_argument(
        "--plain-colors", action="store_true", help="search in RGB, not in decorrelated colours"
    )
    search.add_argument("--no-transforms", action="store_true", help="show the picture unmoved")
    search.add_argument(
        "--seed", action=Number, default=usual.seed, help="of the starting noise and of the transforms"
    )
    search.add_argument(
        "--batch-size", action=Number, default=usual.batch_size, help="pictures that are run together"
    )
    add_form(search)
    written = parser.add_argument_group("what is written")
    written.add_argument("--out", default="maximized.png", metavar="FILE", help="the sheet, a PNG")
    written.add_argument("--columns", action=Number, help="pictures in a row; by default nearly square")
    written.add_argument("--log-dir", metavar="FOLDER", help="an event log of the search, for TensorBoard")
    written.add_argument("--animation", metavar="FILE", help="the search as .gif, .png, .webp or .mp4")
    written.add_argument("--every", action=Number, default=8, metavar="K", help="steps from frame to frame")


def run(args: argparse.Namespace) -> None:
    """Search, write the sheet and print a table of the scores."""
    from kerasviz.cli.parts.inputs import find_class_names, open_model, read_form
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.images import write_png
    from kerasviz.pictures import Scale, sheet

    model = open_model(args)
    form = read_form(args, model)
    objectives, labels = _objectives(args, model, find_class_names(args, model))
    if args.log_dir or args.animation:
        with scratch_folder() as folder:
            found = _logged(args, model, objectives, form, args.log_dir or folder)
    else:
        found = _search(args, model, objectives, form)
    tiles = found.images[..., 0] if found.images.shape[-1] == 1 else found.images
    write_png(args.out, sheet(tiles, Scale(0.0, 1.0), columns=args.columns))
    scores = zip(labels, found.first_scores, found.scores, strict=True)
    rows = [(str(at), label, f"{a:.4g}", f"{b:.4g}") for at, (label, a, b) in enumerate(scores)]
    print_table(
        ("tile", "raised", "at the start", "at the end"), rows, ("tile", "at the start", "at the end")
    )
    print(f"{args.out}: {len(rows)} pictures of {tiles.shape[2]}x{tiles.shape[1]}")


def parse_filters(text: str, count: int) -> list[int]:
    """Return the filters that a text such as "0-2,7" or "all" names, of a layer with `count` filters.

    Ranges end at the last filter.

    Raises:
        InputError: the text names no filters, or one that the layer does not have.

    >>> parse_filters("0-2,7", 16), parse_filters("all", 3), parse_filters("0-15", 2)
    ([0, 1, 2, 7], [0, 1, 2], [0, 1])
    """
    from kerasviz.errors import InputError

    if text == "all":
        return list(range(count))
    chosen: list[int] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        first, dash, last = part.partition("-")
        start, end = whole_number(first), whole_number(last if dash else first)
        if start is None or end is None:
            raise InputError(f"--filters is {text!r}; pass numbers and ranges such as 0-15,20, or all.")
        if start >= count:
            raise InputError(f"The layer has {count} filters, 0..{count - 1}; --filters names {first}.")
        chosen += range(start, min(end, count - 1) + 1)
    if not chosen:
        raise InputError(f"--filters {text!r} names no filter.")
    return list(dict.fromkeys(chosen))


def _objectives(
    args: argparse.Namespace, model: keras.Model, names: Sequence[str] | None
) -> tuple[list[Objective], list[str]]:
    """Return the objectives, and what each raises in words."""
    from kerasviz.cli.parts.class_choice import choose_classes, class_label
    from kerasviz.errors import InputError
    from kerasviz.maximization import class_logit, filter_activation, neuron_activation

    if not args.layer and not args.classes:
        raise InputError("Nothing to raise: pass --layer, --class, or both.")
    objectives, labels = [], []
    if args.layer:
        path, count = _find_layer(model, args.layer)
        raise_one = neuron_activation if args.neuron else filter_activation
        for number in parse_filters(args.filters, count):
            objectives.append(raise_one(path, number))
            labels.append(f"{path} {'neuron' if args.neuron else 'filter'} {number}")
    for index in choose_classes(args.classes, names):
        objectives.append(class_logit(index))
        labels.append(class_label(index, names))
    return objectives, labels


def _find_layer(model: keras.Model, request: str) -> tuple[str, int]:
    """Return the path of the one layer that is meant, and the number of its filters."""
    from kerasviz.errors import InputError
    from kerasviz.probe import layers, resolve, uses_channels_first

    calls = resolve(model, request)
    if len(calls) > 1:
        raise InputError(f"--layer {request} means {len(calls)} layers; pass one.")
    shapes = {info.path: info.output_shape for info in layers(model)}
    shape = shapes.get(calls[0].path) or ()
    count = shape[1 if uses_channels_first(model) else -1] if len(shape) > 1 else None
    if count is None:
        raise InputError(f"Layer {request} answers in the shape {shape or '?'}, which names no filters.")
    return calls[0].path, count


def _logged(
    args: argparse.Namespace,
    model: keras.Model,
    objectives: Sequence[Objective],
    form: PictureForm,
    folder: str | Path,
) -> Maximized:
    from kerasviz.events import EventLog
    from kerasviz.film import animate
    from kerasviz.maximization import sheet_frames

    with EventLog(folder) as log:
        found = _search(args, model, objectives, form, sheet_frames(log, _TAG, args.columns))
    if args.animation:
        print(animate(folder, _TAG, args.animation))
    return found


def _search(
    args: argparse.Namespace,
    model: keras.Model,
    objectives: Sequence[Objective],
    form: PictureForm,
    watch: object = None,
) -> Maximized:
    from tqdm import tqdm

    from kerasviz.cli.parts.inputs import given_range
    from kerasviz.maximization import maximize

    with tqdm(total=args.steps, unit="step", disable=None) as progress:

        def report(step: int, images: np.ndarray) -> None:
            progress.update(step - progress.n)
            if callable(watch):
                watch(step, images)

        return maximize(
            model,
            objectives,
            image_size=form.size,
            input_range=given_range(args),
            search=_settings(args, form.channels),
            watch=report,
            every=args.every,
        )


def _settings(args: argparse.Namespace, channels: int | None) -> Search:
    from kerasviz.maximization import Decorrelated, Fourier, Pixels, Search

    space = Fourier() if args.space == "fourier" else Pixels()
    plain = args.plain_colors or channels != 3
    return Search(
        steps=args.steps,
        rate=args.rate,
        parametrization=space if plain else Decorrelated(space),
        transforms=() if args.no_transforms else None,
        seed=args.seed,
        batch_size=args.batch_size,
    )

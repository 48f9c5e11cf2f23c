"""`kerasviz explain`: which pixels made the decision, by every method there is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.cli.parts.columns import add_layer
from kerasviz.cli.parts.inputs import add_model, add_pictures

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.cli.parts.columns import Column
    from kerasviz.cli.parts.drawing import Writer
    from kerasviz.cli.parts.explaining import Explainer, View
    from kerasviz.cli.parts.targets import AskedTargets
    from kerasviz.explanation import Method
    from kerasviz.images import Picture, PictureForm

HELP = "draw which pixels made the decision, by any methods, side by side"
DESCRIPTION = (
    "Write a picture of maps for each image, and print a table of the predicted classes, the scores, and the "
    "range of each map. Methods and layers stand side by side, classes below each other; all class "
    "activation maps of a class are made of one run. The explained score is the logit where the model ends "
    "in a softmax or sigmoid."
)
_EXAMPLES = """examples:
  kerasviz explain MODEL.keras photos/
  kerasviz explain MODEL.keras cat.jpg --method grad_cam,score_cam,rise --masks 1000
  kerasviz explain MODEL.keras cat.jpg --method layer_cam --layer conv1,conv4 --class cat,dog
  kerasviz explain MODEL.keras cat.jpg --method saliency,layer_cam --smooth 25
  kerasviz explain UNET.keras cat.jpg --class cat --region 40,60,100,80
  kerasviz explain TWO_HEADS.keras photos/ --output all
  kerasviz explain densenet169 photos/ --top 3 --plain --raw --out maps

"""
_WORDS = ("picture", "predicted", "explained", "probability", "score")
_OF_MAPS = ("method", "lowest", "highest", "error")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the pictures, every method with its options, and how maps are drawn."""
    from kerasviz.explanation import METHODS

    add_methods(parser, METHODS, out="explained")
    parser.epilog = _EXAMPLES + str(parser.epilog)


def add_family(parser: argparse.ArgumentParser, family: str, default: str, out: str) -> None:
    """Add the same for the methods of one family, of which one is the default."""
    from kerasviz.explanation import METHODS

    methods = [method for method in METHODS if method.family == family]
    add_methods(parser, sorted(methods, key=lambda method: method.name != default), out)
    parser.epilog = f"{parser.epilog}\n`kerasviz explain` draws these and all others side by side."


def add_methods(parser: argparse.ArgumentParser, methods: Sequence[Method], out: str) -> None:
    """Add everything that `run` reads, for these methods; the first of them is the default."""
    from kerasviz.cli.parts.drawing import add_drawing
    from kerasviz.cli.parts.method_flags import add_method, add_option_flags, list_methods
    from kerasviz.cli.parts.targets import add_target

    add_model(parser)
    add_pictures(parser, out=out, batch_size=16)
    explain = parser.add_argument_group("what is explained")
    add_method(explain, methods)
    if any(method.takes_layer for method in methods):
        add_layer(explain)
    add_target(explain)
    add_option_flags(parser, methods)
    add_drawing(parser, methods)
    parser.set_defaults(methods=methods)
    parser.epilog = list_methods(methods)


def run(args: argparse.Namespace) -> int | None:
    """Write the pictures and print the table; an interrupted run writes and prints what is done."""
    from kerasviz.cli.parts.inputs import output_names, read_batches, report_skipped
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.images import find_images

    files = find_images(args.images)
    stems = dict(zip(files, output_names(files), strict=True))
    form, explainer, writer, asked = _open(args)
    skipped: list[tuple[Path, str]] = []
    rows: list[tuple[str, ...]] = []
    try:
        for pictures in read_batches(files, form, _together(explainer.columns, args.batch_size), skipped):
            batch = form.batch(pictures)
            for picture, views in _explained(explainer, asked, pictures, batch):
                writer.write(picture, stems[picture.path], views, explainer.stopped)
                rows += _rows(str(picture.path), views, explainer.columns)
            if explainer.stopped:
                print(explainer.stopped)
                return 130
    finally:
        if rows:
            words = (*_WORDS[:1], *(["output"] if args.output else []), *_WORDS[1:], *_OF_MAPS)
            print_table(words, rows, numbers=("probability", "score", "lowest", "highest"))
            done = len({row[0] for row in rows})
            print(f"{done} of {len(files)} files explained; pictures are in {args.out}")
    report_skipped(files, skipped)
    return None


def _open(args: argparse.Namespace) -> tuple[PictureForm, Explainer, Writer, AskedTargets]:
    from kerasviz.cli.parts.chosen_methods import chosen_options, chosen_smoothing
    from kerasviz.cli.parts.columns import chosen_columns
    from kerasviz.cli.parts.drawing import Naming, Writer, chosen_styles
    from kerasviz.cli.parts.explaining import Explainer
    from kerasviz.cli.parts.inputs import find_class_names, open_model, read_form
    from kerasviz.cli.parts.targets import asked_targets, target_parts

    options = chosen_options(args)
    styles = chosen_styles(args, list(options))
    model = open_model(args)
    form = read_form(args, model)
    names = find_class_names(args, model)
    asked = asked_targets(args, names)
    columns = chosen_columns(args, model, options)
    smoothing = chosen_smoothing(args)
    explainer = Explainer(model, columns, names, args.batch_size, smoothing)
    drawn = [styles[column.method] for column in columns]
    naming = Naming(columns, target_parts(args, names), smoothing)
    return form, explainer, Writer(Path(args.out), naming, drawn, args.plain, args.raw), asked


def _explained(
    explainer: Explainer, asked: AskedTargets, pictures: Sequence[Picture], batch: np.ndarray
) -> Iterator[tuple[Picture, list[View]]]:
    """Yield each picture with its views, of one output after the other where all are asked for."""
    from kerasviz.errors import TargetError

    outputs = asked.of_each_output(explainer.model, batch)
    for output, one in outputs.items():
        try:
            found = explainer.views(batch, one.of(explainer.model, pictures, batch), output)
        except TargetError as error:
            raise TargetError(f"Output {output}: {error}" if len(outputs) > 1 else str(error)) from None
        yield from zip(pictures, found, strict=True)
        if explainer.stopped:
            return


def _together(columns: Sequence[Column], batch_size: int) -> int:
    """Return how many pictures are read at a time: one where each takes long, so that it is soon written."""
    from kerasviz.explanation import PERTURBATION

    return 1 if any(column.method.family == PERTURBATION for column in columns) else batch_size


def _rows(picture: str, views: Sequence[View], columns: Sequence[Column]) -> list[tuple[str, ...]]:
    import numpy as np

    rows: list[tuple[str, ...]] = []
    for view in views:
        predicted, probability, _ = view.prediction
        output = [view.output] if view.output else []
        words = (picture, *output, predicted, view.explained, probability, view.score)
        # Fewer maps than columns, where a run was interrupted.
        for column, one in zip(columns, view.maps, strict=False):
            method = f"{column.method.name} at {one.layer}" if one.layer else column.method.name
            lowest, highest = np.nanmin(one.values), np.nanmax(one.values)
            rows.append((*words, method, f"{lowest:.4g}", f"{highest:.4g}", one.error))
    return rows

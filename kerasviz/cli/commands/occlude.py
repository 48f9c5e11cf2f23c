"""`kerasviz occlude`: what changes when a part of a picture is hidden."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.inputs import add_class_names, add_model, add_pictures, add_precision

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = "hide parts of pictures and draw how much the score, or a layer, changes"
DESCRIPTION = (
    "Occlusion sensitivity: a square slides over each picture, and every pixel is drawn with the mean fall "
    "of the score while it was hidden. With --layer, the change of what that layer sees is drawn instead. "
    "With --method rise, random parts are shown instead of hidden. The score is the logit where the model "
    "ends in a softmax or sigmoid."
)
_METHODS = ("occlusion", "rise")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the pictures, what is hidden, and what is looked at."""
    add_model(parser)
    add_pictures(parser, out="occlusion", batch_size=32)
    hidden = parser.add_argument_group("what is hidden")
    hidden.add_argument(
        "--method", choices=_METHODS, default="occlusion", help="a sliding square, or random masks"
    )
    hidden.add_argument(
        "--patch", type=int, help="the square's side in pixels of the input; by default an eighth"
    )
    hidden.add_argument(
        "--stride", type=int, help="pixels from one place to the next; by default half the patch"
    )
    hidden.add_argument("--fill", choices=("zero", "mean", "blur"), default="zero", help="what hides")
    hidden.add_argument("--random-masks", type=int, default=4000, metavar="N", help="of rise")
    hidden.add_argument("--seed", type=int, default=0, help="of rise")
    looked = parser.add_argument_group("what is looked at")
    looked.add_argument(
        "--class", dest="label", metavar="C", help="name or index; by default the predicted class"
    )
    add_class_names(looked)
    looked.add_argument("--layer", help="draw the change of this layer's activations; not of rise")
    add_precision(parser)
    parser.add_argument("--alpha", type=float, default=0.5, help="share of the map in the mix")
    parser.add_argument("--raw", action="store_true", help="also write each map as .npy, float32")


def run(args: argparse.Namespace) -> int | None:
    """Write a picture for each image; an interrupted run writes what is done, unknown places in magenta."""
    from kerasviz.atomic import save_array
    from kerasviz.cli.parts.class_choice import choose_classes
    from kerasviz.cli.parts.inputs import (
        find_class_names,
        output_names,
        read_batches,
        read_form,
        report_skipped,
    )
    from kerasviz.explanation import Interrupted, explain
    from kerasviz.images import find_images
    from kerasviz.models import load_model
    from kerasviz.pictures.figures import comparison_figure, save_figure

    model = load_model(args.model)
    form = read_form(args, model)
    names = find_class_names(args, model)
    label = choose_classes([args.label], names)[0] if args.label else None
    options = _options(args)
    files = find_images(args.images)
    stems = dict(zip(files, output_names(files), strict=True))
    skipped: list[tuple[Path, str]] = []
    for (picture,) in read_batches(files, form, 1, skipped):
        batch, stopped = form.batch([picture]), ""
        try:
            found = explain(model, batch, args.method, target=label, batch_size=args.batch_size, **options)
        except Interrupted as interrupted:
            found, stopped = interrupted.explanation, f" ({interrupted})"
        heatmap = found[0]
        title = _title(int(found.classes[0]), names, args) + stopped
        path = Path(args.out) / f"{stems[picture.path]}-{args.method}"
        figure = comparison_figure([picture.shown], [[heatmap]], [args.method], alpha=args.alpha, title=title)
        save_figure(figure, f"{path}.png")
        if args.raw:
            save_array(f"{path}.npy", heatmap)
        print(f"{picture.path}: {title}; {path}.png")
        if stopped:
            return 130
    report_skipped(files, skipped)
    return None


def _title(label: int, names: Sequence[str] | None, args: argparse.Namespace) -> str:
    from kerasviz.cli.parts.class_choice import class_label

    if args.layer:
        return f"relative change of {args.layer} where the picture is hidden"
    name = class_label(label, names)
    return f"fall of the score of {name}" if args.method == "occlusion" else f"mean score of {name}"


def _options(args: argparse.Namespace) -> dict[str, Any]:
    from kerasviz.errors import InputError

    options: dict[str, Any] = {"fill": args.fill, "precision": args.precision}
    if args.method == "rise":
        if args.layer:
            raise InputError("--layer goes with --method occlusion: rise explains a score.")
        return options | {"masks": args.random_masks, "seed": args.seed}
    options |= {"patch": args.patch, "stride": args.stride}
    return options | ({"of": "activations", "layer": args.layer} if args.layer else {})

"""`kerasviz saliency`: how the score answers to each pixel."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.cli.parts.inputs import add_class_names, add_model, add_pictures

if TYPE_CHECKING:
    import keras
    import numpy as np

    from kerasviz.explanation import Explanation

HELP = "draw input gradients: how the score answers to each pixel"
DESCRIPTION = (
    "Write a picture of pixel attributions for each image: the gradient, the picture times the gradient, "
    "Integrated Gradients, guided backpropagation or guided Grad-CAM, smoothed over noisy copies with "
    "--smooth. The table gives each map's range and, for Integrated Gradients, by how much they miss the "
    "score. The explained score is the logit where the model ends in a softmax or sigmoid."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the pictures, what is explained and how it is drawn."""
    add_model(parser)
    add_pictures(parser, out="saliency", batch_size=16)
    explain = parser.add_argument_group("what is explained")
    explain.add_argument(
        "--method",
        action="append",
        metavar="M,...",
        help="saliency (the default), input_x_gradient, integrated_gradients, guided_backpropagation, "
        "guided_grad_cam",
    )
    explain.add_argument(
        "--class", dest="label", metavar="C", help="name or index; by default the predicted class"
    )
    add_class_names(explain)
    explain.add_argument("--smooth", type=int, default=0, metavar="N", help="SmoothGrad over N noisy copies")
    explain.add_argument("--noise", type=float, default=0.15, help="of --smooth, as a share of the range")
    explain.add_argument("--seed", type=int, default=0, help="of --smooth")
    explain.add_argument("--steps", type=int, default=64, help="of integrated_gradients")
    explain.add_argument(
        "--baseline", type=float, metavar="V", help="of integrated_gradients; by default black"
    )
    explain.add_argument(
        "--channels",
        choices=("sum", "sum_abs", "max_abs"),
        help="how the channels become one number; by default as each method's paper has it",
    )
    draw = parser.add_argument_group("how it is drawn")
    draw.add_argument(
        "--percentile", type=float, default=99.5, help="of the values that the colours span; 100 is all"
    )
    draw.add_argument("--raw", action="store_true", help="also write each map as .npy: float32")


def run(args: argparse.Namespace) -> None:
    """Write a figure for each picture and print the table; an interrupted run prints what is done."""
    from kerasviz.atomic import save_array
    from kerasviz.cli.parts.class_choice import choose_classes, class_label
    from kerasviz.cli.parts.inputs import (
        find_class_names,
        output_names,
        read_batches,
        read_form,
        report_skipped,
        split_list,
    )
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.images import find_images
    from kerasviz.models import load_model
    from kerasviz.pictures.figures import saliency_figure, save_figure

    model = load_model(args.model)
    form = read_form(args, model)
    names = find_class_names(args, model)
    label = choose_classes([args.label], names)[0] if args.label else None
    heading = "predicted class" if label is None else class_label(label, names)
    methods = split_list(args.method or ["saliency"])
    black = form.ranged()[0] if args.baseline is None else args.baseline
    files = find_images(args.images)
    stems = dict(zip(files, output_names(files), strict=True))
    skipped: list[tuple[Path, str]] = []
    rows: list[tuple[str, ...]] = []
    try:
        for pictures in read_batches(files, form, args.batch_size, skipped):
            batch = form.batch(pictures)
            found = {method: _explain(model, batch, method, label, black, args) for method in methods}
            for at, picture in enumerate(pictures):
                path = Path(args.out) / stems[picture.path]
                maps = {method: explanation[at] for method, explanation in found.items()}
                figure = saliency_figure(picture.shown, maps, heading, args.percentile)
                save_figure(figure, f"{path}-saliency.png", dpi=100)
                for method, values in maps.items():
                    missed = found[method].error
                    error = "" if missed is None else f"{missed[at]:.1%}"
                    rows.append(
                        (str(picture.path), method, f"{values.min():.4g}", f"{values.max():.4g}", error)
                    )
                    if args.raw:
                        save_array(f"{path}-{method}.npy", values)
    finally:
        if rows:
            numbers = ("lowest", "highest", "completeness error")
            print_table(("picture", "method", *numbers), rows, numbers)
            print(f"{len(rows) // len(methods)} of {len(files)} files explained; pictures are in {args.out}")
    report_skipped(files, skipped)


def _explain(
    model: keras.Model,
    batch: np.ndarray,
    method: str,
    label: int | None,
    black: float,
    args: argparse.Namespace,
) -> Explanation:
    from kerasviz.explanation import explain

    options = {"channels": args.channels} if args.channels else {}
    own = {"baseline": black, "steps": args.steps} if method == "integrated_gradients" else {}
    if args.smooth:
        options |= {"of": method, "samples": args.smooth, "noise": args.noise, "seed": args.seed}
        own, method = {"options": own}, "smooth_grad"
    return explain(model, batch, method, target=label, batch_size=args.batch_size, **options, **own)

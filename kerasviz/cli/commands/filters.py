"""`kerasviz filters`: the filters of any layer, and what each does to a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

from kerasviz.cli.parts.inputs import add_model
from kerasviz.cli.parts.number_flags import whole_number

HELP = "draw a layer's filters, and what each does to a picture"
DESCRIPTION = (
    "Write a figure of every filter of a layer, on one scale around 0. With --image also: each filter beside "
    "its effect on the picture, and the picture filtered with each (by filters for RGB colour by colour)."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the layer, and how its filters are drawn."""
    add_model(parser)
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="L,...",
        help="paths or patterns such as 'conv*' (`kerasviz layers MODEL` lists them); may be repeated; by "
        "default the first convolution",
    )
    parser.add_argument("--image", metavar="FILE", help="a picture to run the filters over")
    parser.add_argument(
        "--channel",
        default="auto",
        metavar="rgb|mean|all|I",
        help="the input channels to show: as colours, their mean, every one, or that of an index; auto is "
        "rgb where there are three, else mean",
    )
    parser.add_argument(
        "--annotate",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="write each weight into its pixel; by default where at most 640 are shown",
    )
    parser.add_argument("--out", default="filters", metavar="FOLDER", help="where the figures are written")


def run(args: argparse.Namespace) -> None:
    """Write the figures, and print the name of each file."""
    from kerasviz.cli.parts.inputs import file_part, open_model, split_list
    from kerasviz.layer_filters import filtered_figure, kernel_figure, layer_filters, pairs_figure
    from kerasviz.pictures.figures import save_figure

    number = whole_number(args.channel)
    channel = args.channel if number is None else number
    model = open_model(args)
    layers: list[str | None] = [*split_list(args.layer)] or [None]
    found = [one for layer in layers for one in layer_filters(model, layer)]
    for one in found:
        figures = {"kernels": kernel_figure(model, one.path, channel=channel, annotate=args.annotate)}
        if args.image:
            figures["pairs"] = pairs_figure(model, args.image, one.path, channel=channel)
            figures["filtered"] = filtered_figure(model, args.image, one.path, channel=channel)
        for kind, figure in figures.items():
            path = Path(args.out) / f"{kind}-{file_part(one.path)}.png"
            save_figure(figure, path)
            print(path)

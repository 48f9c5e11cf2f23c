"""`kerasviz features`: what layers compute on pictures, as sheets of feature maps."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kerasviz.cli.parts.inputs import add_model, add_pictures
from kerasviz.cli.parts.number_flags import Number

if TYPE_CHECKING:
    import numpy as np

    from kerasviz.images import Picture, PictureForm, Rectangle
    from kerasviz.pictures.figures import Figure
    from kerasviz.probe import Probe

HELP = "draw the feature maps of any layers for pictures"
DESCRIPTION = (
    "Write one sheet of feature maps for each picture and layer, all layers from one forward pass. Every map "
    "of a sheet has the same scale, stated beside it, and its channel's number where there is room."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the pictures, and what of which layers is drawn."""
    add_model(parser)
    add_pictures(parser, out="features", batch_size=8)
    parser.add_argument(
        "--layer",
        action="append",
        required=True,
        metavar="L,...",
        help="paths or patterns such as '*_concat' (`kerasviz layers MODEL` lists them); may be repeated",
    )
    parser.add_argument(
        "--sort",
        choices=("mean", "max", "channel"),
        default="mean",
        help="the most active channels first, by mean or by maximum; or in the layer's order",
    )
    parser.add_argument("--top", action=Number, metavar="K", help="only the first K channels of that order")
    parser.add_argument("--channel", action=Number, metavar="I", help="one channel's map alone, large")
    parser.add_argument(
        "--mask",
        metavar="X,Y,W,H",
        help="hide this rectangle, in the picture's pixels, under the picture's mean colour, and draw the "
        "masked picture's feature maps beside the original's",
    )


def run(args: argparse.Namespace) -> None:
    """Write the sheets, and print the name of each file."""
    from kerasviz.cli.parts.inputs import (
        open_model,
        output_names,
        read_batches,
        read_form,
        report_skipped,
        split_list,
    )
    from kerasviz.cli.parts.rectangle import parse_rectangle
    from kerasviz.errors import InputError
    from kerasviz.images import find_images
    from kerasviz.pictures.figures import save_figure
    from kerasviz.probe import Probe

    if args.channel is not None and (args.mask or args.top):
        raise InputError("--channel draws one map alone: leave out --mask and --top, or --channel.")
    rectangle = parse_rectangle(args.mask, "--mask") if args.mask else None
    files = find_images(args.images)
    model = open_model(args)
    form = read_form(args, model)
    probe = Probe(model, split_list(args.layer), preprocessed=True)
    names = dict(zip(files, output_names(files), strict=True))
    skipped: list[tuple[Path, str]] = []
    for pictures in read_batches(files, form, args.batch_size, skipped):
        drawn = (
            _sheets(probe, form, pictures, args)
            if rectangle is None
            else _masked_sheets(probe, form, pictures, rectangle, args)
        )
        for picture, ending, figure in drawn:
            path = Path(args.out) / f"{names[picture.path]}-{ending}.png"
            save_figure(figure, path)
            print(path)
    report_skipped(files, skipped)


def _sheets(
    probe: Probe, form: PictureForm, pictures: list[Picture], args: argparse.Namespace
) -> Iterator[tuple[Picture, str, Figure]]:
    """Yield the figure of every picture and layer, with the ending of its file's name."""
    from kerasviz.cli.parts.inputs import file_part
    from kerasviz.pictures.figures import feature_figure

    for layer, batch in probe.activations(form.batch(pictures), args.batch_size).items():
        for picture, maps in zip(pictures, batch, strict=True):
            if args.channel is None:
                yield picture, file_part(layer), feature_figure(maps, layer, args.sort, args.top)
            else:
                figure = _one_map(maps, layer, args.channel)
                yield picture, f"{file_part(layer)}-channel{args.channel}", figure


def _masked_sheets(
    probe: Probe, form: PictureForm, pictures: list[Picture], rectangle: Rectangle, args: argparse.Namespace
) -> Iterator[tuple[Picture, str, Figure]]:
    """Yield the same for the pictures and the masked ones side by side."""
    from kerasviz.cli.parts.inputs import file_part
    from kerasviz.images import hide_rectangle, read_image
    from kerasviz.pictures.figures import masking_figure

    masked = [form.fit(hide_rectangle(read_image(one.path), rectangle), one.path) for one in pictures]
    before = probe.activations(form.batch(pictures), args.batch_size)
    after = probe.activations(form.batch(masked), args.batch_size)
    for layer in before:
        for one, hidden, *maps in zip(pictures, masked, before[layer], after[layer], strict=True):
            figure = masking_figure((one.shown, hidden.shown), (maps[0], maps[1]), layer, args.sort, args.top)
            yield one, f"{file_part(layer)}-masked", figure


def _one_map(maps: np.ndarray, layer: str, channel: int) -> Figure:
    """Return the figure of one channel's map on the scale of all the layer's maps."""
    from kerasviz.errors import InputError
    from kerasviz.pictures import map_tiles, scale_of
    from kerasviz.pictures.figures import heatmap_figure

    tiles = map_tiles(maps)
    if not 0 <= channel < len(tiles):
        raise InputError(f"--channel {channel}: the channels of {layer} are 0 to {len(tiles) - 1}.")
    shape = " x ".join(str(size) for size in maps.shape)
    title = f"{layer}: {shape}, channel {channel}, on the scale of all channels"
    return heatmap_figure(tiles[channel], scale=scale_of(tiles), title=title)

"""`kerasviz report`: everything about a trained classifier on one page."""

from __future__ import annotations

import argparse

from kerasviz.cli.parts.data import add_data
from kerasviz.cli.parts.inputs import add_class_names, add_form, add_model

HELP = "write one HTML page: curves, accuracy, mistakes, kernels, feature maps, CAMs"
DESCRIPTION = (
    "Write one HTML file about a trained classifier: its layers, training curves, accuracy of each class, "
    "confusion matrix, predictions and confident mistakes, kernels and what they do to a picture, feature "
    "maps, and where it looks when it is right and when it is wrong. The file needs no server and no network."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the data, the training's log, and the file."""
    add_model(parser)
    add_data(parser)
    add_class_names(parser)
    add_form(parser)
    parser.add_argument(
        "--log-dir",
        metavar="FOLDER",
        help="where the training was logged; by default the model's own folder, if there is a log in it",
    )
    parser.add_argument("--out", default="report.html", metavar="FILE", help="the page")


def run(args: argparse.Namespace) -> None:
    """Write the page, and say what could not be put on it."""
    from kerasviz.cli.parts.data import load_data
    from kerasviz.cli.parts.flags import as_flags
    from kerasviz.cli.parts.inputs import find_class_names, given_range, open_model, read_form
    from kerasviz.report import write_report
    from kerasviz.training import log_beside

    model = open_model(args)
    form = read_form(args, model)
    names = find_class_names(args, model)
    data = load_data(args, names, form.size)
    log_dir = args.log_dir or log_beside(args.model)
    report = write_report(
        model,
        data,
        args.out,
        class_names=names,
        log_dir=log_dir,
        image_size=form.size,
        input_range=given_range(args),
        progress=True,
    )
    print(as_flags(str(report), vars(args)))

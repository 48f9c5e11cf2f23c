"""`kerasviz demo`: the main job on generated pictures, in a few minutes, with nothing to download."""

from __future__ import annotations

import argparse

from kerasviz.cli.parts.number_flags import Number

HELP = "train the four-conv network on generated pictures and watch it learn, in about two minutes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments; all of them have defaults."""
    parser.add_argument(
        "--log-dir", default="logs/demo", metavar="FOLDER", help="replaced if a demo is there"
    )
    parser.add_argument("--epochs", action=Number, default=8, help="how often every picture is seen")
    parser.add_argument(
        "--pictures", action=Number, default=8000, help="training pictures; a quarter more validate"
    )
    parser.add_argument("--seed", action=Number, default=0, help="of the pictures and of the training")


def run(args: argparse.Namespace) -> None:
    """Train on shapes with the settings of `kerasviz train shapes`, and export the animations."""
    from kerasviz.cli.commands import train

    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    command = ["shapes", "--log-dir", args.log_dir, "--overwrite"]
    for name in ("epochs", "pictures", "seed"):
        command += [f"--{name}", str(getattr(args, name))]
    train.run(parser.parse_args(command))

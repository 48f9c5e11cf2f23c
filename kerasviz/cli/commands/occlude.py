"""`kerasviz occlude`: what changes when a part of a picture is hidden."""

from __future__ import annotations

import argparse

from kerasviz.cli.commands.explain import add_family, run

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "run"]

HELP = "hide parts of pictures, or of what a layer sees, and draw how much the score changes"
DESCRIPTION = (
    "`kerasviz explain` for the methods that run changed copies of a picture: a square slides over it and "
    "every pixel is drawn with the mean fall of the score while it was hidden; or random parts are shown; or "
    "a layer's channels say what is shown. With --of activations, the change of what a layer sees is drawn."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `kerasviz explain` has, for the methods of this family."""
    from kerasviz.explanation import PERTURBATION

    add_family(parser, PERTURBATION, "occlusion", "occlusion")

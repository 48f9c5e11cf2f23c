"""`kerasviz cam`: where in pictures the evidence for a class lies."""

from __future__ import annotations

import argparse

from kerasviz.cli.commands.explain import add_family, run

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "run"]

HELP = "draw class activation maps over pictures: which pixels made the decision"
DESCRIPTION = (
    "`kerasviz explain` for class activation maps: a picture of maps for each image, and a table of the "
    "predicted classes and scores. Methods, layers and classes stand side by side, and cost no further "
    "forward pass but one for each class."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `kerasviz explain` has, for the methods of this family."""
    from kerasviz.explanation import CAM

    add_family(parser, CAM, "grad_cam", "cams")

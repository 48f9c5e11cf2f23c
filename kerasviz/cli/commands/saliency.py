"""`kerasviz saliency`: how the score answers to each pixel."""

from __future__ import annotations

import argparse

from kerasviz.cli.commands.explain import add_family, run

__all__ = ["DESCRIPTION", "HELP", "add_arguments", "run"]

HELP = "draw input gradients: how the score answers to each pixel"
DESCRIPTION = (
    "`kerasviz explain` for pixel attributions: the gradient, the picture times the gradient, Integrated "
    "Gradients, guided backpropagation or guided Grad-CAM. The table gives each map's range and, for "
    "Integrated Gradients, by how much they miss the score."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `kerasviz explain` has, for the methods of this family."""
    from kerasviz.explanation import GRADIENT

    add_family(parser, GRADIENT, "saliency", "saliency")

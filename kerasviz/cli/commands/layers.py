"""`kerasviz layers`: the layers of a model by the paths that the other commands take."""

from __future__ import annotations

import argparse

from kerasviz.cli.parts.inputs import add_model

HELP = "list a model's layers: paths, kinds, output shapes, parameters, and where a CAM can be made"
DESCRIPTION = (
    "List the layers of a model, nested ones too, in the order in which they run. The paths are what --layer "
    "of the other commands takes; a CAM can be made where 'target' says yes. The weights of a network of "
    "keras.applications are not downloaded: the table does not depend on them."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model."""
    add_model(parser)


def run(args: argparse.Namespace) -> None:
    """Print the table, and the number of layers and parameters."""
    from kerasviz.cli.parts.inputs import open_model
    from kerasviz.cli.parts.tables import print_table
    from kerasviz.probe import layers, walk

    model = open_model(args, weights=None)
    table = layers(model)
    headings = ("path", "kind", "output shape", "parameters", "target")
    rows = [
        (
            info.path,
            info.kind,
            "?" if info.output_shape is None else str(info.output_shape),
            f"{info.parameters:,}",
            "yes" if info.is_target else "",
        )
        for info in table
    ]
    print_table(headings, rows, numbers=("parameters",))
    # Not the table's rows: it also lists operations, and each call of a shared layer.
    print(f"{model.name}: {len(list(walk(model)))} layers, {model.count_params():,} parameters")

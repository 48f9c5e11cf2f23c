"""The columns of a figure of explanations: methods with their options, each at the layers asked for."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerasviz.cli.parts.method_flags import as_flag

if TYPE_CHECKING:
    import keras

    from kerasviz.explanation import Method


@dataclass(frozen=True)
class Column:
    """One method with all its options, at one layer; None where it takes none, or the last spatial one."""

    method: Method
    options: Mapping[str, Any]
    layer: str | None


def add_layer(parser: argparse._ActionsContainer) -> None:
    """Add --layer."""
    parser.add_argument(
        "--layer",
        action="append",
        default=[],
        metavar="L,...",
        help="paths or patterns (`kerasviz layers MODEL` lists them); by default the last spatial layer",
    )


def chosen_columns(
    args: argparse.Namespace, model: keras.Model, options: Mapping[Method, Mapping[str, Any]]
) -> list[Column]:
    """Return a column for each method of `options`, or for each of the layers where it takes one.

    Raises:
        InputError: layers were asked for, and no method takes one.
        LayerNotFoundError: there is no such layer.
    """
    from kerasviz.cli.parts.inputs import split_list
    from kerasviz.errors import InputError
    from kerasviz.probe import resolve

    asked = split_list(getattr(args, "layer", []))
    layers: list[str | None] = [call.path for call in resolve(model, asked)] if asked else [None]
    columns = [
        Column(method, own, layer)
        for method, own in options.items()
        for layer in (layers if method.uses_layer(own) else [None])
    ]
    if asked and not any(column.layer for column in columns):
        instead = [
            f", or pass {as_flag(method.layer_if[0])} {method.layer_if[1]}"
            for method in options
            if method.layer_if is not None
        ]
        raise InputError(
            f"--layer is {', '.join(asked)}, but maps of {', '.join(one.name for one in options)} are made "
            f"of no layer: leave it out{''.join(instead)}."
        )
    return columns

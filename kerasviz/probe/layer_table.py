"""The table of a model's layers: paths, kinds, output shapes, and where it can be cut."""

from __future__ import annotations

import collections
import dataclasses
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kerasviz.probe.engine import LayerCall, engine
from kerasviz.probe.inputs import checked
from kerasviz.probe.layers import Place, uses_channels_first, walk_operations
from kerasviz.probe.specs import Spec, ensure_built, specs_of, specs_of_inputs

Shape = tuple[int | None, ...]
# A side that common networks halve without a rest.
_SIDE = 256
_HEAD = ("path", "kind", "output shape", "parameters", "target")


@dataclass(frozen=True)
class LayerInfo:
    """One call of a layer, or of a bare operation of a functional model.

    `path` is what `Probe` takes; `kind` the class's name; `output_shape` begins with None for the batch and
    is None where it is unknown; `parameters` counts the weights' numbers; `is_target` says whether a class
    activation map can be made there: a spatial layer that the output depends on.
    """

    path: str
    kind: str
    output_shape: Shape | None
    parameters: int
    is_target: bool


class LayerTable(list[LayerInfo]):
    """A list of `LayerInfo` that shows itself as a table, on a terminal and in a notebook."""

    def __repr__(self) -> str:
        rows = [_HEAD, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        parts = [_html_row("th", _HEAD), *(_html_row("td", row) for row in self._rows())]
        return f"<table>{''.join(parts)}</table>"

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (i.path, i.kind, _shown(i.output_shape), f"{i.parameters:,}", "yes" if i.is_target else "")
            for i in self
        ]


def layers(model: keras.Model, images: Any = None) -> LayerTable:
    """List the layers of a model, nested ones too, in the order in which they run.

    So are, as in `model.summary()`, the bare operations of functional models: of `a + b` the `Add`.

    A layer that the model calls several times has a row per call, `"shared:0"`, `"shared:1"`. Layers that
    never run, or run inside a loop, have no shape.

    Args:
        model: a Keras model.
        images: example inputs; only a subclassed or unbuilt model needs them, to learn its shapes.

    >>> model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3, name="conv"),
    ...                           keras.layers.Flatten(name="flat")])
    >>> print(layers(model))
    path  kind     output shape     parameters  target
    conv  Conv2D   (None, 6, 6, 4)  112         yes
    flat  Flatten  (None, 144)      0
    """
    places = list(walk_operations(model))
    structure = input_structure(model, images)
    calls = [] if structure is None else _survey(model, places, structure)
    count = collections.Counter(call.place.path for call in calls)
    table = LayerTable()
    for call in calls:
        path = call.place.path if count[call.place.path] == 1 else f"{call.place.path}:{call.call}"
        table.append(_info(path, call.place.layer, call.shape, can_be_target(call)))
    table.extend(_info(place.path, place.layer, None, False) for place in places if place.path not in count)
    return table


def _survey(model: keras.Model, places: Sequence[Place], structure: Any) -> Sequence[LayerCall]:
    """Return the calls of every place, also where a layer asks for sides that the model leaves open."""
    try:
        return engine().survey(model, places, structure)
    except (TypeError, ValueError):
        if all(None not in spec.shape[1:] for spec in keras.tree.flatten(structure)):
            raise
    sized = keras.tree.map_structure(_sized, structure)
    first = uses_channels_first(model)
    return [
        dataclasses.replace(call, shape=_opened(call.shape, first))
        for call in engine().survey(model, places, sized)
    ]


def _sized(spec: Spec) -> Spec:
    return Spec((spec.shape[0], *(_SIDE if size is None else size for size in spec.shape[1:])), spec.dtype)


def _opened(shape: Shape | None, channels_first: bool) -> Shape | None:
    """Return a shape whose sides are open, save those of one pixel, which is made of any size."""
    if shape is None or len(shape) < 3:
        return shape
    channels = 1 if channels_first else len(shape) - 1
    return tuple(size if at in (0, channels) or size == 1 else None for at, size in enumerate(shape))


def call_path(call: LayerCall, calls: Sequence[LayerCall]) -> str:
    """Return the path of one of a survey's calls, with its number where the layer is called several times."""
    several = sum(other.place is call.place for other in calls) > 1
    return f"{call.place.path}:{call.call}" if several else call.place.path


def input_structure(model: keras.Model, images: Any) -> Any:
    """Return the model's inputs as specifications, learned from `images` if given; None if not known."""
    if images is not None:
        batch = checked(model, images)
        ensure_built(model, batch)
        return specs_of(batch)
    return specs_of_inputs(model)


def can_be_target(call: LayerCall) -> bool:
    """Return whether a map can be made at a call: it has a spatial axis, and the output depends on it."""
    shape = call.shape
    if shape is None or len(shape) < 3 or not call.feeds_output or call.is_output:
        return False
    if shape[0] is not None:  # The same for all pictures, such as what says where a token lies.
        return False
    return any(size != 1 for size in shape[1:-1])


def _info(path: str, layer: keras.Operation, shape: Shape | None, is_target: bool) -> LayerInfo:
    # A bare operation has neither weights nor the wish to be built.
    parameters = layer.count_params() if getattr(layer, "built", False) else 0
    return LayerInfo(path, type(layer).__name__, shape, parameters, is_target)


def _html_row(tag: str, cells: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _shown(shape: Shape | None) -> str:
    return "?" if shape is None else str(shape)

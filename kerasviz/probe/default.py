"""The layer that is explained where nobody names one: the last whose axes are the picture's."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.probe.attention import is_attention, is_of_attention
from kerasviz.probe.engine import LayerCall, Outputs, Program, Run, Start, Traced, engine
from kerasviz.probe.inputs import Batch
from kerasviz.probe.layer_table import call_path, can_be_target
from kerasviz.probe.layers import resolve, walk_operations
from kerasviz.probe.outputs import picked
from kerasviz.probe.programs import Traits
from kerasviz.probe.session import session_of
from kerasviz.probe.specs import as_numbers, ensure_built, signature, specs_of
from kerasviz.probe.tokens import Layout, TokenGrid

# Bare operations that change which axis is which, by their class; `keras.ops` shows functions alone.
_OF_OTHER_AXES = ("Einsum", "Matmul", "Moveaxis", "Swapaxes", "Tensordot", "Transpose")


def default_layer(model: keras.Model, batch: Batch, output: int | str | None = None) -> str:
    """Return the path of the last layer on which the output depends and whose axes are the picture's.

    That is a feature map, also one for each step of time where the input has such an axis, or, of a
    transformer, tokens whose places in the picture are known and which all have a part in the output: after
    the last attention often the class token alone is read. Layers that are the output itself, as in a
    segmentation network, do not count. Bare operations of functional models count as layers do: `a + b` is
    as good as `keras.layers.add([a, b])`.

    Warns:
        UserWarning: once for each model, where the layer is one branch of several, which a subclassed model
            or a layer joins in its own `call`: nothing can be cut there.

    Raises:
        UnsupportedModelError: there is none; the message names the last layer with axes of its own.
    """
    ensure_built(model, batch)
    # Running a large model on shapes takes a second or two, and rescoring methods ask for every picture.
    key = ("default layer", signature(batch), output)
    return session_of(model).kept(key, lambda model: _find(model, batch, output))


def _find(model: keras.Model, batch: Batch, output: int | str | None) -> str:
    calls = engine().survey(model, list(walk_operations(model)), specs_of(batch), output)
    layout = Layout.of(model, batch)
    found = [call for call in calls if can_be_target(call) and not _has_other_axes(call, calls)]
    # A nested model mostly returns what its own last layer does: name that layer.
    named = {call.source for call in found if not isinstance(call.place.layer, keras.Model)}
    found = [c for c in found if not isinstance(c.place.layer, keras.Model) or c.source not in named]
    if not found:
        raise UnsupportedModelError(
            f"Model {model.name} has no layer with a spatial axis before its output; a CAM needs one."
        )
    grids = {call_path(call, calls): grid for call in found if (grid := _grid(layout, call, calls))}
    axes = _axes(layout, found)
    over = [call for call in found if len(call.shape or ()) - 2 == axes or call_path(call, calls) in grids]
    if not over:
        last = found[-1]
        raise UnsupportedModelError(
            f"Model {model.name} takes inputs of shapes {list(layout.shapes)}, and no layer before its "
            f"output has the picture's axes. The last one with axes of its own is {call_path(last, calls)}, "
            f"{last.shape}: ask for that layer and raw=True."
        )
    by_path = {call_path(call, calls): call for call in over}
    path = call_path(over[-1], calls)
    if path not in grids:
        return _warned(path, by_path[path])
    before, after = _around_attention([path for path in by_path if path in grids], calls)
    has_part = _has_part(model, batch, output, {path: grids[path] for path in (*before, *after)})
    for path in reversed(after):
        if has_part[path]:
            return _warned(path, by_path[path])
    return (before or after)[0]


def _warned(path: str, call: LayerCall) -> str:
    """Return the path of a call, with a warning where its map shows one branch alone."""
    if call.is_branch():
        warnings.warn(
            f"Layer {path}, the last with the picture's axes, is one branch of several; what joins them is "
            "neither a layer nor an operation of a functional model, and cannot be looked at. The map shows "
            "that branch alone. Make the join a layer, such as keras.layers.Add(), or name another layer.",
            stacklevel=2,
        )
    return path


def _has_other_axes(call: LayerCall, calls: Sequence[LayerCall]) -> bool:
    """Return whether axes of a call are not the picture's, however many they are: of heads, or permuted."""
    if call.place.is_bare:
        return type(call.place.layer).__name__ in _OF_OTHER_AXES
    return isinstance(call.place.layer, keras.layers.Permute) or is_of_attention(call, calls)


def _axes(layout: Layout, found: Sequence[LayerCall]) -> int:
    """Return how many axes the picture's feature maps have."""
    axes = {len(call.shape) - 2 for call in found if call.shape is not None}
    for rank in map(len, layout.shapes):
        # Two axes may be a grey picture without channels; of more, the last one holds them in all likelihood.
        likely = (2, 1) if rank == 2 else (rank - 1, rank)
        if rank > 1 and axes & {*likely}:
            return next(number for number in likely if number in axes)
    return 0


def _grid(layout: Layout, call: LayerCall, calls: Sequence[LayerCall]) -> TokenGrid | None:
    if call.shape is None or len(call.shape) != 3 or layout.lies_over(1):
        return None
    try:
        return layout.grid(call_path(call, calls), call.shape[1])
    except InputError:  # Several are possible: nothing to choose without being asked.
        return None


def _around_attention(
    paths: Sequence[str], calls: Sequence[LayerCall]
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the layer of tokens that the last attention reads, if there is one, and those after it."""
    order = {call_path(call, calls): at for at, call in enumerate(calls)}
    attending = [at for at, call in enumerate(calls) if is_attention(call.place)]
    if not attending:
        return (), paths
    last = attending[-1]
    before = [path for path in paths if order[path] < last]
    return before[-1:], [path for path in paths if order[path] >= last]


def _has_part(
    model: keras.Model, batch: Batch, output: int | str | None, grids: Mapping[str, TokenGrid]
) -> dict[str, bool]:
    """Return for each layer whether the output changes with its patches' tokens, for the first picture."""
    first = keras.tree.map_structure(lambda leaf: leaf[:1], batch)
    program = _program(Traits.of(model), output, grids)
    compiled = engine().compile(model, program, specs_of(batch), calls=resolve(model, list(grids)))
    return {path: bool(np.any(found)) for path, found in engine().to_numpy(compiled(first)).items()}


def _program(traits: Traits, output: int | str | None, grids: Mapping[str, TokenGrid]) -> Program:
    """Return the program: inputs -> for each layer whether any slope at its patches' tokens is not 0."""

    def program(run: Run, inputs: Any, parameters: Sequence[Any]) -> Traced:
        def score() -> Start:
            total = _mixture(run.forward(as_numbers(inputs)), output)
            return Start(total, traits.scale * ops.ones_like(total), ())

        slopes = run.slopes_by_activations(score).by_path
        return Traced({path: _moves(slopes[path], grid) for path, grid in grids.items()}, {})

    return program


def _moves(slope: Any, grid: TokenGrid) -> Any:
    return ops.zeros((), "bool") if slope is None else ops.any(slope[:, grid.extra :] != 0)


def _mixture(seen: Outputs, output: int | str | None) -> Any:
    """Return one number of all that a model says, which no softmax makes a constant."""
    wanted = seen.values if output is None else picked(seen.values, seen.names, output)
    total: Any = 0.0
    for value in keras.tree.flatten(wanted):
        logits = seen.before(value)
        flat = ops.reshape(ops.cast(value if logits is None else logits, "float32"), (-1,))
        total = total + ops.sum(flat * ops.cos(ops.cast(ops.arange(ops.shape(flat)[0]), "float32")))
    return total

"""Attention layers: where they are in a model, and their scores made visible while it is traced."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine import LayerCall, engine
from kerasviz.probe.inputs import Batch
from kerasviz.probe.layers import CallPath, Place, walk
from kerasviz.probe.session import session_of
from kerasviz.probe.specs import ensure_built, signature, specs_of
from kerasviz.probe.tap import replaced

# What computes with heads: of its parts' outputs, an axis is that of the heads, none the picture's.
_PARTS = (keras.layers.EinsumDense, keras.layers.Softmax)


def attention_scores(model: keras.Model, batch: Batch, output: int | str | None = None) -> tuple[str, ...]:
    """Return the paths at which a `Probe` reads the scores of each attention layer, in order of execution.

    Scores are what `keras.layers.MultiHeadAttention` multiplies the values with, `(N, heads, T, T)`, each row
    of sum 1. They lie in its softmax, which runs only where a cut asks for it.

    Raises:
        UnsupportedModelError: the explained output depends on no such layer.
    """
    ensure_built(model, batch)
    key = ("attention", signature(batch), output)
    return session_of(model).kept(key, lambda model: _find(model, batch, output))


def _find(model: keras.Model, batch: Batch, output: int | str | None) -> tuple[str, ...]:
    places = list(walk(model))
    softmaxes = {id(place.layer): _softmax(place, places) for place in places if is_attention(place)}
    calls = engine().survey(model, places, specs_of(batch), output)
    found = [call for call in calls if softmaxes.get(id(call.place.layer)) and call.feeds_output]
    if not found:
        raise UnsupportedModelError(
            "The explained output depends on no keras.layers.MultiHeadAttention, of whose scores such a map "
            "is made: use grad_cam, which needs none."
        )
    several = {call.place.path for call in found if call.call > 0}
    return tuple(
        f"{softmaxes[id(call.place.layer)]}:{call.call}"
        if call.place.path in several
        else str(softmaxes[id(call.place.layer)])
        for call in found
    )


@contextlib.contextmanager
def computing_scores(model: keras.Model, calls: Sequence[CallPath]) -> Iterator[None]:
    """Within the block, attention layers whose softmax is among `calls` run it; they return the same.

    Otherwise they compute their answer in one operation that shows no scores (flash attention is one such).
    The layers are restored when the block ends, after errors too.
    """
    asked = {id(call.place.layer) for call in calls}
    places = list(walk(model)) if any(_is_softmax(call.place) for call in calls) else []
    layers = [
        place.layer
        for place in places
        if is_attention(place) and any(id(inner.layer) in asked for inner in _inside(place, places))
    ]
    with contextlib.ExitStack() as restore:
        for layer in layers:
            if vars(layer).get("_flash_attention"):
                # Not setattr: Keras tracks what is set on a layer.
                vars(layer)["_flash_attention"] = False
                restore.callback(vars(layer).__setitem__, "_flash_attention", True)
        with replaced(layers, _with_scores):
            yield


def is_of_attention(call: LayerCall, calls: Sequence[LayerCall]) -> bool:
    """Return whether a call is a part of an attention layer, whose axes are not the picture's."""
    if isinstance(call.place.layer, _PARTS):
        return True
    around = [other.place.path for other in calls if is_attention(other.place)]
    return any(call.place.path.startswith(f"{path}/") for path in around)


def is_attention(place: Place) -> bool:
    """Return whether a layer is a `keras.layers.MultiHeadAttention`."""
    return isinstance(place.layer, keras.layers.MultiHeadAttention)


def _is_softmax(place: Place) -> bool:
    return isinstance(place.layer, keras.layers.Softmax)


def _inside(place: Place, places: Sequence[Place]) -> list[Place]:
    return [inner for inner in places if inner.path.startswith(f"{place.path}/")]


def _softmax(place: Place, places: Sequence[Place]) -> str | None:
    return next((inner.path for inner in _inside(place, places) if _is_softmax(inner)), None)


def _with_scores(layer: keras.layers.Layer, call: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, return_attention_scores: bool = False, **kwargs: Any) -> Any:
        output, scores = call(*args, return_attention_scores=True, **kwargs)
        return (output, scores) if return_attention_scores else output

    return run

"""Which layer describes a picture: the last dense layer before the classifier; and which one classifies."""

from __future__ import annotations

from typing import Any

import keras

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe.engine import LayerCall, engine
from kerasviz.probe.layer_table import call_path, input_structure
from kerasviz.probe.layers import walk_operations


def feature_layer(model: keras.Model, images: Any = None) -> str:
    """Return the path of the layer whose activations describe a picture best to the classifier.

    That is the last dense layer before the classifier; where there is none, the layer that the classifier
    reads, such as a global pooling. The classifier is the output layer, or where that has no weights (a
    softmax of its own) the last layer with weights. Dropout, which passes everything here, does not count.

    Args:
        model: a Keras model.
        images: example inputs; only a subclassed or unbuilt model needs them.

    Raises:
        UnsupportedModelError: the model's inputs are not known, or there is no layer before the classifier.

    >>> dense = keras.layers.Dense
    >>> feature_layer(keras.Sequential([keras.Input((4,)), dense(3, name="fc"), dense(2, name="classes")]))
    'fc'
    """
    calls = _calls(model, images)
    weighted = [at for at, call in enumerate(calls) if getattr(call.place.layer, "weights", None)]
    outputs = [at for at in weighted if calls[at].is_output]
    head = (outputs or weighted[-1:] or [len(calls)])[0]
    before = [
        call
        for call in calls[:head]
        if not call.is_output and not isinstance(call.place.layer, keras.layers.Dropout)
    ]
    if not before:
        raise UnsupportedModelError(
            f"The model {model.name!r} has no layer before its classifier: name the layer to embed with."
        )
    spatial = [at for at, call in enumerate(before) if _is_spatial(call)]
    tail = before[spatial[-1] + 1 :] if spatial else before
    dense = [call for call in tail if isinstance(call.place.layer, keras.layers.Dense)]
    return call_path((dense or tail or before)[-1], calls)


def output_layer(model: keras.Model, images: Any = None) -> str | None:
    """Return the path of the layer that returns the model's one output, or None where no layer does.

    `images` is as for `feature_layer`.

    Raises:
        UnsupportedModelError: the model's inputs are not known.
    """
    calls = _calls(model, images)
    ends = [call for call in calls if call.is_output]
    several = len(getattr(model, "outputs", None) or [None]) > 1
    return None if several or not ends else call_path(ends[-1], calls)


def _calls(model: keras.Model, images: Any) -> list[LayerCall]:
    """Return the calls that the output depends on, in order, without those of nested models as a whole."""
    structure = input_structure(model, images)
    if structure is None:
        raise UnsupportedModelError(
            f"The model {model.name!r} has not said what inputs it takes: run it once, or name the layer."
        )
    found = engine().survey(model, list(walk_operations(model)), structure)
    return [call for call in found if call.feeds_output and not isinstance(call.place.layer, keras.Model)]


def _is_spatial(call: LayerCall) -> bool:
    return call.shape is not None and any(size != 1 for size in call.shape[1:-1])

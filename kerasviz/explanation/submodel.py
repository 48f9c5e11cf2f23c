"""Models made of a part of another: up to a layer, and from a layer on. They share its layers and weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasviz.probe import CallPath, tapped, uses_channels_first


class UpToLayer(keras.Model):
    """Images in, what one layer returns out; its float32 activations in the model's own data format."""

    def __init__(self, model: keras.Model, call: CallPath) -> None:
        super().__init__(name=f"{model.name}_up_to_layer")
        self.inner = model
        self._call_path = call

    @property
    def path(self) -> str:  # noqa: D102
        return self._call_path.path

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Run the whole model; what comes after the layer is not computed in a frozen forward."""
        seen: list[Any] = []

        def note(layer: keras.Operation, call: int, value: Any) -> Any:
            if self._call_path.call in (None, call):
                seen.append(value)
            return value

        with tapped([self._call_path.place.layer], note):
            self.inner(inputs, training=training)
        return ops.cast(seen[0], "float32")


class FromLayer(keras.Model):
    """Images and the activations of one layer, channels last, in; the model's outputs with these out.

    In a frozen forward what comes before the layer is not computed, save where a connection around the layer
    needs it.
    """

    def __init__(self, model: keras.Model, call: CallPath) -> None:
        super().__init__(name=f"{model.name}_from_layer")
        self.inner = model
        self.output_names = getattr(model, "output_names", None)
        self._call_path = call

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Run the model on `inputs["images"]` with `inputs["activations"]` in place of the layer's own."""
        activations = inputs["activations"]
        if uses_channels_first(self.inner):
            activations = ops.moveaxis(activations, -1, 1)

        def replace(layer: keras.Operation, call: int, value: Any) -> Any:
            return ops.cast(activations, value.dtype) if self._call_path.call in (None, call) else value

        with tapped([self._call_path.place.layer], replace):
            return self.inner(inputs["images"], training=training)

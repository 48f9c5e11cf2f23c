"""SavedModel folders, which only TensorFlow can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from kerasviz.errors import MissingDependencyError, ModelFileError, one_line


def load_saved_model(folder: Path) -> keras.Model:
    """Return the SavedModel in `folder` as a model of one opaque layer, named `saved_model`.

    The signature `serve` (of `model.export`) or else `serving_default` is called. It must have one input;
    its outputs keep their names when there are several.

    Raises:
        ModelFileError: the folder cannot be read, has no such signature, or the signature has several inputs.
    """
    if keras.backend.backend() != "tensorflow":
        raise MissingDependencyError(
            f"{folder} is a SavedModel, which only Keras's TensorFlow backend reads, but the backend is "
            f"{keras.backend.backend()}: set KERAS_BACKEND=tensorflow."
        )
    endpoint, spec = _signature(folder)
    inputs = keras.Input(batch_shape=spec.shape, dtype=spec.dtype.name, name="input")
    try:
        outputs = keras.layers.TFSMLayer(str(folder), call_endpoint=endpoint, name="saved_model")(inputs)
    except Exception as error:
        raise ModelFileError(f"the SavedModel {folder} cannot be used: {one_line(error)}.") from error
    if isinstance(outputs, dict) and len(outputs) == 1:
        (outputs,) = outputs.values()
    return keras.Model(inputs, outputs, name="saved_model")


def _signature(folder: Path) -> tuple[str, Any]:
    """Return the name of the signature to call, and the TensorSpec of its input."""
    try:
        signatures = tf.saved_model.load(str(folder)).signatures
    except Exception as error:
        raise ModelFileError(f"the SavedModel {folder} is damaged: {one_line(error)}.") from error
    for name in ("serve", "serving_default"):
        if name in signatures:
            specs = list(signatures[name].structured_input_signature[1].values())
            if len(specs) != 1 or specs[0].shape.rank is None:
                raise ModelFileError(
                    f"the SavedModel {folder} takes {len(specs)} inputs, but only one of known rank works."
                )
            return name, specs[0]
    found = ", ".join(signatures) or "none"
    raise ModelFileError(
        f"the SavedModel {folder} has no signature 'serve' or 'serving_default' (found: {found}): "
        "export it with model.export(folder)."
    )

"""Where the weights are while `fit` runs: in the model, or on JAX in the trainer until somebody asks."""

from __future__ import annotations

import keras


def model_as_it_stands(callback: keras.callbacks.Callback) -> keras.Model:
    """Return the model that a callback watches, its weights perhaps elsewhere.

    On JAX, `fit` holds all weights in a state of its own, which `callback.model` copies into the model each
    time it is read, and the next step takes out again: a batch's end that is not looked at does without.
    """
    return callback._model if keras.backend.backend() == "jax" else callback.model


def up_to_date(callback: keras.callbacks.Callback) -> keras.Model:
    """Return the model that a callback watches, its weights those of the last step."""
    return callback.model

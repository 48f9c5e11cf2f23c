"""Keras with a backend to run on: imported first by every room that needs Keras.

Whoever has a backend keeps it, so none is required (`setup.cfg` has one extra for each). Where the one that
Keras is set to is absent, importing Keras fails with the name of a package; here that becomes a sentence.
"""

from __future__ import annotations

import importlib.util

from kerasviz.errors import InputError, MissingDependencyError

BACKENDS = ("tensorflow", "jax", "torch")


def _how_to_get(missing: str) -> str:
    """Return what to do where the backend that Keras is set to is not installed."""
    others = [name for name in BACKENDS if name != missing]
    present = [name for name in others if importlib.util.find_spec(name) is not None]
    if present:
        return (
            f"Keras is set to run on {missing}, which is not installed, while {' and '.join(present)} can be "
            f"imported: set the environment variable KERAS_BACKEND={present[0]} before Python starts, or "
            f'pip install "kerasviz[{missing}]".'
        )
    return (
        f"Keras runs on TensorFlow, JAX or PyTorch, and none of them is installed: pip install "
        f'"kerasviz[{missing}]" (or {" or ".join(f"kerasviz[{name}]" for name in others)}, with that name in '
        f"the environment variable KERAS_BACKEND)."
    )


try:
    import keras as keras
except ModuleNotFoundError as error:
    # What an uninstallation leaves behind may still be found: then a part of it is missing.
    missing = (error.name or "").partition(".")[0]
    if missing not in BACKENDS:
        raise
    raise MissingDependencyError(_how_to_get(missing)) from error
except ValueError as error:
    raise InputError(
        f"{error}; the environment variable KERAS_BACKEND, or the file keras.json, names it: expected "
        f"{' or '.join(BACKENDS)}."
    ) from error

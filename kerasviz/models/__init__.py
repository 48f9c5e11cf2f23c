"""The networks: made here, or loaded from a file.

Importing this module registers the layers of kerasviz with Keras, which is all that
`keras.models.load_model` needs in order to read a file saved with them.
"""

from __future__ import annotations

from kerasviz.models.classes import NamedDense, class_names, read_class_names
from kerasviz.models.files import load_model, save_model
from kerasviz.models.pets import pets_cnn
from kerasviz.models.preprocessing import MeanSubtraction

__all__ = [
    "MeanSubtraction",
    "NamedDense",
    "class_names",
    "load_model",
    "pets_cnn",
    "read_class_names",
    "save_model",
]

"""The networks: made here, or loaded from a file.

Importing this module registers the layers of kerasviz with Keras, which is all that
`keras.models.load_model` needs in order to read a file saved with them.
"""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.models.backbones import backbone_names
from kerasviz.models.class_lookup import class_count, class_names, find_class
from kerasviz.models.fashion import fashion_cnn
from kerasviz.models.files import load_model, save_model
from kerasviz.models.freezing import freeze_backbone, unfreeze_last_blocks
from kerasviz.models.hand_made.bank import filter_bank
from kerasviz.models.hand_made.filters import edge_filters, gabor, laplacian, line_filters, prewitt, sobel
from kerasviz.models.named_classes import NamedDense, check_class_names, read_class_names
from kerasviz.models.pets import pets_cnn
from kerasviz.models.preprocessing import MeanSubtraction
from kerasviz.models.record import copy_record
from kerasviz.models.transfer import densenet169, resnet50, transfer

__all__ = [
    "MeanSubtraction",
    "NamedDense",
    "backbone_names",
    "check_class_names",
    "class_count",
    "class_names",
    "copy_record",
    "densenet169",
    "edge_filters",
    "fashion_cnn",
    "filter_bank",
    "find_class",
    "freeze_backbone",
    "gabor",
    "laplacian",
    "line_filters",
    "load_model",
    "pets_cnn",
    "prewitt",
    "read_class_names",
    "resnet50",
    "save_model",
    "sobel",
    "transfer",
    "unfreeze_last_blocks",
]

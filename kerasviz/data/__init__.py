"""Pictures to train on and to look at: data sets, their splits, and the pipeline that streams them to `fit`.

Importing this room loads no TensorFlow; `batches` does, when it is called."""

from __future__ import annotations

from kerasviz.data.pipeline import Augmentation, batches, mean_image
from kerasviz.data.sets import fashion_mnist, folder, pets, shapes
from kerasviz.data.split import Dataset, Split

__all__ = [
    "Augmentation",
    "Dataset",
    "Split",
    "batches",
    "fashion_mnist",
    "folder",
    "mean_image",
    "pets",
    "shapes",
]

"""Pictures to train on and to look at: data sets, their splits, and the pipeline that streams them to `fit`.

Importing this room loads no TensorFlow; `batches` does, when it is called."""

from __future__ import annotations

from kerasviz.data.arrays import from_arrays, from_stream
from kerasviz.data.augmentation import Augmentation
from kerasviz.data.lists.listed import Listed
from kerasviz.data.lists.needs import arrow
from kerasviz.data.lists.picture_list import PictureList, list_again, list_pictures
from kerasviz.data.matching import match_classes
from kerasviz.data.open import DATA_SETS, Data, open_data, open_for, open_labelled, options_of
from kerasviz.data.pipeline import batches, mean_image
from kerasviz.data.sets import fashion_mnist, folder, pets, shapes
from kerasviz.data.split import Dataset, Split

__all__ = [
    "DATA_SETS",
    "Augmentation",
    "Data",
    "Dataset",
    "Listed",
    "PictureList",
    "Split",
    "arrow",
    "batches",
    "fashion_mnist",
    "folder",
    "from_arrays",
    "from_stream",
    "list_again",
    "list_pictures",
    "match_classes",
    "mean_image",
    "open_data",
    "open_for",
    "open_labelled",
    "options_of",
    "pets",
    "shapes",
]

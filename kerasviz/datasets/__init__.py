"""Pictures to train on and to look at: the pets, Fashion-MNIST, generated shapes, and folders of one's own.

Every data set is a `Dataset` of two `Split`s; `batches` streams a split to `fit`. Importing this room loads
no TensorFlow; `batches` does, when it is called.
"""

from __future__ import annotations

from kerasviz.datasets import fashion_mnist, folder, pets, shapes
from kerasviz.datasets.images import ImageSet, find_images, read_image, read_images, resize_image
from kerasviz.datasets.pipeline import Augmentation, batches, mean_image
from kerasviz.datasets.split import Dataset, Split

__all__ = [
    "Augmentation",
    "Dataset",
    "ImageSet",
    "Split",
    "batches",
    "fashion_mnist",
    "find_images",
    "folder",
    "mean_image",
    "pets",
    "read_image",
    "read_images",
    "resize_image",
    "shapes",
]

"""The stream of batches that training reads, and the mean picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.data.augmentation import Augmentation
from kerasviz.data.decoded import Cache
from kerasviz.data.split import Split
from kerasviz.errors import DatasetError, InputError
from kerasviz.images import Size, size_pair

if TYPE_CHECKING:
    import tensorflow as tf


def batches(
    split: Split,
    image_size: Size,
    batch_size: int = 10,
    *,
    shuffle: bool = False,
    seed: int = 0,
    initial_epoch: int = 0,
    epochs: int = 1,
    cache: Cache | None = "memory",
    augmentation: Augmentation | None = None,
) -> tf.data.Dataset:
    """Return a `tf.data.Dataset` of float32 `(B, h, w, C)` in 0..255 and int32 `(B,)` labels.

    The stream holds epochs `initial_epoch` to `epochs - 1`, one after the other, each of
    `ceil(len(split) / batch_size)` batches; its cardinality is known. Order and augmentation of an epoch
    depend on `seed` and the epoch's number alone: a run resumed at epoch k sees what an uninterrupted run
    would have seen.

    Args:
        split: the pictures.
        image_size: side or `(height, width)`.
        batch_size: pictures in a batch; the last of an epoch may hold fewer.
        shuffle: a new order for every epoch, instead of the split's own.
        seed: of order and augmentation.
        initial_epoch: the first epoch, counted from 0.
        epochs: one past the last epoch.
        cache: "memory" or a folder (see `Split.decoded`); None decodes every picture whenever it is needed.
        augmentation: random changes; None for none.

    Raises:
        DatasetError: the split is empty.
        InputError: `batch_size` is below 1, or `initial_epoch` is not below `epochs`.
        ImageError: a picture cannot be read.
    """
    check_numbers(batch_size=batch_size, seed=seed, initial_epoch=initial_epoch, epochs=epochs)
    if not initial_epoch < epochs:
        raise InputError(
            f"initial_epoch is {initial_epoch} and epochs {epochs}; the first must be the smaller."
        )
    _refuse_empty(split)
    # TensorFlow takes seconds to load: only who asks for batches waits for it.
    from kerasviz.data._tensorflow import stream

    source = split if cache is None else split.decoded(image_size, cache)
    span = range(initial_epoch, epochs)
    return stream(source, image_size, batch_size, span, shuffle, augmentation or Augmentation(), seed)


def mean_image(split: Split, image_size: Size) -> np.ndarray:
    """Return the mean picture of `split` at `image_size`, float32 `(h, w, C)` in 0..255.

    Raises:
        DatasetError: the split is empty.

    >>> split = Split(np.array([[[[0]]], [[[3]]]], np.uint8), np.array([0, 1]))
    >>> mean_image(split, 1).tolist()
    [[[1.5]]]
    """
    _refuse_empty(split)
    total = np.zeros((*size_pair(image_size), split.channels))
    for index in range(len(split)):
        total += split.pixels(index, image_size)
    return (total / len(split)).astype(np.float32)


def _refuse_empty(split: Split) -> None:
    if not len(split):
        raise DatasetError("The split holds no picture; choose other classes or another share to hold out.")

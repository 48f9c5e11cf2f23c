"""The `tf.data` side of the pipeline: order, gathering and augmentation, all functions of seed and epoch."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from kerasviz.data.augmentation import Augmentation
from kerasviz.data.split import Split
from kerasviz.images import Size, size_pair


def stream(
    split: Split,
    image_size: Size,
    batch_size: int,
    epochs: range,
    shuffle: bool,
    augmentation: Augmentation,
    seed: int,
) -> tf.data.Dataset:
    """Return the batches of `epochs`; see `kerasviz.data.batches`."""
    count = len(split)
    labels = tf.constant(split.labels)
    fetch = _fetcher(split, size_pair(image_size))
    # A seed of any size, made into the two numbers that the stateless operations take.
    key = np.random.SeedSequence(seed).generate_state(2, np.uint32).view(np.int32)

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        of_epoch = tf.random.experimental.stateless_fold_in(key, epoch)
        order, draws = tf.range(count), tf.random.stateless_uniform((count, 3), of_epoch)
        if shuffle:
            order = tf.random.experimental.stateless_shuffle(order, of_epoch + 1)
        pairs = tf.data.Dataset.from_tensor_slices((order, tf.gather(draws, order)))
        return pairs.batch(batch_size)

    def load(indices: tf.Tensor, draws: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.cast(fetch(indices), tf.float32)
        if augmentation:
            images = augment(images, draws, augmentation)
        return images, tf.gather(labels, indices)

    batches = tf.data.Dataset.range(epochs.start, epochs.stop, output_type=tf.int32).flat_map(one_epoch)
    batches = batches.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    steps = math.ceil(count / batch_size) * len(epochs)
    return batches.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(tf.data.AUTOTUNE)


def augment(images: tf.Tensor, draws: tf.Tensor, augmentation: Augmentation) -> tf.Tensor:
    """Return float32 `images` `(B, h, w, C)` flipped, turned and zoomed by `draws` `(B, 3)` in 0..1."""
    height, width = images.shape[1:3]
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    mirrored = draws[:, 0] < 0.5 if augmentation.flip else tf.zeros_like(draws[:, 0], tf.bool)
    sign = tf.where(mirrored, -1.0, 1.0)
    angle = (2 * draws[:, 1] - 1) * math.radians(augmentation.rotate)
    factor = 1 + (2 * draws[:, 2] - 1) * augmentation.zoom
    # Each output pixel p is read at middle + flip(turn(p - middle)) / factor.
    cos, sin = tf.cos(angle) / factor, tf.sin(angle) / factor
    a, b, c, d = sign * cos, sign * -sin, sin, cos
    shift_x = middle_x - a * middle_x - b * middle_y
    shift_y = middle_y - c * middle_x - d * middle_y
    zero = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=tf.stack([a, b, shift_x, c, d, shift_y, zero, zero], axis=1),
        output_shape=(height, width),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )


def _fetcher(split: Split, size: tuple[int, int]) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the function from indices `(B,)` to pictures `(B, h, w, C)` in 0..255, uint8 or float32."""
    pixels = split.images
    dtype = tf.as_dtype(pixels.dtype) if isinstance(pixels, np.ndarray) else tf.uint8
    if isinstance(pixels, np.ndarray) and not isinstance(pixels, np.memmap) and pixels.shape[1:3] == size:
        in_memory = tf.constant(pixels)
        return lambda indices: tf.gather(in_memory, indices)

    def read(indices: np.ndarray) -> np.ndarray:
        if isinstance(pixels, np.memmap):
            return pixels[indices]
        return np.stack([split.pixels(int(index), size) for index in indices])

    def fetch(indices: tf.Tensor) -> tf.Tensor:
        images = tf.numpy_function(read, [indices], dtype, stateful=False)
        return tf.ensure_shape(images, (None, *size, split.channels))

    return fetch

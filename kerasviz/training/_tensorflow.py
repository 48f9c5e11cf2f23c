"""What only TensorFlow can do for training: the memory of a GPU."""

from __future__ import annotations

import contextlib

import tensorflow as tf


def grow_gpu_memory() -> list[str]:
    """Let TensorFlow take GPU memory as it needs it, instead of all at once; return the GPUs' names.

    Changes nothing once TensorFlow has started to use a GPU.
    """
    gpus = tf.config.list_physical_devices("GPU")
    with contextlib.suppress(RuntimeError):  # already in use
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    return [gpu.name for gpu in gpus]

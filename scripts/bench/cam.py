"""Cost of Grad-CAM and of activations, as a ratio to `model.predict_on_batch` in the same run.

Each line alternates the two calls and prints the median of the pairwise ratios, so that a busy machine slows
both alike:

    python scripts/bench/cam.py                 every line
    python scripts/bench/cam.py small           the lines whose name contains "small"
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers

import kerasviz as kv

FIVE_LAYERS = ["conv1_relu", "pool2_conv", "pool3_conv", "pool4_conv", "conv5_block32_concat"]


def densenet169() -> keras.Model:
    return keras.applications.DenseNet169(weights=None, classes=200)


def four_convolutions() -> keras.Model:
    model = _convolutions((128, 128, 3), (32, 32, 64, 64), pool_every=2)
    model.add(layers.GlobalAveragePooling2D())
    model.add(layers.Dense(10, activation="softmax"))
    return model


def four_flattened() -> keras.Model:
    """A head whose 33 MB kernel has to be read from memory twice: on the way there and on the way back."""
    model = _convolutions((128, 128, 3), (32, 32, 64, 64), pool_every=2)
    return _with_dense_head(model, 128)


def two_convolutions() -> keras.Model:
    return _with_dense_head(_convolutions((28, 28, 1), (16, 32), pool_every=1), 24)


def _convolutions(shape: tuple[int, ...], widths: tuple[int, ...], pool_every: int) -> keras.Sequential:
    model = keras.Sequential([keras.Input(shape)])
    for at, width in enumerate(widths, start=1):
        model.add(layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{at}"))
        if at % pool_every == 0:
            model.add(layers.MaxPooling2D())
    return model


def _with_dense_head(model: keras.Sequential, width: int) -> keras.Model:
    model.add(layers.Flatten())
    model.add(layers.Dense(width, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def pictures(model: keras.Model, count: int) -> np.ndarray:
    shape = (count, *model.input_shape[1:])
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def grad_cam(model: keras.Model, layer: str) -> Callable[[np.ndarray], object]:
    return lambda images: kv.explain(model, images, "grad_cam", layer=layer)


def grad_cam_bfloat16(model: keras.Model) -> Callable[[np.ndarray], object]:
    return lambda images: kv.explain(model, images, "grad_cam", precision="bfloat16")


def five_activations(model: keras.Model) -> Callable[[np.ndarray], object]:
    return kv.Probe(model, FIVE_LAYERS).activations


def frozen(model: keras.Model) -> Callable[[np.ndarray], object]:
    return kv.probe.frozen_forward(model)


def frozen_bfloat16(model: keras.Model) -> Callable[[np.ndarray], object]:
    return kv.probe.frozen_forward(model, precision="bfloat16")


# Name, network, batch, pairs, what is timed, the highest ratio wanted.
LINES = [
    ("large Grad-CAM", densenet169, 16, 7, lambda m: grad_cam(m, "conv5_block32_concat"), 1.03),
    ("large Grad-CAM", densenet169, 1, 40, lambda m: grad_cam(m, "conv5_block32_concat"), 1.10),
    ("large five layers", densenet169, 16, 7, five_activations, 1.10),
    ("large five layers", densenet169, 1, 40, five_activations, 1.10),
    ("large Grad-CAM bfloat16", densenet169, 16, 7, grad_cam_bfloat16, 1.03),
    ("large frozen", densenet169, 16, 7, frozen, 0.95),
    ("large frozen", densenet169, 1, 40, frozen, 0.95),
    ("large frozen bfloat16", densenet169, 16, 7, frozen_bfloat16, 0.55),
    ("small four Grad-CAM", four_convolutions, 16, 60, lambda m: grad_cam(m, "conv4"), 1.10),
    ("small four Grad-CAM", four_convolutions, 1, 400, lambda m: grad_cam(m, "conv4"), 1.10),
    ("small four, flattened", four_flattened, 16, 60, lambda m: grad_cam(m, "conv4"), 1.10),
    ("small four, flattened", four_flattened, 1, 400, lambda m: grad_cam(m, "conv4"), 1.10),
    ("small two Grad-CAM", two_convolutions, 16, 1000, lambda m: grad_cam(m, "conv2"), 1.25),
    ("small two Grad-CAM", two_convolutions, 1, 1000, lambda m: grad_cam(m, "conv2"), 1.25),
]


def ratio(ours: Callable[[np.ndarray], object], reference: Callable, images: np.ndarray, pairs: int) -> tuple:
    """Return the median ratio of the times of `ours` and `reference`, and the reference's median time."""
    for _ in range(3):
        ours(images)
        reference(images)
    times = []
    for at in range(pairs):
        order = (ours, reference) if at % 2 else (reference, ours)
        spent = {}
        for function in order:
            start = time.perf_counter()
            function(images)
            spent[function] = time.perf_counter() - start
        times.append((spent[ours], spent[reference]))
    return statistics.median(a / b for a, b in times), statistics.median(b for _, b in times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="", help="run the lines whose name contains this")
    wanted = parser.parse_args().name
    print(f"{'':24} batch  predict_on_batch   ratio  wanted")
    models: dict[Callable, keras.Model] = {}
    for name, build, batch, pairs, make, limit in LINES:
        if wanted not in name:
            continue
        model = models.setdefault(build, None) or build()
        models[build] = model
        found, reference = ratio(make(model), model.predict_on_batch, pictures(model, batch), pairs)
        print(f"{name:24} {batch:5}  {1000 * reference:13.2f} ms  {found:6.3f}  {limit:6.2f}", flush=True)


if __name__ == "__main__":
    main()

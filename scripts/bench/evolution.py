#!/usr/bin/env python
"""What watching costs: the training step with Evolution, as a ratio to the same step without.

    python scripts/bench/evolution.py
    python scripts/bench/evolution.py --image-size 224 --steps 60 --rounds 3

Watched are the kernels of all four convolutions of the pets network and the responses of two of them. Each
round runs the same `fit` without a callback, watched every 50 steps, and watched at every step, in turn; the
median of the rounds' ratios is printed.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time

import keras
import numpy as np

import kerasviz as kv
from kerasviz.models import pets_cnn

CONVOLUTIONS = ["conv1_1", "conv1_2", "conv2_1", "conv2_2"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=50, help="in each fit")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    generator = np.random.default_rng(0)
    shape = (10 * args.steps, args.image_size, args.image_size, 3)
    images = generator.integers(0, 256, size=shape, dtype="uint8")
    labels = generator.integers(0, 2, size=len(images))
    model = pets_cnn(2, args.image_size)
    model.compile(keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy")
    model.fit(images[:20], labels[:20], batch_size=10, verbose=0)

    def fit(every: int | None) -> float:
        log_dir = tempfile.mkdtemp()
        watch = [kv.kernels(CONVOLUTIONS), kv.responses(images[0], ["conv1_2", "conv2_2"])]
        callbacks = [kv.Evolution(log_dir, watch, every=every)] if every else []
        start = time.perf_counter()
        model.fit(images, labels, batch_size=10, verbose=0, shuffle=False, callbacks=callbacks)
        seconds = time.perf_counter() - start
        shutil.rmtree(log_dir)
        return seconds

    fit(1)  # what is compiled once is compiled here
    ratios: dict[int, list[float]] = {50: [], 1: []}
    for _ in range(args.rounds):
        plain = fit(None)
        for every, found in ratios.items():
            found.append(fit(every) / plain)
        print(
            f"plain step {1000 * plain / args.steps:.0f} ms", {k: round(v[-1], 3) for k, v in ratios.items()}
        )
    for every, found in ratios.items():
        print(f"Evolution(every={every}): {np.median(found):.3f} times the fit without it")


if __name__ == "__main__":
    main()

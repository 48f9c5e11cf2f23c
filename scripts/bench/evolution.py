#!/usr/bin/env python
"""What watching costs: the training step with a look of Evolution, as a ratio to the step without.

    python scripts/bench/evolution.py
    python scripts/bench/evolution.py --image-size 96 --rounds 40

Watched are the kernels of all four convolutions of the pets network and the responses of two of them. Steps
with and without a look take turns within one `fit`, because a machine's speed drifts more between two runs
than watching costs. A look is finished by a thread beside the next step; so of every seven steps two are
watched, the third still pays for them, and the last four say what a plain step costs. The median over all
rounds is printed.
"""

from __future__ import annotations

import argparse
import tempfile
import time

import keras
import numpy as np

import kerasviz as kv
from kerasviz.models import pets_cnn

CONVOLUTIONS = ["conv1_1", "conv1_2", "conv2_1", "conv2_2"]
WATCHED, ROUND = 2, 7


class StepTimes(keras.callbacks.Callback):
    """The seconds between the ends of consecutive steps, all other callbacks included."""

    def __init__(self) -> None:
        super().__init__()
        self.ends: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self.ends.append(time.perf_counter())

    def by_round(self) -> np.ndarray:
        """Return the seconds of each step, `(rounds, 7)`; the first round, which compiles, is left out."""
        steps = np.diff(self.ends)
        rounds = len(steps) // ROUND
        return steps[: rounds * ROUND].reshape(rounds, ROUND)[1:]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    generator = np.random.default_rng(0)
    shape = (10 * (ROUND * (args.rounds + 1) + 1), args.image_size, args.image_size, 3)
    images = generator.integers(0, 256, size=shape, dtype="uint8")
    labels = generator.integers(0, 2, size=len(images))
    model = pets_cnn(2, args.image_size)
    model.compile(keras.optimizers.Adam(1e-5), "sparse_categorical_crossentropy")

    times = StepTimes()
    with tempfile.TemporaryDirectory() as log_dir:
        evolution = kv.Evolution(
            log_dir,
            [kv.watch.kernels(CONVOLUTIONS), kv.watch.responses(images[0], ["conv1_2", "conv2_2"])],
            every=lambda previous, step: (step - 1) % ROUND < WATCHED,
        )
        model.fit(images, labels, batch_size=10, verbose=0, shuffle=False, callbacks=[times, evolution])
    steps = times.by_round()
    plain = steps[:, WATCHED + 1 :].mean(axis=1)
    look = (steps[:, : WATCHED + 1].sum(axis=1) - (WATCHED + 1) * plain) / WATCHED
    print(f"plain step {1000 * np.median(plain):.0f} ms, one look {1000 * np.median(look):.1f} ms")
    print(f"looks left out because the writer could not keep up: {evolution.thinned}")
    for every in (50, 1):
        print(f"Evolution(every={every}): {1 + np.median(look / plain) / every:.4f} times the plain step")


if __name__ == "__main__":
    main()

"""Cost of saliency, and of a pass inside Integrated Gradients and SmoothGrad, against `predict_on_batch`.

Each line alternates the two calls and prints the median of the pairwise ratios, so that a busy machine slows
both alike. Passes of Integrated Gradients and SmoothGrad are counted one by one:

    python scripts/bench/saliency.py                 every line
    python scripts/bench/saliency.py small           the lines whose name contains "small"
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from cam import densenet169, four_convolutions, pictures, ratio

import kerasviz as kv

# Gradients by the pixels cannot cost less than a pass forward and one back.
LIMIT = 2.2
STEPS, COPIES = 32, 4


def saliency(model: keras.Model) -> Callable[[np.ndarray], object]:
    return lambda images: kv.explain(model, images, "saliency", batch_size=len(images))


def guided(model: keras.Model) -> Callable[[np.ndarray], object]:
    return lambda images: kv.explain(model, images, "guided_backpropagation", batch_size=len(images))


def integrated(model: keras.Model) -> Callable[[np.ndarray], object]:
    return lambda images: kv.explain(
        model, images, "integrated_gradients", steps=STEPS, batch_size=len(images)
    )


def smooth(model: keras.Model) -> Callable[[np.ndarray], object]:
    return lambda images: kv.explain(model, images, "smooth_grad", samples=COPIES, batch_size=len(images))


# Name, what is timed, gradient passes in it: one more settles the class.
METHODS = [
    ("saliency", saliency, 1),
    ("guided", guided, 1),
    ("integrated, a pass", integrated, STEPS + 1),
    ("smooth, a pass", smooth, COPIES + 1),
]
MODELS = [("large", densenet169, 16, 3), ("large", densenet169, 1, 10), ("small", four_convolutions, 16, 20)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="", help="run the lines whose name contains this")
    wanted = parser.parse_args().name
    print(f"{'':26} batch  predict_on_batch   ratio  wanted")
    for size, build, batch, pairs in MODELS:
        lines = [(f"{size} {name}", make, passes) for name, make, passes in METHODS]
        lines = [line for line in lines if wanted in line[0]]
        model = build() if lines else None
        for name, make, passes in lines:
            found, reference = ratio(make(model), model.predict_on_batch, pictures(model, batch), pairs)
            per_pass = found / passes
            print(
                f"{name:26} {batch:5}  {1000 * reference:13.2f} ms  {per_pass:6.3f}  {LIMIT:6.2f}", flush=True
            )


if __name__ == "__main__":
    main()

#!/usr/bin/env python
"""Overfitting, watched: the four-conv network on two breeds of pets, with dropout and without.

    python scripts/train_pets.py                      both, in logs/pets-dropout and logs/pets-no-dropout
    python scripts/train_pets.py --seeds 0 1 2        three of each, and their mean
    kerasviz board logs                               the runs side by side

The pictures are read from $KERASVIZ_DATA_DIR; add --download to fetch them (811 MB).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import kerasviz as kv
from kerasviz.data import pets
from kerasviz.training import Place, Settings, train_pets_cnn

CLASSES = ["Abyssinian", "american_bulldog"]
# 200 pictures to learn from, 198 to test on. Without dropout every training picture is soon known by heart.
PRESETS = {
    "dropout": {"epochs": 60, "pool_dropout": 0.5, "fc_dropout": 0.8},
    "no-dropout": {"epochs": 15, "pool_dropout": 0.0, "fc_dropout": 0.0},
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PRESETS, help="one of the two")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one run for each")
    parser.add_argument("--image-size", type=int, default=96, help="side of the pictures in pixels")
    parser.add_argument("--learning-rate", type=float, default=3e-4, help="of Adam")
    parser.add_argument("--log-dir", type=Path, default=Path("logs"), help="holds one folder per run")
    parser.add_argument("--download", action="store_true", help="fetch the data set if it is absent")
    args = parser.parse_args()
    dataset = pets.load(classes=CLASSES, download=args.download)
    print(dataset.describe())
    for name in [args.only] if args.only else PRESETS:
        finals = [run(dataset, name, seed, args) for seed in args.seeds]
        mean = np.mean(finals)
        print(f"{name}: test accuracy {mean:.3f}, the mean of {finals}, each over its last 10 epochs")


def run(dataset, name: str, seed: int, args: argparse.Namespace) -> float:
    """Train once, or go on where it stopped; return the mean test accuracy of the last 10 epochs."""
    log_dir = args.log_dir / (f"pets-{name}" if seed == 0 else f"pets-{name}-{seed}")
    preset = dict(PRESETS[name])
    settings = Settings(
        epochs=preset.pop("epochs"),
        learning_rate=args.learning_rate,
        image_size=args.image_size,
        seed=seed,
        watch_every=20,
        response_scale="frame",  # on a fixed one they fade: the first steps shrink them tenfold
    )
    if epochs_done(log_dir) < settings.epochs:
        train_pets_cnn(dataset, Place(log_dir, resume=True), settings, **preset)
    accuracies = kv.open_log(log_dir).scalars("epoch_accuracy", run="validation")
    return round(float(np.mean([value for _, value in accuracies[-10:]])), 3)


def epochs_done(log_dir: Path) -> int:
    progress = log_dir / "progress.json"
    return json.loads(progress.read_text())["epochs"] if progress.exists() else 0


if __name__ == "__main__":
    main()

#!/usr/bin/env python
"""The two-conv network on Fashion-MNIST: as in the article, or trained to its best.

    python scripts/train_fashion.py                   10 epochs of plain Adam, in logs/fashion
    python scripts/train_fashion.py --preset best     60 epochs, falling rate, mirrored pictures
    kerasviz board logs                               kernels and responses, step by step

The four IDX files are read from $KERASVIZ_DATA_DIR/fashion-mnist, else Keras downloads its copy.
"""

from __future__ import annotations

import argparse
import dataclasses

from kerasviz.classification import evaluate, write_evaluation
from kerasviz.data import fashion_mnist
from kerasviz.training import PRESETS, Place, train_fashion_cnn

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--preset", choices=PRESETS, default="article")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--log-dir", default="logs/fashion")
args = parser.parse_args()

settings, schedule = PRESETS[args.preset]
dataset = fashion_mnist.load()
print(dataset.describe())
place = Place(args.log_dir, resume=True)
model = train_fashion_cnn(dataset, place, dataclasses.replace(settings, seed=args.seed), schedule=schedule)
evaluation = evaluate(model, dataset.validation)
for row in evaluation.rows():
    print(f"{row.name:12} {row.accuracy:.3f}")
print(f"test accuracy {evaluation.accuracy:.4f}, loss {evaluation.loss:.4f}")
write_evaluation(evaluation, dataset.validation, args.log_dir)

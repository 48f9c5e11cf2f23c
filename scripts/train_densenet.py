"""Train DenseNet169 on a folder of pictures in two phases: `python scripts/train_densenet.py FOLDER`."""

import argparse

from kerasviz.data import folder
from kerasviz.training import Place, Settings, Transfer, train_transfer

parser = argparse.ArgumentParser(
    description="A frozen DenseNet169 with a new head first, then its last blocks."
)
parser.add_argument("data", help="holds one folder of pictures per class")
parser.add_argument("--log-dir", default="logs/densenet")
parser.add_argument("--weights", default="imagenet", help="imagenet, none, or a file")
parser.add_argument("--head-epochs", type=int, default=5)
parser.add_argument("--epochs", type=int, default=10, help="of both phases together")
parser.add_argument("--blocks", type=int, default=3, help="the last blocks that are fine-tuned")
parser.add_argument("--image-size", type=int, default=224)
parser.add_argument("--resume", action="store_true")
args = parser.parse_args()

dataset = folder.load(args.data)
print(dataset.describe())
weights = None if args.weights == "none" else args.weights
plan = Transfer("densenet169", weights, head_epochs=args.head_epochs, blocks=args.blocks)
settings = Settings(epochs=args.epochs, learning_rate=1e-3, image_size=args.image_size)
train_transfer(dataset, Place(args.log_dir, resume=args.resume), settings, plan)

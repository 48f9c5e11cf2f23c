"""`kerasviz train`: train a network on pets, generated shapes or your own pictures, and watch it."""

from __future__ import annotations

import argparse

from kerasviz.cli.parts.number_flags import Number

HELP = "train a network and watch its kernels and responses evolve"
DESCRIPTION = (
    "Train a network. LOG_DIR gets the TensorBoard runs train, validation and evolution, last.keras, "
    "best.keras, and an animation of every picture that was watched. Look at it with: "
    "kerasviz board LOG_DIR"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add one sub-command for each kind of data."""
    kinds = parser.add_subparsers(dest="data_kind", metavar="DATA", required=True)
    pets = _kind(kinds, "pets", "the Oxford-IIIT Pet pictures: cats and dogs of 37 breeds")
    pets.add_argument(
        "--classes", metavar="A,B", help="breeds to tell apart, by name (default: all there are)"
    )
    pets.add_argument("--data", metavar="FOLDER", help="the data set's folder (default: $KERASVIZ_DATA_DIR)")
    pets.add_argument(
        "--download", action="store_true", help="download the data set (811 MB) if it is absent"
    )
    pets.add_argument("--split", default="official", help="'official', or the share to validate on, as 0.2")
    _dropout(pets, pool_dropout=0.8)
    _common(pets, epochs=400, learning_rate=1e-5, image_size=224)

    shapes = _kind(kinds, "shapes", "generated pictures of textured shapes on cluttered backgrounds")
    shapes.add_argument(
        "--pictures", action=Number, default=8000, help="training pictures; a quarter more validate"
    )
    _dropout(shapes, pool_dropout=0.0, fc_dropout=0.2)
    _common(shapes, epochs=8, learning_rate=1e-3, image_size=32, batch_size=32)

    folder = _kind(kinds, "folder", "your own pictures, one sub-folder per class")
    folder.add_argument("data", metavar="FOLDER", help="holds one folder of pictures per class")
    folder.add_argument("--split", action=Number, default=0.2, help="the share of pictures to validate on")
    _dropout(folder, pool_dropout=0.8)
    _common(folder, epochs=100, learning_rate=1e-4, image_size=128)

    fashion = _kind(kinds, "fashion", "Fashion-MNIST: 60,000 small grey pictures of clothes in ten classes")
    fashion.add_argument(
        "--data",
        metavar="FOLDER",
        help="holds the four IDX files (default: $KERASVIZ_DATA_DIR, or Keras's copy)",
    )
    _run(fashion)
    _preset(fashion)
    _watching(fashion, every=300, log_every=50)

    transfer = _kind(kinds, "transfer", "your own pictures, with a network of keras.applications")
    transfer.add_argument(
        "--data", required=True, metavar="FOLDER", help="holds one folder of pictures per class"
    )
    transfer.add_argument("--split", action=Number, default=0.2, help="the share of pictures to validate on")
    _backbone(transfer)
    _common(transfer, epochs=10, learning_rate=1e-3, image_size=224)


def run(args: argparse.Namespace) -> None:
    """Load the data, train, evaluate, and export the animations."""
    # Before a data set is downloaded: says which backend to install.
    from kerasviz.backend import keras  # noqa: F401
    from kerasviz.cli.parts.training import finish, load_dataset, train_args

    dataset = load_dataset(args)
    print(dataset.describe())
    model = train_args(dataset, args)
    finish(model, dataset, args.log_dir)


def _kind(kinds: argparse._SubParsersAction, name: str, text: str) -> argparse.ArgumentParser:
    return kinds.add_parser(
        name, help=text, description=f"{HELP}: {text}", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )


def _dropout(parser: argparse.ArgumentParser, pool_dropout: float, fc_dropout: float = 0.5) -> None:
    dropout = parser.add_argument_group("dropout")
    dropout.add_argument(
        "--dropout", action=Number, default=pool_dropout, help="share dropped after each pooling"
    )
    dropout.add_argument("--fc-dropout", action=Number, default=fc_dropout, help="share dropped after fc1")
    dropout.add_argument("--no-dropout", action="store_true", help="no dropout at all: watch it overfit")


def _backbone(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("transfer")
    group.add_argument("--backbone", default="densenet169", help="a network of keras.applications")
    group.add_argument(
        "--weights",
        default="imagenet",
        metavar="imagenet|none|FILE",
        help="what the backbone starts from: downloaded, random, or a file of weights or a model",
    )
    group.add_argument(
        "--nested", action="store_true", help="keep the backbone as one layer, as densenet169/conv1_conv"
    )
    group.add_argument(
        "--preprocessing",
        choices=("keras", "symmetric"),
        default="keras",
        help="inside the model: what the ImageNet weights want, or pixels in -1..1",
    )
    group.add_argument("--hidden", action=Number, default=1024, help="units of the head's dense layer")
    group.add_argument(
        "--head-epochs",
        action=Number,
        default=5,
        help="of all epochs, the first ones, with a frozen backbone",
    )
    group.add_argument(
        "--blocks", action=Number, default=3, help="how many of the backbone's last blocks train afterwards"
    )
    group.add_argument(
        "--fine-tuning-rate", action=Number, default=1e-5, help="the learning rate with which they do"
    )


def _common(
    parser: argparse.ArgumentParser,
    epochs: int,
    learning_rate: float,
    image_size: int,
    batch_size: int = 10,
) -> None:
    _run(parser)
    learning = parser.add_argument_group("learning")
    learning.add_argument("--epochs", action=Number, default=epochs, help="how often every picture is seen")
    learning.add_argument("--batch-size", action=Number, default=batch_size, help="pictures in one step")
    learning.add_argument("--learning-rate", action=Number, default=learning_rate, help="of Adam")
    learning.add_argument(
        "--image-size", action=Number, default=image_size, help="side of the pictures, in pixels"
    )
    learning.add_argument("--flip", action="store_true", help="augmentation: mirror pictures left to right")
    learning.add_argument(
        "--rotate", action=Number, default=0.0, metavar="DEGREES", help="augmentation: at most"
    )
    learning.add_argument("--zoom", action=Number, default=0.0, metavar="SHARE", help="augmentation: at most")
    learning.add_argument("--seed", action=Number, default=0, help="same seed, same machine: same losses")
    learning.add_argument("--mixed-precision", action="store_true", help="compute in float16 (GPUs)")
    learning.add_argument("--cache", default="memory", help="decoded pictures: memory, none, or a folder")
    _watching(parser, every=50, log_every=5)


def _run(parser: argparse.ArgumentParser) -> None:
    run = parser.add_argument_group("the run")
    run.add_argument("--log-dir", required=True, metavar="FOLDER", help="where everything is written")
    run.add_argument(
        "--resume", action="store_true", help="go on with the run that is there, up to its last animation"
    )
    run.add_argument("--overwrite", action="store_true", help="remove the run that is there")
    run.add_argument(
        "--keep-going", action="store_true", help="do not stop after an epoch whose loss is no number (NaN)"
    )


def _preset(parser: argparse.ArgumentParser) -> None:
    learning = parser.add_argument_group("learning")
    learning.add_argument(
        "--preset",
        choices=("article", "best"),
        default="article",
        help="10 epochs of plain Adam; or 36 with a falling rate and mirrored pictures, in some 9 minutes",
    )
    # Without a default: what is not given is the preset's.
    learning.add_argument(
        "--epochs", action=Number, default=argparse.SUPPRESS, help="how often every picture is seen (preset)"
    )
    learning.add_argument(
        "--batch-size", action=Number, default=argparse.SUPPRESS, help="pictures in one step (preset)"
    )
    learning.add_argument(
        "--learning-rate", action=Number, default=argparse.SUPPRESS, help="of Adam (preset)"
    )
    learning.add_argument(
        "--schedule",
        choices=("constant", "cosine"),
        default=argparse.SUPPRESS,
        help="of the learning rate; cosine falls to 0 at the last epoch (preset)",
    )
    learning.add_argument(
        "--flip",
        action=argparse.BooleanOptionalAction,
        default=argparse.SUPPRESS,
        help="augmentation: mirror pictures left to right (preset)",
    )
    learning.add_argument("--seed", action=Number, default=0, help="same seed, same machine: same losses")


def _watching(parser: argparse.ArgumentParser, every: int, log_every: int) -> None:
    watching = parser.add_argument_group("watching")
    watching.add_argument("--every", action=Number, default=every, help="steps between two looks inside")
    watching.add_argument("--log-every", action=Number, default=log_every, help="steps between two scalars")
    watching.add_argument("--probe-image", metavar="FILE", help="the picture whose responses are watched")
    watching.add_argument(
        "--response-scale",
        choices=("growing", "fixed", "frame"),
        default="growing",
        help="responses on a scale that grows where too much lies beyond it, on one for all looks, or on one "
        "of its own for each, written with it",
    )
    watching.add_argument("--no-histograms", action="store_true", help="log no weight histograms")

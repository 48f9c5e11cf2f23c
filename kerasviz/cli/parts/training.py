"""What the commands `train` and `demo` share: arguments to data, network and animations."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

    from kerasviz.data import Dataset
    from kerasviz.training import Place, Transfer


def load_dataset(args: argparse.Namespace) -> Dataset:
    """Return the data set that the arguments of `train` name."""
    from kerasviz.cli.parts.data import read_split
    from kerasviz.cli.parts.inputs import split_list
    from kerasviz.data import open_data

    if args.data_kind == "pets":
        classes = split_list([args.classes]) if args.classes else None
        split = read_split(args.split)
        return open_data(
            "pets", directory=args.data, classes=classes, split=split, seed=args.seed, download=args.download
        )
    if args.data_kind == "shapes":
        counts = {"train": args.pictures, "validation": max(1, args.pictures // 4)}
        return open_data("shapes", **counts, image_size=args.image_size, seed=args.seed)
    if args.data_kind == "fashion":
        return open_data("fashion", directory=args.data)
    return open_data(Path(args.data), split=args.split, seed=args.seed)


def train_args(dataset: Dataset, args: argparse.Namespace) -> keras.Model:
    """Train the network that the arguments of `train` mean, and return it."""
    from kerasviz.data import Augmentation
    from kerasviz.training import Place, Settings, describe_devices, train_pets_cnn, train_transfer

    print(describe_devices())
    place = Place(args.log_dir, args.resume, args.overwrite)
    if args.data_kind == "fashion":
        return _train_fashion(dataset, place, args)
    settings = Settings(
        epochs=args.epochs,
        batch_size=args.batch_size,
        learning_rate=args.learning_rate,
        image_size=args.image_size,
        seed=args.seed,
        log_every=args.log_every,
        watch_every=args.every,
        response_scale=args.response_scale,
        histograms=not args.no_histograms,
        keep_going=args.keep_going,
        mixed_precision=args.mixed_precision,
        cache=args.cache,
        augmentation=Augmentation(args.flip, args.rotate, args.zoom),
    )
    if args.data_kind == "transfer":
        return train_transfer(dataset, place, settings, _transfer_plan(args), probe_image=args.probe_image)
    return train_pets_cnn(
        dataset,
        place,
        settings,
        pool_dropout=0.0 if args.no_dropout else args.dropout,
        fc_dropout=0.0 if args.no_dropout else args.fc_dropout,
        probe_image=args.probe_image,
    )


def _train_fashion(dataset: Dataset, place: Place, args: argparse.Namespace) -> keras.Model:
    from kerasviz.data import Augmentation
    from kerasviz.training import PRESETS, train_fashion_cnn

    preset, schedule = PRESETS[args.preset]
    given = vars(args)
    settings = dataclasses.replace(
        preset,
        epochs=given.get("epochs", preset.epochs),
        batch_size=given.get("batch_size", preset.batch_size),
        learning_rate=given.get("learning_rate", preset.learning_rate),
        augmentation=Augmentation(given.get("flip", preset.augmentation.flip)),
        seed=args.seed,
        log_every=args.log_every,
        watch_every=args.every,
        response_scale=args.response_scale,
        histograms=not args.no_histograms,
        keep_going=args.keep_going,
    )
    schedule = given.get("schedule", schedule)
    return train_fashion_cnn(dataset, place, settings, schedule=schedule, probe_image=args.probe_image)


def _transfer_plan(args: argparse.Namespace) -> Transfer:
    from kerasviz.training import Transfer

    return Transfer(
        backbone=args.backbone,
        weights=None if args.weights == "none" else args.weights,
        nested=args.nested,
        preprocessing=args.preprocessing,
        hidden=args.hidden,
        head_epochs=args.head_epochs,
        blocks=args.blocks,
        fine_tuning_rate=args.fine_tuning_rate,
    )


def finish(model: keras.Model, dataset: Dataset, log_dir: str) -> None:
    """Write what a run ends with as far as it is missing, print it, and say how to look at the rest."""
    from kerasviz.classification import Evaluation
    from kerasviz.cli.parts.accuracy import print_accuracy
    from kerasviz.training import finish_run

    made = 0
    for one in finish_run(model, dataset, log_dir):
        made += 1
        if isinstance(one, Evaluation):
            print_accuracy(one)
            print(f"evaluation of the last epoch's network in {log_dir}: evaluation.json and its figures")
        else:
            print(one)
    if not made:
        print(f"nothing was left to do: all epochs, the evaluation and the animations are in {log_dir}")
    print(f"look at it: kerasviz board {log_dir}")

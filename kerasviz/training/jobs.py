"""Training jobs: a data set, a network, and everything that is logged while one learns the other."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import os
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasviz.data import Dataset, batches, mean_image
from kerasviz.errors import DivergedError, InputError, LogError, OutputError
from kerasviz.events import open_log
from kerasviz.images import write_png
from kerasviz.training.checkpoints import LAST, Checkpoints, load_last
from kerasviz.training.divergence import Divergence
from kerasviz.training.lock import only_writer
from kerasviz.training.phases import Phase, stretches
from kerasviz.training.settings import Settings, open_run, settings_of
from kerasviz.watch import Evolution, Picture, Source, TrainingLog

logger = logging.getLogger(__name__)

# Makes a network for the training pictures' mean `(h, w, c)`.
Builder = Callable[[np.ndarray], keras.Model]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a run lives, and what to do when one is there already."""

    log_dir: str | os.PathLike[str]
    resume: bool = False
    overwrite: bool = False


def choose_probe(dataset: Dataset, settings: Settings, probe_image: Picture | None) -> Picture:
    """Return `probe_image`, or else the first validation picture."""
    return dataset.validation.image(0, settings.image_size) if probe_image is None else probe_image


def train(
    dataset: Dataset,
    build: Builder,
    place: Place,
    settings: Settings,
    *,
    watch: Sequence[Source] | None = None,
    probe: Picture | None = None,
    job: dict[str, Any] | None = None,
    phases: Sequence[Phase] | None = None,
) -> keras.Model:
    """Train the network that `build` makes on `dataset`; return it.

    `place.log_dir` gets the TensorBoard runs `train`, `validation` and `evolution`, the models `last.keras`
    and `best.keras` (by validation accuracy), and `settings.json`. With `place.resume` an interrupted run
    goes on from its last whole epoch as if it had never stopped: weights, optimizer, random generators, the
    order of the pictures and the step numbers. One that has all its epochs is returned as it is: what belongs
    to the end of a run is `finish_run`.

    Args:
        dataset: what to learn.
        build: makes the network, for the training pictures' mean `(h, w, c)`.
        place: the folder of the run.
        settings: how to train.
        watch: what `kv.Evolution` watches.
        probe: the picture whose responses are watched; an array is kept in the folder as `probe.png`.
        job: what else decides what is learned, as JSON values, checked when the run is resumed.
        phases: stretches of epochs with their own learning rate and trainable layers; by default one, at the
            rate of `settings`. Step numbers, animations and logs go on from phase to phase.

    Raises:
        LogError: a run is there already, or the one to be resumed is another, or its settings are damaged.
        ModelFileError: the checkpoint to go on from is damaged.
        DivergedError: the loss was no number any more after an epoch. The checkpoints of the last good epoch
            are there.
        DatasetError, InputError: the data or the settings cannot be used.
    """
    facts = {"dataset": dataset.name, "classes": list(dataset.class_names), **(job or {})}
    facts["pictures"] = len(dataset.train)
    steps = math.ceil(len(dataset.train) / settings.batch_size)
    with (
        only_writer(Path(place.log_dir)),
        _random_state(settings.seed),
        _policy(settings.mixed_precision),
    ):
        directory = open_run(
            place.log_dir, {**facts, **dataclasses.asdict(settings)}, place.resume, place.overwrite
        )
        model = load_last(directory) if place.resume else None
        done = 0 if model is None else int(model.optimizer.iterations) // steps
        if done > settings.epochs:
            raise InputError(
                f"The run in {directory} has {done} epochs already, more than the {settings.epochs} asked "
                f"for: ask for {done} or more."
            )
        if isinstance(probe, np.ndarray):
            _keep_probe(directory / "probe.png", probe)
        if model is not None and done == settings.epochs:
            _log_last_step(model, directory, watch)
            return model
        plan = list(stretches(phases or [Phase(0, settings.learning_rate)], done, settings.epochs))
        dataset = _decoded(dataset, settings)
        model = model or build(mean_image(dataset.train, settings.image_size))
        _seed_dropout(model, settings.seed, done * steps)
        for phase, first, last in plan:
            if first == phase.first_epoch:
                phase.begin(model, first * steps)
            _fit(model, dataset, directory, settings, watch, range(first, last))
    return model


def _keep_probe(file: Path, probe: np.ndarray) -> None:
    try:
        write_png(file, probe)
    except OutputError as error:
        logger.warning("%s Training goes on without it.", error)


def _log_last_step(model: keras.Model, directory: Path, watch: Sequence[Source] | None) -> None:
    """Log the state after the last step, where the run was killed before it had."""
    evolution = Evolution(directory, watch)
    try:
        steps = [info.last_step for info in open_log(evolution.directory).tags() if info.kind != "text"]
    except LogError:  # nothing is there any more
        steps = []
    if not steps or min(steps) < int(model.optimizer.iterations):
        with evolution.watching(model):
            pass


def _decoded(dataset: Dataset, settings: Settings) -> Dataset:
    """Return the data set with its pictures decoded once for all phases, unless that is not wanted."""
    if settings.cache == "none":
        return dataset
    train, validation = (
        split.decoded(settings.image_size, settings.cache) for split in (dataset.train, dataset.validation)
    )
    return dataclasses.replace(dataset, train=train, validation=validation)


def _fit(
    model: keras.Model,
    dataset: Dataset,
    directory: Path,
    settings: Settings,
    watch: Sequence[Source] | None,
    epochs: range,
) -> None:
    """Train the compiled model for `epochs`.

    Raises:
        DivergedError: the loss was no number any more after one of them.
    """
    validation = batches(dataset.validation, settings.image_size, settings.batch_size, cache=None)
    stream = batches(
        dataset.train,
        settings.image_size,
        settings.batch_size,
        shuffle=True,
        seed=settings.seed,
        initial_epoch=epochs.start,
        epochs=epochs.stop,
        cache=None,
        augmentation=settings.augmentation,
    )
    log = TrainingLog(
        directory,
        every=settings.log_every,
        validation_data=validation,
        histograms=settings.histograms,
        settings=settings_of(directory),
    )
    evolution = Evolution(directory, watch, every=settings.watch_every)
    divergence = Divergence(settings.keep_going)
    with contextlib.closing(log), contextlib.closing(evolution):
        model.fit(
            stream,
            validation_data=validation,
            initial_epoch=epochs.start,
            epochs=epochs.stop,
            steps_per_epoch=math.ceil(len(dataset.train) / settings.batch_size),
            shuffle=False,  # the stream has its own order
            callbacks=[log, evolution, divergence, Checkpoints(directory, first=evolution.settle)],
        )
    if divergence.stopped_after is not None:
        there = (directory / LAST).exists()
        kept = "the checkpoints of the epochs before are kept" if there else "no epoch before went well"
        raise DivergedError(
            f"The loss became {divergence.loss} at step {divergence.step}, and after epoch "
            f"{divergence.stopped_after} it is no number still: the training in {directory} was stopped; "
            f"{kept}. Try a smaller learning rate, or pass keep_going=True."
        )


def _seed_dropout(model: keras.Model, seed: int, step: int) -> None:
    """Put every random generator of the model where it stands after `step` steps.

    Keras does not save them. Each holds `[seed, number of calls]`, with one call a step for a dropout layer.
    """
    seeds = np.random.default_rng(seed)
    for variable in model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([seeds.integers(2**31), step])


@contextlib.contextmanager
def _random_state(seed: int) -> Iterator[None]:
    """Seed what Keras draws its layers' seeds from; put the caller's generators back afterwards."""
    python, arrays = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)  # noqa: NPY002


@contextlib.contextmanager
def _policy(mixed_precision: bool) -> Iterator[None]:
    """Build layers in mixed float16 inside the block, where asked to."""
    before = keras.config.dtype_policy()
    if mixed_precision:
        keras.config.set_dtype_policy("mixed_float16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)

"""The Fashion-MNIST job: the two-conv network, as in the article it is known from, or trained to its best."""

from __future__ import annotations

import math

import keras

from kerasviz.data import Augmentation, Dataset
from kerasviz.errors import InputError
from kerasviz.models import fashion_cnn
from kerasviz.training.jobs import Place, choose_probe, train
from kerasviz.training.phases import Phase
from kerasviz.training.settings import Settings
from kerasviz.watch import Picture, dead_filters, drift, kernels, responses

SIDE = 28
SCHEDULES = ("constant", "cosine")
# Each preset is what is learned by, and the learning rate's schedule.
PRESETS = {
    "article": (Settings(10, 20, 1e-3, SIDE, log_every=50, watch_every=300), "constant"),
    "best": (
        Settings(36, 64, 2e-3, SIDE, log_every=50, watch_every=300, augmentation=Augmentation(flip=True)),
        "cosine",
    ),
}
# Pictures over which silent filters are counted.
_WATCHED = 100


def train_fashion_cnn(
    dataset: Dataset,
    place: Place,
    settings: Settings | None = None,
    *,
    schedule: str = "constant",
    probe_image: Picture | None = None,
) -> keras.Model:
    """Train the two-conv network on `dataset`, watched from every side; return it.

    Watched are the kernels of `conv1` and `conv2`, their responses to one picture, the drift of every kernel,
    and the filters that are silent on the first 100 validation pictures.

    Args:
        dataset: grey pictures of 28 x 28, such as `kerasviz.data.sets.fashion_mnist.load()`.
        place: the folder of the run.
        settings: how to train; by default as the article: 10 epochs of batches of 20 at a rate of 0.001.
        schedule: "constant", or "cosine": within the first epoch the rate rises to that of `settings`, then
            it falls to 0 along half a cosine (Loshchilov and Hutter 2017, eq. 5, without restarts). Without
            the rise, Adam's first steps silence up to half of the 24 units of `fc` for good.
        probe_image: the picture whose responses are watched; by default the first validation picture.

    Raises:
        LogError: a run is there already, or the one to be resumed is another.
        DatasetError, InputError: the data or the settings cannot be used.
    """
    settings = settings or PRESETS["article"][0]
    if settings.image_size != SIDE or dataset.train.channels != 1:
        raise InputError(
            f"The two-conv network takes grey pictures of {SIDE} x {SIDE}; image_size is "
            f"{settings.image_size} and the pictures have {dataset.train.channels} channels."
        )
    # How long a falling rate falls is part of what is learned: a run cannot be resumed for another time.
    job = {"network": "fashion_cnn", "schedule": _described(schedule, settings.epochs)}
    classes = list(dataset.class_names)
    convolutions = ("conv1", "conv2")
    probe = choose_probe(dataset, settings, probe_image)
    some = [dataset.validation.image(i) for i in range(min(_WATCHED, len(dataset.validation)))]
    watch = [
        *(kernels(layer) for layer in convolutions),
        responses(probe, convolutions, settings.response_scale),
        drift(),
        dead_filters(some),
    ]
    steps = math.ceil(len(dataset.train) / settings.batch_size)
    rate = _rate(schedule, settings.learning_rate, steps, settings.epochs)
    return train(
        dataset,
        lambda mean: fashion_cnn(classes),
        place,
        settings,
        watch=watch,
        probe=probe,
        job=job,
        phases=[Phase(0, rate)],
    )


def _described(schedule: str, epochs: int) -> str:
    if schedule not in SCHEDULES:
        raise InputError(f"schedule is {schedule!r}; expected {' or '.join(map(repr, SCHEDULES))}.")
    return f"cosine over {epochs} epochs" if schedule == "cosine" else schedule


def _rate(
    schedule: str, rate: float, steps: int, epochs: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Return the learning rate over `epochs` of `steps` steps each."""
    if schedule == "constant":
        return rate
    rising = max(1, min(steps, steps * epochs // 10))
    falling = max(1, steps * epochs - rising)
    return keras.optimizers.schedules.CosineDecay(rate / 20, falling, warmup_target=rate, warmup_steps=rising)

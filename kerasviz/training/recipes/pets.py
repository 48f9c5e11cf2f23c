"""The pets job: the four-conv network, as in the article it is known from, or small enough for a CPU."""

from __future__ import annotations

import keras
import numpy as np

from kerasviz.data import Dataset
from kerasviz.models import pets_cnn
from kerasviz.training.jobs import Place, choose_probe, train
from kerasviz.training.settings import Settings
from kerasviz.watch import Picture, dead_filters, drift, kernels, responses


def train_pets_cnn(
    dataset: Dataset,
    place: Place,
    settings: Settings,
    *,
    pool_dropout: float = 0.8,
    fc_dropout: float = 0.5,
    probe_image: Picture | None = None,
) -> keras.Model:
    """Train the four-conv network on `dataset`, watched from every side; return it.

    Args:
        dataset: RGB pictures.
        place: the folder of the run.
        settings: how to train.
        pool_dropout: as of `kerasviz.models.pets_cnn`.
        fc_dropout: as of `kerasviz.models.pets_cnn`.
        probe_image: the picture whose responses are watched; by default the first validation picture.

    Raises:
        LogError: a run is there already, or the one to be resumed is another.
        DatasetError, InputError: the data or the settings cannot be used.
    """
    classes = list(dataset.class_names)

    def build(mean: np.ndarray) -> keras.Model:
        return pets_cnn(
            classes,
            settings.image_size,
            pool_dropout=pool_dropout,
            fc_dropout=fc_dropout,
            mean_image=mean,
        )

    job = {"network": "pets_cnn", "pool_dropout": pool_dropout, "fc_dropout": fc_dropout}
    convolutions = ("conv1_1", "conv1_2", "conv2_1", "conv2_2")
    probe = choose_probe(dataset, settings, probe_image)
    some = [dataset.validation.image(i, settings.image_size) for i in range(min(32, len(dataset.validation)))]
    watch = [
        *(kernels(layer) for layer in convolutions),
        responses(probe, convolutions, settings.response_scale),
        drift(),
        dead_filters(some),
    ]
    return train(dataset, build, place, settings, watch=watch, probe=probe, job=job)

"""The transfer job: a new head on a frozen backbone first, then the last blocks at a lower rate."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass

import keras
import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.data import Dataset
from kerasviz.models import freeze_backbone, transfer, unfreeze_last_blocks
from kerasviz.probe import has_kernel, layers, walk
from kerasviz.training.jobs import Place, choose_probe, train
from kerasviz.training.phases import Phase
from kerasviz.training.settings import Settings
from kerasviz.watch import Picture, Run, ScaleChoice, Source, Watch, cams, drift, responses

# Validation pictures over which attention is watched.
_ATTENTION_PICTURES = 4


@dataclass(frozen=True)
class Transfer:
    """What is transferred, and how its two phases go.

    Attributes:
        backbone: a network of `keras.applications`.
        weights: "imagenet", None for random ones, or a file; as of `kerasviz.models.transfer`.
        nested: whether the backbone is one layer of the model.
        preprocessing: "keras" or "symmetric"; as of `kerasviz.models.transfer`.
        hidden: units of the head's dense layer.
        head_epochs: epochs of the first phase, in which the head alone trains, at the rate of `Settings`.
        blocks: how many of the backbone's last blocks train with it in the second.
        fine_tuning_rate: the learning rate of the second phase.
    """

    backbone: str = "densenet169"
    weights: str | os.PathLike[str] | None = "imagenet"
    nested: bool = False
    preprocessing: str = "keras"
    hidden: int = 1024
    head_epochs: int = 5
    blocks: int = 3
    fine_tuning_rate: float = 1e-5

    def __post_init__(self) -> None:
        check_numbers(
            hidden=self.hidden,
            head_epochs=self.head_epochs,
            blocks=self.blocks,
            fine_tuning_rate=self.fine_tuning_rate,
        )


def train_transfer(
    dataset: Dataset,
    place: Place,
    settings: Settings,
    plan: Transfer | None = None,
    *,
    probe_image: Picture | None = None,
) -> keras.Model:
    """Train a transfer model on `dataset` in two phases, watched; return it.

    In epochs 0 to `plan.head_epochs - 1` the head trains and the backbone is frozen; from then on its last
    blocks train too, at a lower rate. Batch normalisation runs in inference mode in both. Step numbers go on
    from phase to phase, and a run resumed in either is as if it had never stopped. With
    `settings.epochs <= plan.head_epochs` there is no second phase.

    Watched are the responses to one picture at the end of the last three stages of the backbone, class
    activation maps over four validation pictures, and the drift of every kernel that trains.

    Args:
        dataset: RGB pictures.
        place: the folder of the run.
        settings: how to train; `learning_rate` is the first phase's.
        plan: what is transferred; `Transfer()` by default.
        probe_image: the picture whose responses are watched; by default the first validation picture.

    Raises:
        LogError: a run is there already, or the one to be resumed is another.
        ModelFileError: the backbone's weights cannot be downloaded or read.
        DatasetError, InputError: the data or the settings cannot be used.
    """
    plan = plan or Transfer()
    classes = list(dataset.class_names)

    def build(mean: np.ndarray) -> keras.Model:
        return transfer(
            plan.backbone,
            classes,
            plan.weights,
            plan.nested,
            plan.preprocessing,
            settings.image_size,
            plan.hidden,
        )

    phases = [
        Phase(0, settings.learning_rate, freeze_backbone),
        Phase(
            plan.head_epochs, plan.fine_tuning_rate, lambda model: unfreeze_last_blocks(model, plan.blocks)
        ),
    ]
    probe = choose_probe(dataset, settings, probe_image)
    spread = np.linspace(0, len(dataset.validation) - 1, _ATTENTION_PICTURES).astype(int)
    some = [dataset.validation.image(int(i), settings.image_size) for i in np.unique(spread)]
    return train(
        dataset,
        build,
        place,
        settings,
        watch=[_Stages(probe, tuple(some), settings.response_scale)],
        probe=probe,
        job={"network": "transfer", **dataclasses.asdict(plan)},
        phases=phases,
    )


def stage_ends(model: keras.Model, count: int = 3) -> list[str]:
    """Return the paths of the last layers at each of the last `count` sizes of feature map, in order.

    Nested models themselves do not count, nor do layers that only pad.

    >>> stage_ends(transfer("resnet50", 2, weights=None, image_size=64, hidden=8))
    ['conv3_block4_out', 'conv4_block6_out', 'conv5_block3_out']
    """
    whole = {place.path for place in walk(model) if isinstance(place.layer, keras.Model)}
    ends = {
        info.output_shape[1:-1]: info.path
        for info in layers(model)
        if info.is_target and info.output_shape and info.path not in whole and "Padding" not in info.kind
    }
    return list(ends.values())[-count:]


@dataclass(frozen=True)
class _Stages(Source):
    """Responses at the ends of the last stages, attention at the last of them, the drift of what trains."""

    probe: Picture
    pictures: tuple[np.ndarray, ...]
    scale: ScaleChoice

    def bind(self, run: Run) -> list[Watch]:
        ends = stage_ends(run.model)
        trained = [p.path for p in walk(run.model) if p.layer.trainable_weights and has_kernel(p.layer)]
        sources = [
            responses(self.probe, ends, self.scale),
            cams(list(self.pictures), ends[-1]),
            drift(trained),
        ]
        return [watch for source in sources for watch in source.bind(run)]

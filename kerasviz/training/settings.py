"""How a network is trained, and what of that is written down so that a killed run can go on."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kerasviz.atomic import atomic_path, errors_in_sentences
from kerasviz.bounds import check_numbers, short
from kerasviz.data import Augmentation
from kerasviz.errors import InputError, LogError
from kerasviz.training.checkpoints import BEST, LAST, PROGRESS
from kerasviz.training.ending import EVALUATION, FINISHED, animations_of
from kerasviz.training.state_files import DamagedError, read_state

SETTINGS = "settings.json"
# What a run leaves in its folder, besides animations. Settings are removed last: it can be done again.
_LEAVINGS = (
    "train",
    "validation",
    "evolution",
    LAST,
    BEST,
    PROGRESS,
    "probe.png",
    *EVALUATION,
    FINISHED,
    SETTINGS,
)


@dataclass(frozen=True)
class Settings:
    """How to train, whatever the network and the data.

    Attributes:
        epochs: how often every picture is seen.
        batch_size: pictures in one step.
        learning_rate: of Adam.
        image_size: side of the pictures in pixels.
        seed: of the initial weights, the dropout, the order of the pictures and the augmentation.
        log_every: optimizer steps between two `batch_` scalars.
        watch_every: optimizer steps between two looks at kernels and responses.
        response_scale: what brightness means in the responses: "growing", the same from look to look, and
            wider where more than 1 % lies beyond it; "fixed", as chosen at the first look; or "frame", chosen
            anew at each and written with it, for networks whose responses fade.
        histograms: whether weight histograms are logged each epoch.
        mixed_precision: whether to compute in float16, which GPUs since 2017 do faster.
        cache: "memory", "none" or a folder: where decoded pictures are kept.
        augmentation: random changes of the training pictures.
        keep_going: go on with a loss that is no number any more (NaN), instead of stopping after an epoch.
    """

    epochs: int = 400
    batch_size: int = 10
    learning_rate: float = 1e-5
    image_size: int = 224
    seed: int = 0
    log_every: int = 5
    watch_every: int = 50
    response_scale: Literal["growing", "fixed", "frame"] = "growing"
    histograms: bool = True
    mixed_precision: bool = False
    cache: str = "memory"
    augmentation: Augmentation = field(default_factory=Augmentation)
    keep_going: bool = False

    def __post_init__(self) -> None:
        check_numbers(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            image_size=self.image_size,
            seed=self.seed,
            log_every=self.log_every,
            watch_every=self.watch_every,
        )
        if self.response_scale not in ("growing", "fixed", "frame"):
            raise InputError(
                f"response_scale is {self.response_scale!r}; expected 'growing', 'fixed' or 'frame'."
            )


def open_run(log_dir: str | os.PathLike[str], job: dict[str, Any], resume: bool, overwrite: bool) -> Path:
    """Prepare the folder of a run, and return it.

    Args:
        log_dir: the folder.
        job: everything that decides what is trained, as JSON values; written to `settings.json`.
        resume: go on with the run that is there; start one where there is none.
        overwrite: remove what an earlier run left there.

    Raises:
        LogError: a run is there and neither `resume` nor `overwrite` was asked for, or the run to be resumed
            was made with other settings, or its settings cannot be read.
    """
    directory = Path(log_dir)
    file = directory / SETTINGS
    if overwrite:
        _clear(directory)
    if file.exists() or (directory / LAST).exists():
        if not resume:
            raise LogError(
                f"{directory} already holds a run: pass resume=True to go on with it, overwrite=True to "
                "replace it, or choose another log_dir."
            )
        _check_same(settings_of(directory), job, directory)
    with atomic_path(file, durable=True) as temporary:
        temporary.write_text(json.dumps(job, indent=2, default=_as_json) + "\n")
    return directory


def settings_of(directory: Path) -> dict[str, Any]:
    """Return what `open_run` wrote into the folder of a run; nothing where the file was removed.

    Raises:
        LogError: the file is damaged.
    """
    file = directory / SETTINGS
    try:
        return read_state(file)
    except DamagedError as error:
        raise LogError(
            f"{file} cannot be used ({error}), so that nobody knows how the run was made: put a copy of it "
            "back, remove it to go on with the settings of now, or pass overwrite=True to begin anew."
        ) from error


def _check_same(stored: dict[str, Any], job: dict[str, Any], directory: Path) -> None:
    job = json.loads(json.dumps(job, default=_as_json))
    # These change nothing that was learned.
    free = {"epochs", "log_every", "watch_every", "response_scale", "histograms", "cache", "keep_going"}
    if not stored:  # a file that was removed, to go on without the check
        return
    other = [
        f"{name} {short(stored.get(name))} rather than {short(job.get(name))}"
        for name in sorted((stored.keys() | job.keys()) - free)
        if stored.get(name) != job.get(name)
    ]
    if other:
        raise LogError(
            f"The run in {directory} cannot be resumed with these settings, because it was made with "
            f"{', '.join(other)}: give it the same, or choose another log_dir."
        )


def _clear(directory: Path) -> None:
    if not (directory / SETTINGS).exists():
        return  # nothing of ours
    for name in (*animations_of(directory), *_LEAVINGS):
        path = directory / name
        with errors_in_sentences(path):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _as_json(value: Any) -> Any:
    return dataclasses.asdict(value) if isinstance(value, Augmentation) else str(value)

"""What a run leaves after its last epoch: animations of what was watched, and its evaluation."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras

from kerasviz.atomic import atomic_path
from kerasviz.classification import FIGURES, NUMBERS, TABLE, Evaluation, evaluate, write_evaluation
from kerasviz.data import Dataset
from kerasviz.events import open_log
from kerasviz.film import Animation, animate, file_names
from kerasviz.training.lock import only_writer
from kerasviz.training.state_files import DamagedError, read_state

FINISHED = "finished.json"
EVALUATION = (NUMBERS, TABLE, *FIGURES)


def finish_run(
    model: keras.Model, dataset: Dataset, log_dir: str | os.PathLike[str]
) -> Iterator[Evaluation | Animation]:
    """Write what a run ends with, as far as it is not there yet, and yield what was made, one after another.

    That is a GIF of every picture in the log's run `evolution`, and the evaluation of the network as it is
    after the last epoch (see `write_evaluation`). What is whole and of the run's last step stays as it is:
    `finished.json` says of which step, how long, and with which checksum each file was written. So a run that
    was killed here is finished by doing it again, and nothing is done where nothing is missing.

    Args:
        model: as trained, with its optimizer, whose steps tell what is out of date.
        dataset: the pictures of the training.
        log_dir: the folder of the run.

    Raises:
        LogError: another process is at work in the folder, or the log holds nothing.
        UnsupportedModelError: the network answers with values that are not finite.
        OutputError: a file cannot be written.
    """
    directory = Path(log_dir)
    with only_writer(directory):
        made = _Made(directory, int(keras.ops.convert_to_numpy(model.optimizer.iterations)))
        log = open_log(directory / "evolution")
        pictures = [info for info in log.tags() if info.kind == "image"]
        for info, name in zip(pictures, file_names(pictures), strict=True):
            if not made.is_whole(name):
                animation = animate(log, info, out=directory / name)
                made.note([name])
                yield animation
        if not all(map(made.is_whole, EVALUATION)):
            evaluation = evaluate(model, dataset.validation, class_names=dataset.class_names)
            write_evaluation(evaluation, dataset.validation, directory)
            made.note(EVALUATION)
            yield evaluation


def animations_of(directory: Path) -> list[str]:
    """Return the names of the animations that an earlier run in that folder says it made."""
    files = _Made(directory, 0).files
    return [name for name in files if name.endswith(".gif") and Path(name).name == name]


class _Made:
    """Which files were made, of which step, and what they hold, kept beside them."""

    def __init__(self, directory: Path, step: int) -> None:
        self._directory = directory
        self._step = step
        try:
            files = read_state(directory / FINISHED).get("files")
        except DamagedError:  # all is made again
            files = None
        self.files: dict[str, object] = files if isinstance(files, dict) else {}

    def is_whole(self, name: str) -> bool:
        """Return whether the file is there as it was written, and of this step."""
        return name in self.files and self.files[name] == self._facts(name)

    def note(self, names: Sequence[str]) -> None:
        """Write down that these files were made just now."""
        self.files |= {name: self._facts(name) for name in names}
        with atomic_path(self._directory / FINISHED) as temporary:
            temporary.write_text(json.dumps({"files": self.files}, indent=2) + "\n")

    def _facts(self, name: str) -> dict[str, int] | None:
        path = self._directory / name
        try:
            if not path.is_file():  # a pipe would be waited on for ever
                return None
            with path.open("rb") as file:
                size = checksum = 0
                while part := file.read(1 << 20):
                    size, checksum = size + len(part), zlib.crc32(part, checksum)
        except OSError:
            return None
        return {"step": self._step, "bytes": size, "crc32": checksum}

"""Many runs on changed copies of one picture: the loop that all rescoring methods share.

Each picture is an `Experiment` of a known number of passes. They run in batches through the frozen forward,
with the explained class settled before anything is changed, and memory that does not grow with their number.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from kerasviz.errors import UnsupportedModelError
from kerasviz.explanation.found import Found, joined
from kerasviz.explanation.interpolation import resize
from kerasviz.explanation.request import Request
from kerasviz.explanation.settled import settle
from kerasviz.probe import (
    FrozenForward,
    ScoredBatch,
    Target,
    checked,
    frozen_forward,
    is_stream,
    leaves,
    uses_channels_first,
    with_parameters,
)


class Stopped(KeyboardInterrupt):
    """Ctrl-C during a rescoring method, with what is `found` so far; `explain` makes it an `Interrupted`."""

    def __init__(self, found: Found, message: str) -> None:
        super().__init__(message)
        self.found = found


class Experiment(abc.ABC):
    """The passes of one picture: `run` makes some of them, `map` says what they told so far.

    `count` is the number of passes, `layer` the path of the layer that the map is made of, `chosen` the value
    of options that were left to the method.
    """

    count: int
    layer: str | None = None
    chosen: Mapping[str, Any] | None = None

    @abc.abstractmethod
    def run(self, part: range) -> None:
        """Make the passes of these numbers, within 0..count - 1."""

    @abc.abstractmethod
    def map(self) -> np.ndarray:
        """Return the map `(*spatial)` by the passes made so far, at a size of the method's own."""

    def error(self) -> float | None:
        """Return how far the map may be off, where the method knows."""
        return None


class Sample:
    """One picture with its target settled.

    Attributes:
        pixels: float32 `(*spatial, C)`, channels last.
        inputs: everything the model is fed for it, each array with a first axis of 1.
        target: its score, with the class that the whole picture had.
        said: what the model said of the whole picture; arrays with a first axis of 1.
    """

    def __init__(
        self, forward: FrozenForward, inputs: Any, layout: _Layout, target: Target, said: ScoredBatch
    ) -> None:
        self.inputs = inputs
        self.target = target
        self.said = said
        self.pixels = layout.pixels(leaves(inputs)[layout.leaf])[0]
        self._layout = layout
        self._forward = forward

    def score(self, pixels: np.ndarray) -> np.ndarray:
        """Return the scores `(B,)` of copies of this picture with other pixels `(B, *spatial, C)`."""
        return self._forward.scores(self.fed(pixels), self.target)

    def fed(self, pixels: np.ndarray) -> Any:
        """Return what the model is fed for copies with other pixels."""
        arrays = [np.broadcast_to(leaf, (len(pixels), *leaf.shape[1:])) for leaf in leaves(self.inputs)]
        arrays[self._layout.leaf] = self._layout.leaf_of(pixels)
        return arrays[0] if len(arrays) == 1 else keras.tree.pack_sequence_as(self.inputs, arrays)


def rescore(
    request: Request, begin: Callable[[Sample], Experiment], precision: str, progress: bool, name: str
) -> Found:
    """Run an experiment for every picture of a request and return what they found.

    Args:
        request: what `explain` was asked.
        begin: makes the experiment of a sample.
        precision: `"float32"`, or `"bfloat16"` for speed on CPUs that compute in it.
        progress: whether to show a bar, from the first second on.
        name: what stands before the bar.

    Raises:
        Stopped: on Ctrl-C, with what is done so far.
        UnsupportedModelError: no input of the model is a picture.
    """
    forward = frozen_forward(request.model, precision)
    known = None if is_stream(request.images) else len(leaves(checked(request.model, request.images))[0])
    parts: list[Found] = []
    made = 0
    working: tuple[Experiment, Sample] | None = None
    with forward.held(), tqdm(desc=name, unit=" passes", disable=not progress, delay=1) as bar:
        try:
            for sample in samples(request, forward):
                experiment, _ = working = begin(sample), sample
                bar.total = known and known * experiment.count
                for start in range(0, experiment.count, request.batch_size):
                    part = range(start, min(start + request.batch_size, experiment.count))
                    experiment.run(part)
                    made += len(part)
                    bar.update(len(part))
                parts.append(_finished(experiment, sample, request.raw))
                working = None
        except KeyboardInterrupt:
            if not made:
                raise
            if working is not None:
                parts.append(_finished(*working, request.raw))
            parts.extend([_unknown(parts[0])] * ((known or 0) - len(parts)))
            done = f"{made} of {bar.total or 'an unknown number of'} passes"
            raise Stopped(joined(parts), f"{name} stopped after {done}.") from None
    return joined(parts)


def _finished(experiment: Experiment, sample: Sample, raw: bool) -> Found:
    size, error = sample.pixels.shape[:-1], experiment.error()
    found = experiment.map().astype(np.float32)
    maps = found[None] if raw or found.shape == size else resize(found[None], size)
    errors = None if error is None else np.array([error], np.float32)
    return Found.of(maps, sample.said, experiment.layer, errors, experiment.chosen)


def _unknown(part: Found) -> Found:
    """Return what is known of a picture that was not reached: nothing."""

    def nothing(values: np.ndarray) -> np.ndarray:
        return np.full_like(values, np.nan if values.dtype.kind == "f" else -1)

    return dataclasses.replace(
        part,
        maps=nothing(part.maps),
        scores=nothing(part.scores),
        classes=nothing(part.classes),
        outputs=keras.tree.map_structure(nothing, part.outputs),
        error=None if part.error is None else nothing(part.error),
    )


def samples(request: Request, forward: FrozenForward) -> Iterator[Sample]:
    """Yield every picture of a request with its target settled, by a run on the whole pictures."""
    model, target = request.model, request.target
    for batch, parameters in with_parameters(model, request.images, target, request.batch_size):
        layout = _Layout(model, batch)
        said, settled = settle(request, forward, layout.as_float(batch), parameters)
        for index in range(len(leaves(batch)[0])):
            row = slice(index, index + 1)
            inputs = keras.tree.map_structure(lambda leaf, at=row: np.asarray(leaf[at]), batch)
            scores, classes, outputs = keras.tree.map_structure(lambda values, at=row: values[at], said[:3])
            own = ScoredBatch(scores, classes, outputs, said.score_kind)
            yield Sample(forward, inputs, layout, settled.at(row), own)


class _Layout:
    """Which input of a model is the picture, and how its pixels lie there."""

    def __init__(self, model: keras.Model, batch: Any) -> None:
        ranks = [len(tensor.shape) for tensor in getattr(model, "inputs", None) or []]
        arrays = leaves(batch)
        if len(ranks) != len(arrays):
            ranks = [len(array.shape) for array in arrays]
        found = [at for at, rank in enumerate(ranks) if rank >= 3]
        if not found:
            raise UnsupportedModelError(
                f"Model {model.name} takes no picture: its inputs have {ranks} axes, and nothing to hide."
            )
        self.leaf = found[0]
        # Keras itself adds a channel axis of one.
        self._lacks_channels = len(arrays[self.leaf].shape) == ranks[self.leaf] - 1
        self._channels_first = uses_channels_first(model)

    def pixels(self, array: Any) -> np.ndarray:
        """Return the picture input as float32, channels last; a copy where anything has to change."""
        values = np.asarray(array, np.float32)
        if self._lacks_channels:
            return values[..., None]
        return np.moveaxis(values, 1, -1) if self._channels_first else values

    def leaf_of(self, pixels: np.ndarray) -> np.ndarray:
        """Return the model's input of these pixels."""
        if self._lacks_channels:
            return pixels[..., 0]
        return np.ascontiguousarray(np.moveaxis(pixels, -1, 1)) if self._channels_first else pixels

    def as_float(self, batch: Any) -> Any:
        """Return the batch with the picture as float32, as all changed copies are."""
        arrays = list(leaves(batch))
        arrays[self.leaf] = np.asarray(arrays[self.leaf], np.float32)
        return arrays[0] if len(arrays) == 1 else keras.tree.pack_sequence_as(batch, arrays)

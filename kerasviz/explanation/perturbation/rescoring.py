"""Many runs on changed copies of one picture: the loop that all rescoring methods share.

Each picture is an `Experiment` of a known number of passes. They run in batches through the frozen forward,
with the explained class settled before anything is changed, and memory that does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops
from tqdm import tqdm

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation.interpolation import resize
from kerasviz.explanation.request import Request
from kerasviz.probe import (
    FrozenForward,
    Scored,
    Target,
    checked,
    frozen_forward,
    is_stream,
    leaves,
    uses_channels_first,
    with_parameters,
)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a rescoring method; `maps` holds what is done so far.

    `maps` is float32 (N, ...): finished pictures whole, the one at work as far as it got (occlusion: NaN
    where nothing was hidden yet; the others: the estimate from the passes made), later ones NaN. Of a stream,
    whose length is not known, the later ones are missing.
    """

    def __init__(self, maps: np.ndarray, message: str) -> None:
        super().__init__(message)
        self.maps = maps


class Experiment(Protocol):
    """The passes of one picture: `run` makes some of them, `map` says what they told so far."""

    count: int

    def run(self, part: range) -> None:
        """Make the passes of these numbers, within 0..count - 1."""

    def map(self) -> np.ndarray:
        """Return the map `(*spatial)` by the passes made so far, at a size of the method's own."""


class Sample:
    """One picture with its target settled.

    Attributes:
        pixels: float32 `(*spatial, C)`, channels last.
        inputs: everything the model is fed for it, each array with a first axis of 1.
        target: its score, with the class that the whole picture had.
    """

    def __init__(self, forward: FrozenForward, inputs: Any, layout: _Layout, target: Target) -> None:
        self.inputs = inputs
        self.target = target
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
) -> np.ndarray:
    """Run an experiment for every picture of a request and return their maps, float32 `(N, ...)`.

    Args:
        request: what `explain` was asked.
        begin: makes the experiment of a sample.
        precision: `"float32"`, or `"bfloat16"` for speed on CPUs that compute in it.
        progress: whether to show a bar, from the first second on.
        name: what stands before the bar.

    Raises:
        Interrupted: on Ctrl-C, with what is done so far.
        UnsupportedModelError: no input of the model is a picture.
    """
    if request.batch_size < 1:
        raise InputError(f"Got batch_size={request.batch_size}; expected at least 1.")
    forward = frozen_forward(request.model, precision)
    known = None if is_stream(request.images) else len(leaves(checked(request.model, request.images))[0])
    maps: list[np.ndarray] = []
    working: tuple[Experiment, tuple[int, ...]] | None = None
    with forward.held(), tqdm(desc=name, unit=" passes", disable=not progress, delay=1) as bar:
        try:
            for sample in samples(request, forward):
                experiment, size = working = begin(sample), sample.pixels.shape[:-1]
                bar.total = known and known * experiment.count
                for start in range(0, experiment.count, request.batch_size):
                    part = range(start, min(start + request.batch_size, experiment.count))
                    experiment.run(part)
                    bar.update(len(part))
                maps.append(_finished(experiment, size, request.raw))
                working = None
        except KeyboardInterrupt:
            if working is not None:
                maps.append(_finished(*working, request.raw))
            if not maps:
                raise
            maps.extend([np.full_like(maps[0], np.nan)] * ((known or 0) - len(maps)))
            done = f"{bar.n} of {bar.total or 'an unknown number of'} passes"
            raise Interrupted(np.stack(maps), f"{name} stopped after {done}.") from None
    return np.stack(maps)


def _finished(experiment: Experiment, size: tuple[int, ...], raw: bool) -> np.ndarray:
    found = experiment.map().astype(np.float32)
    return found if raw or found.shape == size else resize(found[None], size)[0]


def samples(request: Request, forward: FrozenForward) -> Iterator[Sample]:
    """Yield every picture of a request, its target settled by a run on the whole picture where necessary."""
    model, target = request.model, request.target
    for batch, parameters in with_parameters(model, request.images, target, request.batch_size):
        layout = _Layout(model, batch)
        settled = _settle(forward, layout.as_float(batch), target, parameters)
        for index in range(len(leaves(batch)[0])):
            row = slice(index, index + 1)
            inputs = keras.tree.map_structure(lambda leaf, at=row: np.asarray(leaf[at]), batch)
            yield Sample(forward, inputs, layout, _Settled(target, [values[row] for values in settled]))


def explained_classes(request: Request) -> np.ndarray:
    """Return the class that a request explains for each picture, int32 `(N,)`; -1 where it is no class."""
    forward = frozen_forward(request.model)
    found = [
        forward.scores(batch, _ClassOf(request.target, parameters))
        for batch, parameters in with_parameters(
            request.model, request.images, request.target, request.batch_size
        )
    ]
    return np.concatenate(found).astype(np.int32)


def _settle(
    forward: FrozenForward, batch: Any, target: Target, parameters: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Return the parameters with the predicted classes of the whole pictures in place of "predicted"."""
    open_classes = [values.dtype == np.int32 and bool((values < 0).any()) for values in parameters]
    if not any(open_classes):
        return list(parameters)
    classes = forward.scores(batch, _ClassOf(target, parameters)).astype(np.int32)
    return [
        np.where(values < 0, classes, values) if is_open else values
        for values, is_open in zip(parameters, open_classes, strict=True)
    ]


class _Settled(Target):
    """Another target with parameters that are known, one row for every copy of a picture or one for each."""

    def __init__(self, inner: Target, values: Sequence[np.ndarray]) -> None:
        self.output, self.probability, self.whole = inner.output, inner.probability, inner.whole
        self._inner = inner
        self._values = values

    def key(self) -> tuple:
        return self._inner.key()

    def specs(self) -> list[tuple[list[int | None], str]]:
        return self._inner.specs()

    def parameters(self, model: keras.Model, count: int) -> list[np.ndarray]:
        return [v if len(v) == count else np.repeat(v, count, axis=0) for v in self._values]

    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        self._inner.check(shape, parameters)

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        return self._inner.score(explained, kind, *parameters)


class _ClassOf(_Settled):
    """The explained classes themselves in the place of their scores."""

    def key(self) -> tuple:
        return ("class of", *self._inner.key())

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        classes = self._inner.score(explained, kind, *parameters).classes
        return Scored(ops.cast(classes, "float32"), classes)


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

"""The target of a region: the mean score of a class over a mask."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasviz.errors import TargetError
from kerasviz.probe.class_scores import BY_RANK, Classes, check_classes, indices, shown, two_sided
from kerasviz.probe.dense import most_common, over_region, places
from kerasviz.probe.target import Said, Scored, Target

# The explained output, by its number of spatial axes.
_NEEDED = {1: "(N, w, classes)", 2: "(N, h, w, classes)", 3: "(N, d, h, w, classes)"}


@dataclass(frozen=True)
class RegionScore(Target):
    """The mean score of one class over a region of a map of scores: see `kerasviz.region_score`.

    `axes` is how many spatial axes the map has. `label` None is the class other than 0 that is predicted
    most within the region. Made by `settled`, a picture's mask may be empty: then there is no evidence.
    """

    mask: np.ndarray
    label: Classes | None = None
    output: int | str | None = None
    probability: bool = False
    class_names: Sequence[str] | None = None
    axes: int = 2

    def __repr__(self) -> str:
        which = "the predicted class" if self.label is None else repr(self.label)
        return f"RegionScore({which} in a mask of the shape {np.shape(self.mask)})"

    def key(self) -> tuple:
        """Return what decides whether two of them share one compiled function: not mask and label."""
        return ("region", self.axes, self.output, self.probability)

    def specs(self) -> list[tuple[list[int | None], str]]:
        """Return shape and dtype of classes and masks."""
        return [([None], "int32"), ([None] * (self.axes + 1), "float32")]

    def parameters(self, model: keras.Model, count: int) -> list[np.ndarray]:
        """Return each picture's class and mask."""
        mask = np.asarray(self.mask, np.float32)
        single = mask.ndim == self.axes
        if not single and (mask.ndim != self.axes + 1 or len(mask) != count):
            raise TargetError(f"Got a mask of shape {mask.shape}; expected (h, w), or ({count}, h, w).")
        mask = np.array(np.broadcast_to(mask, (count, *mask.shape[-self.axes :])))
        if not mask.any(axis=tuple(range(1, self.axes + 1))).all():
            raise TargetError("The region is empty: the mask needs at least one pixel that is not 0.")
        return [indices(self.label, model, self.class_names, count), mask]

    def settled(
        self, model: keras.Model, parameters: Sequence[np.ndarray], said: Said
    ) -> tuple[Target, list[np.ndarray]]:
        """Return the same with each picture's class."""
        # Where nothing but class 0 was predicted there is no class to look for in changed pictures either.
        none = (said.classes < 0).reshape(-1, *[1] * self.axes)
        return self, [said.classes, np.where(none, 0, parameters[1]).astype(np.float32)]

    def lasting(self) -> Target:
        """Return the same without the mask and what is asked for."""
        return dataclasses.replace(self, mask=np.empty(0), label=None, class_names=None)

    def check(self, shape: tuple[int | None, ...], parameters: Sequence[np.ndarray]) -> None:
        """Raise TargetError where the mask is of another size, or there is no such class."""
        size = parameters[1].shape[1:]
        if any(a is not None and a != b for a, b in zip(shape[1:-1], size, strict=True)):
            mask, output = ("x".join(map(str, sizes)) for sizes in (size, shape[1:-1]))
            raise TargetError(f"The mask is {mask}; the explained output is {output}.")
        check_classes(parameters[0], shape, self.class_names)

    def score(self, explained: Any, kind: str, *parameters: Any) -> Scored:
        """Return the scores of a batch."""
        if len(explained.shape) != self.axes + 2:
            shape = shown(explained.shape)
            raise TargetError(
                f"The explained output has shape {shape}; this region needs {_NEEDED[self.axes]}."
            )
        classes, mask = parameters
        count = two_sided(explained, kind).shape[-1]
        common = most_common(places(explained, kind), mask, count)
        return over_region(explained, kind, ops.where(classes == BY_RANK, common, classes), mask)

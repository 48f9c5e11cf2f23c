"""What a method finds for some pictures, before it becomes an `Explanation`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe import Said


@dataclass(frozen=True)
class Found:
    """The maps of some pictures, float32 `(N, ...)`, with what the model said of them.

    `layer` is the path of the layer that the maps are made of, `error` `(N,)` what the method declares in
    `Method.error`, `chosen` the value of options that were left to the method.
    """

    maps: np.ndarray
    scores: np.ndarray
    classes: np.ndarray
    outputs: Any
    score_kind: str
    layer: str | None = None
    error: np.ndarray | None = None
    chosen: Mapping[str, Any] | None = None

    @classmethod
    def of(
        cls,
        maps: np.ndarray,
        said: Said,
        layer: str | None = None,
        error: np.ndarray | None = None,
        chosen: Mapping[str, Any] | None = None,
    ) -> Found:
        """Return the maps with what the model said of their pictures.

        Raises:
            UnsupportedModelError: there are more or fewer maps than pictures.
        """
        if len(maps) != len(said.scores):
            raise UnsupportedModelError(
                f"{layer or 'The model'} answers {len(said.scores)} pictures with {len(maps)} maps: its "
                "first axis is not that of the pictures, as where windows of them are pictures of their own. "
                "Ask for a layer before or after these windows."
            )
        return cls(maps, said.scores, said.classes, said.outputs, said.score_kind, layer, error, chosen)


def joined(parts: Sequence[Found]) -> Found:
    """Return what was found for the pictures of all parts."""
    if len(parts) == 1:
        return parts[0]

    def join(name: str) -> Any:
        return keras.tree.map_structure(
            lambda *arrays: np.concatenate(arrays), *[getattr(part, name) for part in parts]
        )

    names = ["maps", "scores", "classes", "outputs", *(["error"] if parts[0].error is not None else [])]
    return dataclasses.replace(parts[0], **{name: join(name) for name in names})

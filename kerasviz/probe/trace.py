"""What one run of a probe saw."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasviz.probe.inputs import Batch, concatenated


@dataclasses.dataclass(frozen=True, repr=False)
class Trace:
    """What one run of a probe saw. All arrays are float32, feature maps with the channels last.

    Attributes:
        activations: `{path: (N, h, w, C)}`, or `(N, w, C)`, `(N, d, h, w, C)`, `(N, C)`.
        gradients: the derivative of each picture's score by its activations, of the same shapes.
        scores: `(N,)`, what was explained.
        classes: int32 `(N,)`, the explained class of each picture; -1 where the target is no class.
        outputs: what the model returned, in its own structure.
        score_kind: `"logit"` (before the final softmax or sigmoid), `"probability"` (after it), or
            `"output"` (the model's output as it is, where no such activation ends it).
        input_shapes: the shape of each input without the batch axis, channels last.
        images: what was run, in the model's own structure.
        linear: the layers in whose activations a score is linear, such as the input of a dense head; None
            where it is not known.
    """

    activations: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    scores: np.ndarray
    classes: np.ndarray
    outputs: Any
    score_kind: str
    input_shapes: Sequence[tuple[int, ...]]
    images: Batch = None
    linear: frozenset[str] | None = None

    def __repr__(self) -> str:
        shapes = ", ".join(f"{path} {values.shape[1:]}" for path, values in self.activations.items())
        return f"<{type(self).__name__} of {len(self.scores)} pictures, {self.score_kind}: {shapes}>"


def joined(traces: list[Trace]) -> Trace:
    """Return one trace of the pictures of all."""
    if len(traces) == 1:
        return traces[0]

    fields = ("activations", "gradients", "scores", "classes", "outputs", "images")
    together = {name: concatenated([getattr(trace, name) for trace in traces]) for name in fields}
    return dataclasses.replace(traces[0], **together)

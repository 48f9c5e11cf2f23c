"""What a method is given: the arguments of `explain`, the target made an object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kerasviz.bounds import check_numbers
from kerasviz.probe import LayerRequest, Target


@dataclass(frozen=True)
class Request:
    """What `explain` was asked: its arguments, the target made an object.

    `input_range` is what the caller says the model takes for black and white.
    """

    model: keras.Model
    images: Any
    layer: LayerRequest | None
    target: Target
    raw: bool
    batch_size: int
    input_range: Sequence[float] | None = None

    def __post_init__(self) -> None:
        check_numbers(batch_size=self.batch_size)

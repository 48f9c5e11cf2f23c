"""What every picture starts from: an array of real numbers, checked once."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasviz.errors import InputError


def as_numbers(values: Any, name: str = "values") -> np.ndarray:
    """Return `values` as a non-empty array of real numbers, without copying when it is one already.

    uint8, float32 and float64 stay as they are; other integers become float64; booleans and the half
    precisions (float16, bfloat16) become float32. NaN and infinities pass: what draws them says how.

    Raises:
        InputError: `values` is empty, ragged, complex, or not numeric.

    >>> as_numbers([[1, 2], [3, 4]]).dtype
    dtype('float64')
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind in "cOSUMm":
            raise TypeError(f"received the type {array.dtype}")
        if array.dtype not in (np.uint8, np.float32, np.float64):
            array = array.astype(np.float64 if array.dtype.kind in "iu" else np.float32)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be an array of real numbers: {error}.") from error
    if array.size == 0:
        raise InputError(f"{name} is empty (shape {array.shape}): there is nothing to draw.")
    return array

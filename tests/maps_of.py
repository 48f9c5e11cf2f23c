"""The maps of an explanation, where a test looks at nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasviz.explanation import explain


def maps_of(*args: Any, **options: Any) -> np.ndarray:
    """Return `explain(...).maps`."""
    return explain(*args, **options).maps

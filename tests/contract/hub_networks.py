"""Classifiers of keras_hub, which carry a preprocessor and take raw pictures of any size."""

from __future__ import annotations

import numpy as np
from model_kind import Case


def classifier(name: str) -> Case:
    # Here, so that the page can be written where keras_hub and what makes its tasks are absent.
    from hub_tasks import SIDE, hub_task

    raw = np.random.default_rng(1).integers(0, 256, (2, 40, 56, 3), np.uint8)
    return Case(hub_task(name), raw, (SIDE, SIDE), head="linear")

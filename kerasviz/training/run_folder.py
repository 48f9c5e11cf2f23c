"""The folder of a training: found again from a model file in it."""

from __future__ import annotations

import os
from pathlib import Path


def log_beside(model: str | os.PathLike[str]) -> Path | None:
    """Return the folder of a model file if a training's runs stand in it; None where there are none.

    >>> log_beside("resnet50") is None
    True
    """
    folder = Path(model).parent
    if Path(model).is_file() and any(folder.glob("train/*tfevents*")):
        return folder
    return None

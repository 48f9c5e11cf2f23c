"""Networks of the contract that come from files."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

from convolutional_networks import network
from model_kind import Case

from kerasviz.models import load_model


def from_file(name: str) -> Case:
    """Write a network, and open it again."""
    case = network()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras advises against .h5.
        warnings.simplefilter("ignore")
        case.model.save(Path(folder) / name)
        return Case(load_model(Path(folder) / name), case.images, case.size)

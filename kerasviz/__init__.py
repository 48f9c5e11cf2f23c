"""kerasviz: see inside Keras CNNs.

`import kerasviz as kv` is instant: every public name is imported when it is first used, and only then is
TensorFlow loaded. `dir(kv)` lists the names, `help(kv.NAME)` explains each.
"""

from __future__ import annotations

import importlib
from typing import Any

from kerasviz._version import __version__

# Public name -> the module that defines it.
_NAMES = {
    "Embedding": "kerasviz.embeddings",
    "Evaluator": "kerasviz.attribution",
    "Evolution": "kerasviz.training",
    "Probe": "kerasviz.probe",
    "Scale": "kerasviz.pictures",
    "Search": "kerasviz.attribution",
    "Trace": "kerasviz.probe",
    "TrainingLog": "kerasviz.training",
    "animate": "kerasviz.frames",
    "cam": "kerasviz.attribution",
    "cams": "kerasviz.training",
    "class_logit": "kerasviz.attribution",
    "class_names": "kerasviz.models",
    "class_score": "kerasviz.probe",
    "dead_filters": "kerasviz.training",
    "direction_activation": "kerasviz.attribution",
    "drift": "kerasviz.training",
    "embed": "kerasviz.embeddings",
    "embedding_figure": "kerasviz.pictures.figures",
    "explain": "kerasviz.attribution",
    "filter_activation": "kerasviz.attribution",
    "filter_tiles": "kerasviz.pictures",
    "integrate": "kerasviz.attribution",
    "kernel_figure": "kerasviz.filters",
    "kernels": "kerasviz.training",
    "layers": "kerasviz.probe",
    "load_model": "kerasviz.models",
    "maximize": "kerasviz.attribution",
    "neuron_activation": "kerasviz.attribution",
    "open_log": "kerasviz.frames",
    "overlay": "kerasviz.pictures",
    "read_image": "kerasviz.datasets",
    "read_images": "kerasviz.datasets",
    "region_score": "kerasviz.probe",
    "responses": "kerasviz.training",
    "sanity_check": "kerasviz.attribution",
    "sequential": "kerasviz.pictures",
    "sheet": "kerasviz.pictures",
    "sheet_frames": "kerasviz.attribution",
    "symmetric": "kerasviz.pictures",
    "top_class": "kerasviz.probe",
    "write_projector": "kerasviz.embeddings",
    "write_report": "kerasviz.report",
}
_ROOMS = (
    "attribution",
    "datasets",
    "embeddings",
    "errors",
    "filters",
    "frames",
    "models",
    "pictures",
    "probe",
    "report",
    "training",
)

__all__ = ["__version__", *sorted(_NAMES), *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in _ROOMS:
        value = importlib.import_module(f"kerasviz.{name}")
    else:
        raise AttributeError(f"module 'kerasviz' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

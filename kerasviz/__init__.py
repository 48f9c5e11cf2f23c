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
    "Evaluator": "kerasviz.trust",
    "Evolution": "kerasviz.watch",
    "Probe": "kerasviz.probe",
    "Scale": "kerasviz.pictures",
    "Search": "kerasviz.maximization",
    "Trace": "kerasviz.probe",
    "TrainingLog": "kerasviz.watch",
    "animate": "kerasviz.film",
    "cam": "kerasviz.explanation",
    "cams": "kerasviz.watch",
    "class_logit": "kerasviz.maximization",
    "class_names": "kerasviz.models",
    "class_score": "kerasviz.probe",
    "dead_filters": "kerasviz.watch",
    "direction_activation": "kerasviz.maximization",
    "drift": "kerasviz.watch",
    "embed": "kerasviz.embeddings",
    "embedding_figure": "kerasviz.pictures.figures",
    "explain": "kerasviz.explanation",
    "filter_activation": "kerasviz.maximization",
    "filter_tiles": "kerasviz.pictures",
    "integrate": "kerasviz.explanation",
    "kernel_figure": "kerasviz.layer_filters",
    "kernels": "kerasviz.watch",
    "layers": "kerasviz.probe",
    "load_model": "kerasviz.models",
    "maximize": "kerasviz.maximization",
    "neuron_activation": "kerasviz.maximization",
    "open_log": "kerasviz.events",
    "overlay": "kerasviz.pictures",
    "read_image": "kerasviz.images",
    "read_images": "kerasviz.images",
    "region_score": "kerasviz.probe",
    "responses": "kerasviz.watch",
    "sanity_check": "kerasviz.trust",
    "sequential": "kerasviz.pictures",
    "sheet": "kerasviz.pictures",
    "sheet_frames": "kerasviz.maximization",
    "symmetric": "kerasviz.pictures",
    "top_class": "kerasviz.probe",
    "write_projector": "kerasviz.embeddings",
    "write_report": "kerasviz.report",
}
_ROOMS = (
    "classification",
    "data",
    "embeddings",
    "errors",
    "events",
    "explanation",
    "film",
    "images",
    "layer_filters",
    "maximization",
    "models",
    "pictures",
    "probe",
    "report",
    "training",
    "trust",
    "watch",
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

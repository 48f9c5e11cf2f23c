"""Which device trains."""

from __future__ import annotations

import keras


def describe_devices() -> str:
    """Return a line that says which device will train; let TensorFlow take GPU memory as it needs it."""
    if keras.backend.backend() == "tensorflow":
        from kerasviz.training._tensorflow import grow_gpu_memory

        gpus = grow_gpu_memory()
    else:
        gpus = [name for name in keras.distribution.list_devices() if "cpu" not in name.lower()]
    return f"training on {', '.join(gpus)}" if gpus else "training on the CPU: no GPU was found"

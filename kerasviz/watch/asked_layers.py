"""Which kernels a source watches, of the layers that were asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from kerasviz.errors import UnsupportedModelError
from kerasviz.probe import Kernel, LayerRequest, has_kernel, layer_kernels, resolve

Asked = LayerRequest | Iterable[LayerRequest]


def kernels_of(model: keras.Model, asked: Asked) -> dict[str, Kernel]:
    """Return the kernels of the layers asked for, by what they are called in tags.

    That is the layer's path, and for a layer with several kernels `PATH/KERNEL`. A pattern stands for those
    of its layers that have a kernel (`"conv*"` passes over `conv1_pad` and `conv1_bn`); a layer asked for by
    name, index or object must have one.

    Raises:
        LayerNotFoundError: there is no such layer.
        UnsupportedModelError: a layer, or every layer of a pattern, has no kernel, or no weights yet.
    """
    requests: list[Any] = [asked] if isinstance(asked, str | keras.layers.Layer) else _as_list(asked)
    found: dict[str, Kernel] = {}
    for request in requests:
        calls = resolve(model, request)
        if isinstance(request, str) and any(sign in request for sign in "*?["):
            calls = tuple(call for call in calls if has_kernel(call.place.layer))
            if not calls:
                raise UnsupportedModelError(
                    f"No layer that matches {request!r} has a kernel; `kv.layers(model)` lists what there is."
                )
        for call in calls:
            kernels = layer_kernels(call.place.layer)
            for kernel in kernels:
                found[call.path if len(kernels) == 1 else f"{call.path}/{kernel.name}"] = kernel
    return found


def _as_list(asked: Any) -> list[Any]:
    try:
        return list(asked)
    except TypeError:
        return [asked]

"""What a run leaves as it was: random numbers, gradients, precision, training or evaluation."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

import keras
import torch

from kerasviz.probe.layers import walk


def modules_of(model: keras.Model) -> list[torch.nn.Module]:
    """Return the layers that set modules of PyTorch to evaluation where they are called so."""
    return [place.layer for place in walk(model) if isinstance(place.layer, keras.layers.TorchModuleWrapper)]


@contextlib.contextmanager
def keeping_losses(model: keras.Model) -> Iterator[None]:
    """Within the block, a call of the model in this thread does not forget the losses of the call before.

    Keras does so where a model is called from outside, also where the call adds none of its own.
    """
    thread, forget = threading.get_ident(), model._clear_losses
    # Not setattr: Keras tracks what is set on a layer.
    vars(model)["_clear_losses"] = lambda: None if threading.get_ident() == thread else forget()
    try:
        yield
    finally:
        vars(model).pop("_clear_losses", None)


@contextlib.contextmanager
def undisturbed(wrapped: Sequence[torch.nn.Module] = ()) -> Iterator[None]:
    """Within the block, no gradients and no autocast; after it, all is as before, after errors too.

    `wrapped` are those of `modules_of`.
    """
    modes = [(module, module.training) for outer in wrapped for module in outer.modules()]
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    device = keras.ops.convert_to_tensor(0).device.type
    try:
        with (
            torch.random.fork_rng(devices),
            torch.inference_mode(False),
            torch.no_grad(),
            torch.autocast(device, enabled=False)
            if torch.is_autocast_enabled(device)
            else contextlib.nullcontext(),
        ):
            yield
    finally:
        for module, mode in modes:
            module.training = mode

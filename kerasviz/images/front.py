"""What a model says of the pictures it takes: its own record, and the scaling at its front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasviz.errors import InputError

if TYPE_CHECKING:
    import keras

Range = tuple[float, float]
Run = Callable[[np.ndarray], Any]
# Layers and operations that change the value of a pixel by itself; and those that leave it as it is, with
# those whose names begin with Random. By name: most of the operations have no public class.
_SCALING = {
    "Add",
    "Divide",
    "Flip",
    "MeanSubtraction",
    "Multiply",
    "Normalization",
    "Rescaling",
    "Stack",
    "Subtract",
    "TrueDivide",
}
_PASSING = {
    "Activation",
    "Cast",
    "CenterCrop",
    "Concatenate",
    "Dropout",
    "GaussianNoise",
    "GetItem",
    "Identity",
    "InputLayer",
    "Resizing",
}
_USUAL = ((0.0, 255.0), (0.0, 1.0), (-1.0, 1.0))
_BYTES, _UNIT = _USUAL[:2]
# What ImageNet's pictures have on average, red, green and blue, and how they vary, in 0..1.
_IMAGENET_MEAN = np.array([0.485, 0.456, 0.406])
_IMAGENET_STD = np.array([0.229, 0.224, 0.225])


@dataclass(frozen=True)
class Said:
    """The values for black and white, low and high, and whether blue comes first."""

    low: float
    high: float
    blue_first: bool = False


@dataclass(frozen=True)
class Affine:
    """What is done to a pixel: channel c of the result is `scale[c] * pixel[source[c]] + offset[c]`."""

    source: np.ndarray
    scale: np.ndarray
    offset: np.ndarray

    def done(self, pixels: np.ndarray) -> np.ndarray:
        """Return what is made of pixels `(..., C)`, float32."""
        scale, offset = self.scale.astype(np.float32), self.offset.astype(np.float32)
        return pixels[..., self.source].astype(np.float32) * scale + offset

    def undone(self, values: np.ndarray) -> np.ndarray:
        """Return the pixels `(..., C)` that `values` `(..., C)` were made of."""
        pixels = np.empty(values.shape, np.float32)
        pixels[..., self.source] = (values - self.offset) / self.scale
        return pixels


def said_by(model: keras.Model, inputs: keras.KerasTensor | None, channel_axis: int) -> Said | None:
    """Return what `model` says of the values of its picture input, or None where it says nothing.

    In this order: `model.input_range`; the scaling with which the model begins, inside nested models too.
    Scaling counts where it leaves no doubt: from one of the usual ranges (0..255, 0..1, -1..1) to another; a
    mean and a deviation that only pictures in 0..255 have; ImageNet's own mean and deviation. A mean between
    0 and 1 alone says nothing: pictures in 0..1 may have it, and pictures in -1..1 too.
    """
    recorded = getattr(model, "input_range", None)
    if recorded is not None:
        return Said(*checked_range(recorded))
    if inputs is None:
        return None
    for layer, run in _front(model, inputs):
        recorded = getattr(layer, "input_range", None)
        if recorded is not None:
            return Said(*checked_range(recorded))
        if not _scales(layer):
            continue
        affine = measured(run, int(inputs.shape[channel_axis] or 3), channel_axis)
        said = None if affine is None else _judged(affine)
        if said:
            return said
    return None


def checked_range(given: Any) -> Range:
    """Return the values for black and white as two numbers.

    Raises:
        InputError: they are not two finite numbers, the smaller first.

    >>> checked_range([0, 1])
    (0.0, 1.0)
    """
    try:
        low, high = (float(value) for value in given)
    except (TypeError, ValueError):
        raise InputError(
            f"input_range is {given!r}; pass the values for black and white, such as (0, 1)."
        ) from None
    if not (np.isfinite([low, high]).all() and low < high):
        raise InputError(f"input_range is {given!r}; the first value must be the smaller, and both finite.")
    return low, high


def measured(run: Run, channels: int, channel_axis: int, size: tuple[int, int] = (4, 4)) -> Affine | None:
    """Return what `run` does to the pixels of pictures `(N, h, w, C)`, or `(N, C, h, w)`, of this size.

    It is seen on pictures of one colour. None where `run` is not affine in every pixel, mixes channels, or
    does not take the size.
    """
    import keras

    colors = np.concatenate([np.zeros((1, channels)), np.eye(channels), np.full((1, channels), 0.5)]) * 255
    flat = [channels if axis == channel_axis else 1 for axis in range(1, 4)]
    sizes = [channels, *size] if channel_axis == 1 else [*size, channels]
    pictures = np.broadcast_to(colors.reshape(-1, *flat), (len(colors), *sizes)).astype(np.float32)
    try:
        result = keras.ops.convert_to_numpy(run(pictures)).astype(np.float64)
    # A layer that wants one size, as a normalisation of every place by itself; backends raise what they like.
    except Exception:
        return None
    if result.ndim != 4:
        return None
    seen = np.moveaxis(result, channel_axis, -1).mean(axis=(1, 2))
    if seen.shape[1] != channels or not np.isfinite(seen).all():
        return None
    offset, slopes = seen[0], (seen[1:-1] - seen[0]) / 255
    source = np.abs(slopes).argmax(axis=0)
    scale = slopes[source, np.arange(channels)]
    rest = np.abs(slopes).sum(axis=0) - np.abs(scale)
    # Half precision rounds by up to one part in 256.
    slack = 1e-2 * 255 * np.abs(scale)
    straight = (np.abs(seen[-1] - offset - slopes.sum(axis=0) * 127.5) <= slack).all()
    apart = sorted(source.tolist()) == list(range(channels)) and (rest <= 1e-2 * np.abs(scale)).all()
    return Affine(source, scale, offset) if apart and straight and scale.all() else None


def _judged(affine: Affine) -> Said | None:
    """Return which pictures are scaled so, if only one kind is."""
    scale, offset = affine.scale, affine.offset
    for low, high in _USUAL:
        for new_low, new_high in (*_USUAL, (-0.5, 0.5)):
            factor = (new_high - new_low) / (high - low)
            # Some divide by 128 or 256 where others divide by 127.5 or 255.
            same = np.allclose(scale, factor, rtol=1e-2)
            placed = np.allclose(offset, new_low - factor * low, atol=1e-2 * (new_high - new_low))
            if same and placed and not np.isclose(factor, 1, rtol=1e-2):
                return Said(low, high)
    mean = np.empty_like(offset)
    mean[affine.source] = -offset / scale
    deviation = np.empty_like(offset)
    deviation[affine.source] = 1 / scale
    varied = ((deviation >= 5) & (deviation <= 128)).all() or np.allclose(deviation, 1, rtol=1e-2)
    if ((mean >= 10) & (mean <= 245)).all() and varied:
        return Said(*_BYTES, blue_first=_is_imagenet(mean[::-1] / 255))
    if _is_imagenet(mean) and np.allclose(deviation, _IMAGENET_STD, atol=2e-3):
        return Said(*_UNIT)
    if _is_imagenet(mean[::-1]) and np.allclose(deviation[::-1], _IMAGENET_STD, atol=2e-3):
        return Said(*_UNIT, blue_first=True)
    return None


def _is_imagenet(mean: np.ndarray) -> bool:
    # Half precision rounds a mean of 124 to whole numbers; the channels' means are further apart.
    return mean.shape == (3,) and np.allclose(mean, _IMAGENET_MEAN, atol=8e-3)


def _front(model: keras.Model, inputs: keras.KerasTensor) -> Iterator[tuple[Any, Run]]:
    """Yield what the picture goes through before any layer that mixes pixels, each with what has run by it.

    The functions take pictures of any size, and run the model up to that layer's output. Layers of nested
    models are among them.
    """
    if hasattr(model, "operations") or hasattr(model, "layers"):
        yield from _front_of(model, {id(inputs): lambda pictures: pictures})


def _front_of(model: keras.Model, runs: dict[int, Run]) -> Iterator[tuple[Any, Run]]:
    """Yield the same for one model; `runs`, by the ids of the tensors that are reached, is added to."""
    import keras

    for operation in model.layers if isinstance(model, keras.Sequential) else model.operations:
        call = _call_on(operation, runs)
        if call is None:
            continue
        made = call.output_tensors[0]
        if isinstance(operation, keras.Model):
            # A subclassed model does not say what is inside it.
            if len(call.input_tensors) == len(getattr(operation, "inputs", None) or ()) == 1:
                inner = {id(operation.inputs[0]): runs[id(call.input_tensors[0])]}
                yield from _front_of(operation, inner)
                if id(operation.outputs[0]) in inner:
                    runs[id(made)] = inner[id(operation.outputs[0])]
        elif _passes(operation):
            runs[id(made)] = _then(operation, call, {id(one): runs[id(one)] for one in call.input_tensors})
            yield operation, runs[id(made)]


def _call_on(operation: Any, runs: dict[int, Run]) -> Any:
    """Return the call of `operation` on tensors that are all reached, if it makes one tensor; else None."""
    for call in operation._inbound_nodes:
        if call.input_tensors and all(id(tensor) in runs for tensor in call.input_tensors):
            return call if len(call.output_tensors) == 1 else None
    return None


def _then(operation: Any, call: Any, before: dict[int, Run]) -> Run:
    """Return what runs `operation` as in `call`, after what comes before it."""
    import keras

    # What is random stands still; operations that are no layers know no training.
    still = {"training": False} if isinstance(operation, keras.layers.Layer) else {}

    def run(pictures: np.ndarray) -> Any:
        values = {tensor: one(pictures) for tensor, one in before.items()}
        args, kwargs = call.arguments.fill_in(values)
        return operation(*args, **{**kwargs, **still})

    return run


def _scales(operation: Any) -> bool:
    return bool(_kinds(operation) & _SCALING)


def _passes(operation: Any) -> bool:
    import keras

    if isinstance(operation, keras.layers.Activation):
        return operation.activation is keras.activations.linear
    return bool(_kinds(operation) & (_SCALING | _PASSING)) or type(operation).__name__.startswith("Random")


def _kinds(operation: Any) -> set[str]:
    return {kind.__name__ for kind in type(operation).__mro__}

"""Batch normalisation at inference: in one operation, or folded into the convolution before it.

Keras multiplies and adds in two operations; followed by a ReLU, each of the three walks through memory alone.
TensorFlow's own operation is one, and takes the ReLU along.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from kerasviz.probe.engine.tensorflow.derivatives import registered
from kerasviz.probe.layers import walk
from kerasviz.probe.tap import replaced

# TensorFlow's operation raises a smaller one to this.
_SMALLEST_EPSILON = 1.001e-5
_GRADIENT = "KerasvizFusedBatchNormV3"

Call = Callable[..., Any]


@contextlib.contextmanager
def fused_normalisation(model: keras.Model) -> Iterator[None]:
    """Within the block, a call of the model normalises its batches of pictures in one operation each.

    Only what `keras.layers.BatchNormalization` itself does to four axes, channels last, in inference; all
    else runs as it is. The model is restored when the block ends.
    """
    with replaced(_normalisations(model), _fused):
        yield


@contextlib.contextmanager
def folded_normalisation(
    model: keras.Model, weights: Sequence[tuple[keras.Variable, tf.Tensor]]
) -> Iterator[None]:
    """Within the block, a call of the model uses these weights, and convolutions that normalise.

        (W * x + b - mean) g + beta = (W g) * x + (b - mean) g + beta
        g = gamma / sqrt(variance + epsilon)

    x is a convolution's input, W and b its kernel and bias; the others are the normalisation's weights. W g
    is computed once, here. Where no convolution comes before, it is one operation, as in the block above.
    """
    convolutions: dict[int, _Convolved] = {}

    def noted(layer: keras.layers.Layer, call: Call) -> Call:
        def run(inputs: Any) -> Any:
            output = call(inputs)
            convolutions[id(output)] = _Convolved(output, layer, call, inputs)
            return output

        return run

    def folded(layer: keras.layers.Layer, call: Call) -> Call:
        otherwise = _fused(layer, call)

        def run(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
            before = convolutions.get(id(inputs))
            if before is None or not _fits(layer, inputs, training, mask) or layer.compute_dtype != "float32":
                return otherwise(inputs, training=training, mask=mask)
            return _convolve(before, layer)

        return run

    kernels = [place.layer for place in walk(model) if _foldable(place.layer)]
    with (
        keras.StatelessScope(state_mapping=weights),
        replaced(kernels, noted),
        replaced(_normalisations(model), folded),
    ):
        yield


class _Convolved(NamedTuple):
    output: Any
    layer: keras.layers.Layer
    call: Call
    inputs: Any


def _normalisations(model: keras.Model) -> list[keras.layers.Layer]:
    own = keras.layers.BatchNormalization.call
    return [place.layer for place in walk(model) if getattr(type(place.layer), "call", None) is own]


def _fits(layer: Any, inputs: Any, training: bool | None, mask: Any) -> bool:
    return (
        not training
        and mask is None
        and inputs.shape.rank == 4
        and layer.axis in (-1, 3)
        and layer.epsilon >= _SMALLEST_EPSILON
        and inputs.dtype in (tf.float16, tf.bfloat16, tf.float32)
    )


def _fused(layer: Any, call: Call) -> Call:
    def run(inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if not _fits(layer, inputs, training, mask):
            return call(inputs, training=training, mask=mask)
        mean, variance = (
            tf.cast(v, tf.float32) for v in (layer.moving_mean.value, layer.moving_variance.value)
        )
        scale = tf.cast(layer.gamma.value, tf.float32) if layer.scale else tf.ones_like(mean)
        offset = tf.cast(layer.beta.value, tf.float32) if layer.center else tf.zeros_like(mean)
        with tf.compat.v1.get_default_graph().gradient_override_map({"FusedBatchNormV3": _GRADIENT}):
            output = tf.compat.v1.nn.fused_batch_norm(
                tf.cast(inputs, tf.float32), scale, offset, mean, variance, layer.epsilon, is_training=False
            )[0]
        return tf.cast(output, layer.compute_dtype)

    return run


def _by_the_pictures(op: Any, gradient: Any, *_: Any) -> tuple:
    # The registered derivative also computes those by the weights, which nobody asked for.
    _, scale, _, _, variance = op.inputs
    return gradient * (scale * tf.math.rsqrt(variance + op.get_attr("epsilon"))), None, None, None, None


registered(_GRADIENT, _by_the_pictures)


def _kernel(layer: Any) -> Any:
    return layer.pointwise_kernel if isinstance(layer, keras.layers.SeparableConv2D) else layer.kernel


def _foldable(layer: Any) -> bool:
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.SeparableConv2D)
    return (
        type(layer) in kinds
        and layer.built
        and layer.compute_dtype == "float32"
        and layer.data_format == "channels_last"
        and layer.activation is keras.activations.linear
        # Not so where it is quantised or adapted (LoRA).
        and isinstance(_kernel(layer), keras.Variable)
    )


def _convolve(before: _Convolved, normalisation: Any) -> Any:
    """Run the convolution again, with weights that normalise; nothing uses its first run any more."""
    layer = before.layer
    kernel = _kernel(layer)
    with tf.init_scope():
        gain = tf.math.rsqrt(normalisation.moving_variance.value + normalisation.epsilon)
        if normalisation.scale:
            gain *= normalisation.gamma.value
        shift = -normalisation.moving_mean.value
        if layer.use_bias:
            shift += layer.bias.value
        shift *= gain
        if normalisation.center:
            shift += normalisation.beta.value
        # A depthwise kernel (h, w, C, multiplier) holds C x multiplier output channels.
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        weights = [(kernel, kernel.value * (tf.reshape(gain, kernel.shape[2:]) if depthwise else gain))]
    if layer.use_bias:
        weights.append((layer.bias, shift))
    others = [(v, v.value) for v in layer.variables if all(v is not known for known, _ in weights)]
    with keras.StatelessScope(state_mapping=[*weights, *others]):
        output = before.call(before.inputs)
    return output if layer.use_bias else tf.nn.bias_add(output, shift)

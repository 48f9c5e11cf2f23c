"""How much of each token flows into each other through the attention layers of a network.

All take the attention scores A of every layer, in order of execution, each `(N, heads, T, T)`: row i says how
much token i takes of each token. They return `(N, T, T)`, the same between the input's tokens and the last
layer's. Written with `keras.ops`, they run inside a compiled function as well as on arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import ops

# An array or a tensor of the backend.
Values = Any


def rollout(scores: Sequence[Values], gradients: Sequence[Values]) -> Values:
    """Return the product of all layers' attention, each with the connection around it.

    Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020, section 3:

        A_l = 1/2 mean_h A_lh + 1/2 I, rows of sum 1          R = A_L ... A_2 A_1

    Gradients have no part in it, and no class.

    >>> rollout([ops.array([[[[1.0, 0.0], [1.0, 0.0]]]])], []).numpy().tolist()
    [[[1.0, 0.0], [0.5, 0.5]]]
    """
    flow = _same_tokens(scores)
    for layer in scores:
        step = (ops.mean(layer, axis=1) + _same_tokens([layer])) / 2
        flow = ops.matmul(step / ops.sum(step, axis=-1, keepdims=True), flow)
    return flow


def gradient_attention(scores: Sequence[Values], gradients: Sequence[Values]) -> Values:
    """Return the attention of all layers, as far as it raises the score, added along the way.

    Chefer, Gur and Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal and
    Encoder-Decoder Transformers", ICCV 2021, equations 5 and 6:

        R = I, then for each layer R = R + mean_h ReLU(dY/dA_lh * A_lh) R

    I itself, which every network has, is taken away at the end: where no attention raises the score, the flow
    is 0.

    >>> scores = ops.array([[[[0.5, 0.5], [0.5, 0.5]]]])
    >>> gradient_attention([scores], [ops.array([[[[0.0, 4.0], [0.0, -4.0]]]])]).numpy().tolist()
    [[[0.0, 2.0], [0.0, 0.0]]]
    """
    start = flow = _same_tokens(scores)
    for layer, slope in zip(scores, gradients, strict=True):
        flow = flow + ops.matmul(ops.mean(ops.relu(slope * layer), axis=1), flow)
    return flow - start


def _same_tokens(scores: Sequence[Values]) -> Values:
    return ops.eye(scores[0].shape[-1], dtype="float32")[None]

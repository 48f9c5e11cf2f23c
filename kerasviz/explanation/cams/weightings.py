"""The CAM family: each method is one pure function from activations and gradients to weights.

All take `activations` A and `gradients` G = dY/dA of the explained score Y, both `(N, *spatial, C)` with one
to three spatial axes, arrays or tensors, and return weights, a tensor that broadcasts over them. Written
with `keras.ops`, they run inside a compiled function as well as on the arrays of a trace. Each method's map
is then

    L = sum_k w_k A_k                (and ReLU(L), unless the signed map is asked for)

Symbols: k counts the C channels, i (and j, l) the Z positions of a feature map, Y is the score of one class.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

# An array or a tensor of the backend.
Values = Any


def grad_cam(activations: Values, gradients: Values) -> Values:
    """Weigh each channel with its mean gradient.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
    ICCV 2017, equation 1:

        w_k = 1/Z sum_i G_ki

    Returns `(N, 1, ..., C)`.

    >>> grad_cam(ops.ones((1, 2, 1)), ops.array([[[1.0], [3.0]]])).numpy().tolist()
    [[[2.0]]]
    """
    return ops.mean(gradients, axis=_spatial(gradients), keepdims=True)


def grad_cam_plus_plus(activations: Values, gradients: Values) -> Values:
    """Weigh each channel with a weighted sum of its positive gradients.

    Chattopadhay et al., "Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep Convolutional
    Networks", WACV 2018. Equation 5 and, with a second and third derivative, equation 10:

        w_k  = sum_i a_ki ReLU(dY/dA_ki)
        a_ki = d2Y/dA_ki^2 / (2 d2Y/dA_ki^2 + sum_j A_kj d3Y/dA_ki^3)

    The derivation. The paper takes Y = exp(S) of the score S before the softmax, and S is piecewise linear in
    the feature maps of a ReLU network, so its own second derivatives vanish. With G = dS/dA:

        dY/dA = exp(S) G      d2Y/dA^2 = exp(S) G^2      d3Y/dA^3 = exp(S) G^3

    exp(S) cancels in a_ki, and so does G^2 where G is not 0:

        a_ki = 1 / (2 + G_ki sum_j A_kj)             w_k = exp(S) sum_i a_ki ReLU(G_ki)

    exp(S) is one positive factor for the whole picture; it overflows for S above 88 and is left out. Where G
    is 0 or negative the ReLU makes the product 0, whatever a_ki is. Only feature maps with negative values,
    which the paper does not have, can make a denominator of 0 or below where G is positive: a_ki is 0 there.

    The equations assume a logit; of a probability the map is a heuristic. Returns `(N, 1, ..., C)`.

    >>> a, g = ops.array([[[1.0], [3.0]]]), ops.array([[[0.5], [-1.0]]])
    >>> grad_cam_plus_plus(a, g).numpy().tolist()       # 0.5 / (2 + 0.5 * 4)
    [[[0.125]]]
    """
    axes = _spatial(gradients)
    denominator = 2 + ops.multiply(gradients, ops.sum(activations, axis=axes, keepdims=True))
    return ops.sum(_ratio(ops.relu(gradients), ops.relu(denominator)), axis=axes, keepdims=True)


def xgrad_cam(activations: Values, gradients: Values) -> Values:
    """Weigh each channel with its gradients, each in proportion to the activation there.

    Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs", BMVC 2020,
    equation 8:

        w_k = sum_i (A_ki / sum_j A_kj) G_ki

    A channel whose activations sum to 0 has weight 0. Returns `(N, 1, ..., C)`.

    >>> a, g = ops.array([[[1.0], [3.0]]]), ops.array([[[2.0], [-2.0]]])
    >>> xgrad_cam(a, g).numpy().tolist()                # (1 * 2 - 3 * 2) / 4
    [[[-1.0]]]
    """
    axes = _spatial(activations)
    weighted = ops.sum(activations * gradients, axis=axes, keepdims=True)
    return _ratio(weighted, ops.sum(activations, axis=axes, keepdims=True))


def layer_cam(activations: Values, gradients: Values) -> Values:
    """Weigh each position of each channel with its own positive gradient; fit for early layers too.

    Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE TIP 2021,
    equations 5 and 6:

        w_ki = ReLU(G_ki)

    Returns `(N, *spatial, C)`.

    >>> layer_cam(ops.ones((1, 2, 1)), ops.array([[[0.5], [-1.0]]])).numpy().tolist()
    [[[0.5], [0.0]]]
    """
    return ops.relu(gradients)


def hires_cam(activations: Values, gradients: Values) -> Values:
    """Weigh each position of each channel with its own gradient, of either sign.

    Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
    networks", 2020 (arXiv:2011.08891), equation 4:

        w_ki = G_ki

    Where the head is linear in the feature maps, the signed map sums to the score without its bias.
    Returns `(N, *spatial, C)`.

    >>> hires_cam(ops.ones((1, 2, 1)), ops.array([[[0.5], [-1.0]]])).numpy().tolist()
    [[[0.5], [-1.0]]]
    """
    return ops.convert_to_tensor(gradients)


def eigen_cam(activations: Values, gradients: Values) -> Values:
    """Project the activations on their first principal direction; no class and no gradient takes part.

    Muhammad and Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020, section
    III: with O the activations as a matrix of Z rows (positions) and C columns, not centred,

        O = U S V^T        w = V_1, the first right singular vector;     L = O V_1

    A singular vector has no sign of its own: it is chosen so that the map's sum is not negative.
    Returns `(N, 1, ..., C)`, each of length 1, or 0 where the activations are all 0.

    >>> eigen_cam(ops.array([[[3.0, 4.0], [6.0, 8.0]]]), None).numpy().round(3)
    array([[[0.6, 0.8]]], dtype=float32)
    """
    spatial, channels = activations.shape[1:-1], activations.shape[-1]
    matrices = ops.cast(ops.reshape(activations, (-1, math.prod(spatial), channels)), "float64")
    transposed = ops.transpose(matrices, (0, 2, 1))
    # Of the two Gram matrices the smaller one is decomposed: their largest eigenvalues are the same.
    if channels <= math.prod(spatial):
        vectors = ops.eigh(transposed @ matrices)[1][..., -1:]
    else:
        vectors = transposed @ ops.eigh(matrices @ transposed)[1][..., -1:]
    # A picture whose activations are all 0 has no direction.
    size = ops.sum(ops.abs(matrices), axis=(1, 2), keepdims=True)
    vectors = ops.where(size > 0, vectors, 0)
    sums = ops.sum(matrices @ vectors, axis=1, keepdims=True)
    vectors = ops.where(sums >= 0, vectors, -vectors)
    weights = _ratio(vectors, ops.sqrt(ops.sum(vectors**2, axis=1, keepdims=True)))
    return ops.cast(ops.reshape(weights, (-1, *[1] * len(spatial), channels)), "float32")


def cam(activations: Values, gradients: Values) -> Values:
    """Weigh each channel with the class's weight in the dense layer after global average pooling.

    Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, equation 2:

        w_k = the weight from channel k to the class

    Y = sum_k w_k / Z sum_i A_ki + b makes every gradient of a channel w_k / Z, so the weights are read from
    there, w_k = sum_i G_ki: Z times Grad-CAM's. That holds where Y is linear in A (also of several dense
    layers without an activation between them, which are one) and averages it, see `averages`.
    Returns `(N, 1, ..., C)`.

    >>> cam(ops.ones((1, 2, 1)), ops.array([[[0.5], [0.5]]])).numpy().tolist()
    [[[1.0]]]
    """
    return ops.sum(gradients, axis=_spatial(gradients), keepdims=True)


def averages(gradients: Values) -> Values:
    """Return for each picture whether its gradients are constant within every feature map.

    So they are where a score averages the feature maps.
    """
    axes = _spatial(gradients)
    spread = ops.max(gradients, axis=axes) - ops.min(gradients, axis=axes)
    largest = ops.max(ops.abs(gradients), axis=(*axes, -1))
    return ops.max(spread, axis=-1) <= 1e-3 * largest


def _spatial(values: Values) -> tuple[int, ...]:
    return tuple(range(1, len(values.shape) - 1))


def _ratio(numerator: Values, denominator: Values) -> Values:
    """Return the ratio, 0 where the denominator is 0."""
    zero = denominator == 0
    return ops.where(zero, 0, numerator / ops.where(zero, 1, denominator))

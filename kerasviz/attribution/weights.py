"""The CAM family: each method is one pure function from activations and gradients to weights.

All take `activations` A and `gradients` G = dY/dA of the explained score Y, both `(N, *spatial, C)` with one
to three spatial axes, and return weights that broadcast over them. The map of each method is then

    L = sum_k w_k A_k                (and ReLU(L), unless the signed map is asked for)

Symbols: k counts the C channels, i (and j, l) the Z positions of a feature map, Y is the score of one class.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kerasviz.errors import UnsupportedModelError

Weighting = Callable[[np.ndarray, np.ndarray], np.ndarray]


def grad_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Weigh each channel with its mean gradient.

    Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
    ICCV 2017, equation 1:

        w_k = 1/Z sum_i G_ki

    Returns `(N, 1, ..., C)`.

    >>> grad_cam(np.ones((1, 1, 2, 1)), np.array([1.0, 3.0]).reshape(1, 1, 2, 1)).ravel()
    array([2.])
    """
    return gradients.mean(axis=_spatial(gradients), keepdims=True)


def grad_cam_plus_plus(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
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

    >>> a, g = np.array([1.0, 3.0]), np.array([0.5, -1.0])
    >>> grad_cam_plus_plus(a.reshape(1, 2, 1), g.reshape(1, 2, 1)).ravel()      # 0.5 / (2 + 0.5 * 4)
    array([0.125])
    """
    denominator = 2 + gradients * activations.sum(axis=_spatial(activations), keepdims=True)
    counts = (gradients > 0) & (denominator > 0)
    alpha = np.divide(1, denominator, out=np.zeros_like(gradients), where=counts)
    return (alpha * np.maximum(gradients, 0)).sum(axis=_spatial(gradients), keepdims=True)


def xgrad_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Weigh each channel with its gradients, each in proportion to the activation there.

    Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs", BMVC 2020,
    equation 8:

        w_k = sum_i (A_ki / sum_j A_kj) G_ki

    A channel whose activations sum to 0 has weight 0. Returns `(N, 1, ..., C)`.

    >>> a, g = np.array([1.0, 3.0]), np.array([2.0, -2.0])
    >>> xgrad_cam(a.reshape(1, 2, 1), g.reshape(1, 2, 1)).ravel()               # (1 * 2 - 3 * 2) / 4
    array([-1.])
    """
    axes = _spatial(activations)
    total = activations.sum(axis=axes, keepdims=True)
    weighted = (activations * gradients).sum(axis=axes, keepdims=True)
    return np.divide(weighted, total, out=np.zeros_like(weighted), where=total != 0)


def layer_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Weigh each position of each channel with its own positive gradient; fit for early layers too.

    Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE TIP 2021,
    equations 5 and 6:

        w_ki = ReLU(G_ki)

    Returns `(N, *spatial, C)`.

    >>> layer_cam(np.ones((1, 2, 1)), np.array([0.5, -1.0]).reshape(1, 2, 1)).ravel()
    array([0.5, 0. ])
    """
    return np.maximum(gradients, 0)


def hires_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Weigh each position of each channel with its own gradient, of either sign.

    Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
    networks", 2020 (arXiv:2011.08891), equation 4:

        w_ki = G_ki

    Where the head is linear in the feature maps, the signed map sums to the score without its bias.
    Returns `(N, *spatial, C)`.

    >>> hires_cam(np.ones((1, 2, 1)), np.array([0.5, -1.0]).reshape(1, 2, 1)).ravel()
    array([ 0.5, -1. ])
    """
    return gradients


def eigen_cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Project the activations on their first principal direction; no class and no gradient takes part.

    Muhammad and Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020, section
    III: with O the activations as a matrix of Z rows (positions) and C columns, not centred,

        O = U S V^T        w = V_1, the first right singular vector;     L = O V_1

    A singular vector has no sign of its own: it is chosen so that the map's sum is not negative.
    Returns `(N, 1, ..., C)`, each of length 1, or 0 where the activations are all 0.

    >>> eigen_cam(np.array([[3.0, 4.0], [6.0, 8.0]]).reshape(1, 2, 2), np.zeros((1, 2, 2))).ravel().round(6)
    array([0.6, 0.8])
    """
    count, *spatial, channels = activations.shape
    matrices = activations.reshape(count, -1, channels).astype(np.float64)
    vectors = np.stack([_first_right_singular_vector(matrix) for matrix in matrices])
    return vectors.reshape(count, *[1] * len(spatial), channels).astype(activations.dtype)


def cam(activations: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Weigh each channel with the class's weight in the dense layer after global average pooling.

    Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, equation 2:

        w_k = the weight from channel k to the class

    Y = sum_k w_k / Z sum_i A_ki + b makes every gradient of a channel w_k / Z, so the weights are read from
    there, w_k = sum_i G_ki: Z times Grad-CAM's. Any head but pooling and one linear layer is refused.
    Returns `(N, 1, ..., C)`.

    Raises:
        UnsupportedModelError: the gradients differ within a feature map, so the head is another one.

    >>> cam(np.ones((1, 2, 1)), np.array([0.5, 0.5]).reshape(1, 2, 1)).ravel()
    array([1.])
    """
    axes = _spatial(gradients)
    spread = np.ptp(gradients, axis=axes)
    if (spread > 1e-3 * np.abs(gradients).max()).any():
        raise UnsupportedModelError(
            "CAM needs a network that ends in global average pooling and one dense layer after the target "
            "layer; this one does not: use grad_cam."
        )
    return gradients.sum(axis=axes, keepdims=True)


WEIGHTINGS: dict[str, Weighting] = {
    function.__name__: function
    for function in (grad_cam, grad_cam_plus_plus, xgrad_cam, layer_cam, hires_cam, eigen_cam, cam)
}


def _spatial(values: np.ndarray) -> tuple[int, ...]:
    return tuple(range(1, values.ndim - 1))


def _first_right_singular_vector(matrix: np.ndarray) -> np.ndarray:
    # Of the two Gram matrices the smaller one is decomposed: their eigenvalues are the same.
    rows, columns = matrix.shape
    if columns <= rows:
        vector = np.linalg.eigh(matrix.T @ matrix)[1][:, -1]
    else:
        vector = matrix.T @ np.linalg.eigh(matrix @ matrix.T)[1][:, -1]
    length = np.linalg.norm(vector)
    if not matrix.any() or length == 0:
        return np.zeros(columns)
    return vector / length * (1 if (matrix @ vector).sum() >= 0 else -1)

"""Each method against numbers worked out by hand from its paper, on two channels of 2 x 2 maps.

A_1 = [[1, 2], [0, 1]]   G_1 = [[1, -1], [2, 0]]         sums: A_1 4, G_1 2
A_2 = [[2, 0], [1, 1]]   G_2 = [[-1, 1], [-2, -2]]       sums: A_2 4, G_2 -4
"""

from __future__ import annotations

import numpy as np
import pytest

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.explanation import CAM, METHODS, Trace, find_method

A = np.array([[[1, 2], [2, 0]], [[0, 1], [1, 1]]], np.float32)[None]
G = np.array([[[1, -1], [-1, 1]], [[2, -2], [0, -2]]], np.float32)[None]


CAMS = [method.name for method in METHODS if method.family == CAM]


def trace(activations=A, gradients=G) -> Trace:
    one = np.ones(len(activations), np.float32)
    return Trace({"conv": activations}, {"conv": gradients}, one, one, one, "logit", ((4, 4, 3),))


# Grad-CAM: w = 2/4, -4/4.
# Grad-CAM++: w_1 = 1/(2+1*4) + 2/(2+2*4) = 11/30, w_2 = 1/(2+1*4) = 1/6.
# XGrad-CAM: w_1 = (1*1 + 2*-1 + 0 + 0)/4 = -1/4, w_2 = (2*-1 + 0 + 1*-2 + 1*-2)/4 = -3/2.
BY_HAND = {
    "grad_cam": [[0.5 - 2, 1 - 0], [0 - 1, 0.5 - 1]],
    "grad_cam_plus_plus": [[11 / 30 + 2 / 6, 22 / 30], [1 / 6, 11 / 30 + 1 / 6]],
    "xgrad_cam": [[-0.25 - 3, -0.5], [-1.5, -0.25 - 1.5]],
    "layer_cam": [[1, 0], [0, 0]],
    "hires_cam": [[1 - 2, -2], [-2, -2]],
}


@pytest.mark.parametrize("method", BY_HAND)
def test_literal_maps(method: str) -> None:
    signed = trace().cam(method, relu=False).maps
    assert signed.dtype == np.float32
    np.testing.assert_allclose(signed[0], BY_HAND[method], rtol=1e-6)
    np.testing.assert_allclose(trace().cam(method).maps[0], np.maximum(BY_HAND[method], 0), rtol=1e-6)


def test_eigen_cam_projects_on_the_first_direction() -> None:
    # Rows (positions) [1,2], [2,0], [0,1], [1,1]: the Gram matrix [[6, 3], [3, 6]] has the eigenvalues 9
    # and 3, the first with the vector (1, 1) / sqrt(2).
    np.testing.assert_allclose(
        trace().cam("eigen_cam").maps[0], np.array([[3, 2], [1, 2]]) / np.sqrt(2), rtol=1e-5
    )


@pytest.mark.parametrize("channels", [2, 9])
def test_eigen_cam_agrees_with_the_singular_value_decomposition(channels: int) -> None:
    activations = np.random.default_rng(0).normal(size=(3, 2, 3, channels)).astype(np.float32)
    found = trace(activations, activations).cam("eigen_cam", relu=False).maps
    for values, expected in zip(found, activations.reshape(3, 6, channels), strict=True):
        projected = expected @ np.linalg.svd(expected)[2][0]
        sign = 1 if projected.sum() >= 0 else -1
        np.testing.assert_allclose(values.ravel(), sign * projected, atol=1e-5)


def test_cam_reads_the_dense_weights_from_constant_gradients() -> None:
    constant = np.broadcast_to(np.array([0.5, -1.0], np.float32) / 4, A.shape)
    np.testing.assert_allclose(
        trace(A, constant).cam("cam", relu=False).maps[0], [[0.5 - 2, 1], [-1, 0.5 - 1]]
    )
    with pytest.raises(UnsupportedModelError, match="global average pooling"):
        trace().cam("cam")


def test_grad_cam_plus_plus_of_negative_maps_stays_finite() -> None:
    # 2 + G * sum A = 2 + 1 * -2 = 0, and below 0 for larger G.
    activations = np.full((1, 2, 1), -1, np.float32)
    for slope in (1.0, 3.0):
        gradients = np.full((1, 2, 1), slope, np.float32)
        assert not find_method("grad_cam_plus_plus").weighting.weights(activations, gradients).numpy().any()


@pytest.mark.parametrize("method", CAMS)
@pytest.mark.parametrize("spatial", [(5,), (3, 4), (2, 3, 4)])
def test_dead_maps_are_zero_in_any_dimension(method: str, spatial: tuple[int, ...]) -> None:
    zero = np.zeros((2, *spatial, 3), np.float32)
    assert trace(zero, zero).cam(method).maps.tolist() == np.zeros((2, *spatial)).tolist()


def test_several_layers_and_wrong_requests() -> None:
    both = Trace({"a": A, "b": 2 * A}, {"a": G, "b": G}, *[np.ones(1, np.float32)] * 3, "logit", ((4, 4, 3),))
    np.testing.assert_allclose(both.cam(layer="b"), 2 * np.asarray(both.cam(layer="a")))
    with pytest.raises(InputError, match=r"no method 'gradcam'\. Did you mean grad_cam\?"):
        trace().cam("gradcam")
    with pytest.raises(InputError, match="rise takes more than a trace"):
        trace().cam("rise")
    with pytest.raises(UnsupportedModelError, match="no spatial axis"):
        trace(A[:, 0, 0], G[:, 0, 0]).cam()

"""Given filters over a picture, against OpenCV and SciPy; the ready filters, against their formulas."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage, signal

from kerasviz.errors import InputError
from kerasviz.models import edge_filters, filter_bank, gabor, laplacian, line_filters, prewitt, sobel

BANKS = {
    "edges": edge_filters(),
    "lines": line_filters(),
    "sobel": sobel(),
    "prewitt": prewitt(),
    "laplacian": laplacian(),
    "gabor": gabor(size=9, orientations=3),
}


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (40, 53)).astype(np.float32)


def run(filters: np.ndarray, picture: np.ndarray, **settings: object) -> dict[str, np.ndarray]:
    batch = picture.reshape(1, *picture.shape[:2], -1)
    return {name: np.asarray(value)[0] for name, value in filter_bank(filters, **settings)(batch).items()}


@pytest.mark.parametrize("name", BANKS)
def test_valid_agrees_with_scipy_and_opencv(name: str, picture: np.ndarray):
    found = run(BANKS[name], picture)["conv"]
    for index, kernel in enumerate(BANKS[name]):
        expected = signal.correlate2d(picture.astype(np.float64), kernel, mode="valid")
        tolerance = 1e-6 * 255 * np.abs(kernel).sum()
        np.testing.assert_allclose(found[..., index], expected, atol=tolerance)
        # OpenCV keeps the size: cut the border off, at the anchor of the filter.
        top, left = kernel.shape[0] // 2, kernel.shape[1] // 2
        whole = cv2.filter2D(picture, cv2.CV_32F, kernel)
        inner = whole[top : top + expected.shape[0], left : left + expected.shape[1]]
        np.testing.assert_allclose(found[..., index], inner, atol=tolerance)


@pytest.mark.parametrize("name", BANKS)
def test_same_pads_with_zeros(name: str, picture: np.ndarray):
    found = run(BANKS[name], picture, padding="same")["conv"]
    assert found.shape == (*picture.shape, len(BANKS[name]))
    for index, kernel in enumerate(BANKS[name]):
        # An even filter's anchor is left of the middle in Keras, right of it in SciPy.
        origin = tuple(-1 if size % 2 == 0 else 0 for size in kernel.shape)
        expected = ndimage.correlate(picture.astype(np.float64), kernel, mode="constant", origin=origin)
        np.testing.assert_allclose(found[..., index], expected, atol=1e-6 * 255 * np.abs(kernel).sum())


def test_relu_and_pooling_follow(picture: np.ndarray):
    found = run(sobel(), picture, pool=3)
    np.testing.assert_array_equal(found["relu"], np.maximum(found["conv"], 0))
    height, width = (size // 3 for size in found["relu"].shape[:2])
    windows = found["relu"][: 3 * height, : 3 * width].reshape(height, 3, width, 3, 2)
    np.testing.assert_array_equal(found["pool"], windows.max(axis=(1, 3)))


def test_filters_with_channels():
    picture = np.random.default_rng(1).uniform(0, 1, (6, 7, 3)).astype(np.float32)
    filters = np.random.default_rng(2).normal(size=(2, 3, 3, 3)).astype(np.float32)
    found = run(filters, picture)["conv"]
    for index in range(2):
        expected = sum(
            signal.correlate2d(picture[..., c], filters[index, ..., c], mode="valid") for c in range(3)
        )
        np.testing.assert_allclose(found[..., index], expected, atol=1e-5)


def test_a_literal_step_edge():
    picture = np.zeros((4, 6), np.float32)
    picture[:, 3:] = 1
    found = run(edge_filters(), picture, pool=1)
    assert found["conv"][0, :, 0].tolist() == [4.0, 8.0, 4.0]
    assert found["conv"][0, :, 1].tolist() == [-4.0, -8.0, -4.0]
    assert found["conv"][0, :, 2].tolist() == [0.0, 0.0, 0.0]
    assert found["relu"][0, :, 1].tolist() == [0.0, 0.0, 0.0]


def test_the_photograph(real_data: Path):
    picture = cv2.imread(str(real_data / "images" / "udacity_sdc.png"), cv2.IMREAD_GRAYSCALE)
    assert picture.shape == (213, 320)
    found = run(edge_filters(), picture.astype(np.float32) / 255, pool=4)
    assert {name: value.shape for name, value in found.items()} == {
        "conv": (210, 317, 4),
        "relu": (210, 317, 4),
        "pool": (52, 79, 4),
    }
    expected = cv2.filter2D(picture.astype(np.float32) / 255, cv2.CV_32F, edge_filters()[2])
    np.testing.assert_allclose(found["conv"][..., 2], expected[2:212, 2:319], atol=1e-5)


def test_any_size_nothing_to_train_and_no_change_to_the_filters():
    filters = line_filters()
    model = filter_bank(filters)
    assert model.input_shape == (None, None, None, 1)
    assert model.trainable_weights == []
    assert model(np.zeros((2, 9, 11, 1), np.float32))["pool"].shape == (2, 1, 2, 4)
    np.testing.assert_array_equal(filters, line_filters())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": np.zeros((3, 3))}, r"their shape is \(3, 3\)"),
        ({"filters": np.zeros((0, 3, 3))}, r"their shape is \(0, 3, 3\)"),
        ({"filters": np.full((1, 3, 3), np.inf)}, "finite"),
        ({"filters": sobel(), "padding": "full"}, "'valid' or 'same'"),
        ({"filters": sobel(), "pool": 0}, "pool must be"),
    ],
)
def test_bad_arguments_are_refused(arguments: dict, message: str):
    with pytest.raises(InputError, match=message):
        filter_bank(**arguments)


@pytest.mark.parametrize("name", ["edges", "lines", "sobel", "prewitt", "laplacian"])
def test_a_plain_area_gives_zero(name: str):
    assert BANKS[name].dtype == np.float32
    assert BANKS[name].sum(axis=(1, 2)).tolist() == [0.0] * len(BANKS[name])


def test_line_filters_find_their_line():
    horizontal, vertical, diagonal, dot = line_filters()
    assert horizontal[3].tolist() == vertical[:, 3].tolist() == diagonal.diagonal().tolist() == [6.0] * 7
    assert horizontal[2].tolist() == [-1.0] * 7
    assert (dot[3, 3], dot[0, 0]) == (48, -1)
    answers = [
        [float((bank * (line > 0)).sum()) for line in line_filters()[:3]] for bank in line_filters()[:3]
    ]
    assert np.argmax(answers, axis=1).tolist() == [0, 1, 2]


def test_gabor_agrees_with_opencv():
    for settings in ({}, {"sigma": 2.5, "aspect": 0.8, "phase": 1.0}):
        found = gabor(size=15, wavelengths=(4, 7), orientations=6, **settings)
        assert found.shape == (12, 15, 15)
        for index, kernel in enumerate(found):
            wavelength, theta = (4, 7)[index // 6], (index % 6) * np.pi / 6
            sigma = settings.get("sigma", 0.56 * wavelength)
            # OpenCV's kernel runs from the positive end to the negative: it is turned by half a turn.
            reference = cv2.getGaborKernel(
                (15, 15), sigma, theta, wavelength, settings.get("aspect", 0.5), settings.get("phase", 0.0)
            )
            np.testing.assert_allclose(kernel, reference[::-1, ::-1], atol=1e-6)


@pytest.mark.parametrize(
    "arguments", [{"size": 4}, {"orientations": 0}, {"wavelengths": ()}, {"sigma": 0}, {"aspect": -1}]
)
def test_bad_gabor_arguments_are_refused(arguments: dict):
    with pytest.raises(InputError, match=r"odd number|must be positive"):
        gabor(**arguments)

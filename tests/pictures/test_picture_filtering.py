from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasviz.errors import ImageError, InputError
from kerasviz.images import as_gray
from kerasviz.pictures import filter_image


def reference(image: np.ndarray, tile: np.ndarray, padding: str) -> np.ndarray:
    """Correlation by its definition, padded as Keras does: the odd zero goes after."""
    rows, columns = tile.shape
    if padding == "same":
        top, left = (rows - 1) // 2, (columns - 1) // 2
        image = np.pad(image, ((top, rows - 1 - top), (left, columns - 1 - left)))
    windows = np.lib.stride_tricks.sliding_window_view(image, tile.shape)
    return np.einsum("yxij,ij->yx", windows, tile)


def test_the_filter_is_not_flipped() -> None:
    image = np.array([[0.0, 0.0, 0.5, 1.0]])
    forward = np.array([[[-1.0, 0.0, 1.0]]])
    assert filter_image(image, forward).tolist() == [[[0.0, 0.5, 1.0, -0.5]]]
    assert filter_image(image, forward, padding="valid").tolist() == [[[0.5, 1.0]]]


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (4, 4), (2, 5), (7, 7), (12, 12)])
def test_against_the_definition(size: tuple[int, int], padding: str) -> None:
    rng = np.random.default_rng(0)
    image, tiles = rng.random((20, 17)), rng.normal(size=(3, *size))
    result = filter_image(image, tiles, padding)
    assert result.dtype == np.float32
    expected = np.stack([reference(image, tile, padding) for tile in tiles])
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, atol=1e-4)


def test_rgb_is_filtered_color_by_color() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (9, 8, 3)).astype(np.uint8)
    tiles = rng.normal(size=(2, 3, 3, 3))
    result = filter_image(image, tiles)
    assert result.shape == (2, 9, 8, 3)
    for color in range(3):
        expected = reference(image[:, :, color] / 255.0, tiles[1, :, :, color], "same")
        np.testing.assert_allclose(result[1, :, :, color], expected, atol=1e-5)


def test_sobel_like_filter_on_a_photograph(real_data: Path) -> None:
    gray = as_gray(cv2.imread(str(real_data / "images" / "udacity_sdc.png"))[:, :, ::-1].copy())
    tile = np.array([[-1, -1, 1, 1]] * 4, np.float32)
    result = filter_image(gray, tile[None], padding="valid")
    assert result.shape == (1, 210, 317)
    np.testing.assert_allclose(result[0], reference(gray / 255.0, tile, "valid"), atol=1e-5)


@pytest.mark.parametrize(
    ("image", "tiles", "padding", "error", "word"),
    [
        (np.zeros((5, 5)), np.zeros((2, 3, 3, 3)), "same", InputError, "as_gray"),
        (np.zeros((5, 5, 3)), np.zeros((2, 3, 3)), "same", InputError, "as_gray"),
        (np.zeros((5, 5)), np.zeros((3, 3)), "same", InputError, "tiles"),
        (np.zeros((5, 5)), np.full((1, 3, 3), np.nan), "same", InputError, "NaN"),
        (np.zeros((5, 2)), np.zeros((1, 3, 3)), "valid", InputError, "do not fit"),
        (np.zeros((5, 5)), np.zeros((1, 3, 3)), "full", InputError, "padding"),
        (np.full((5, 5), 200.0), np.zeros((1, 3, 3)), "same", ImageError, "0..1"),
    ],
)
def test_what_does_not_fit_is_refused(
    image: np.ndarray, tiles: np.ndarray, padding: str, error: type, word: str
) -> None:
    with pytest.raises(error, match=word):
        filter_image(image, tiles, padding)

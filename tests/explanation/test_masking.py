"""Windows, random masks and fills, against numbers worked out by hand and against OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.explanation import filled
from kerasviz.explanation.perturbation.masking import few_windows, random_masks, window_starts, windows


def test_windows_cover_every_pixel() -> None:
    for length, patch, stride in [(7, 3, 3), (8, 3, 2), (5, 5, 1), (9, 4, 4)]:
        shown = np.zeros((length, length + 2), int)
        for window in windows(shown.shape, [patch] * 2, [stride] * 2)[0]:
            assert shown[window].shape == (patch, patch)
            shown[window] += 1
        assert (shown > 0).all()


@pytest.mark.parametrize(("patch", "stride"), [(0, 1), (9, 1), (3, 0), (3, 4)])
def test_window_refusals(patch: int, stride: int) -> None:
    with pytest.raises(InputError, match="expected 1 to"):
        window_starts(8, patch, stride)


def test_a_giant_patch_takes_no_memory() -> None:
    assert few_windows((8, 8), 10**30, None, 1000)[0] == [10**30] * 2


@pytest.mark.parametrize(
    ("size", "patch", "stride"),
    [
        ((224, 224), [28, 28], [14, 14]),  # 15 x 15 = 225, as ever
        ((64, 64), [8, 8], [4, 4]),
        ((5, 5), [1, 1], [1, 1]),
        ((64, 64, 64), [11] * 3, [6] * 3),  # 10 x 10 x 10; an eighth takes 15 x 15 x 15
        ((32, 31, 30), [5] * 3, [3] * 3),  # 10 x 10 x 10; an eighth, 3, takes 16 x 15 x 15
        ((8, 100_000), [8, 199], [8, 100]),  # 1 x 1000: larger than the shorter side
    ],
)
def test_windows_by_default(size, patch, stride) -> None:
    assert few_windows(size, None, None, 1000) == (patch, stride)
    found, counts = windows(size, patch, stride)
    assert len(found) == np.prod(counts) <= 1000
    shown = np.zeros(size, bool)
    for window in found:
        shown[window] = True
    assert shown.all()


def test_what_is_asked_of_windows_counts() -> None:
    assert few_windows((64, 64), 3, 1, 1000) == ([3, 3], [1, 1])
    assert few_windows((64, 64), None, 2, 1000) == ([8, 8], [2, 2])
    assert few_windows((64, 64), 5, None, 1000) == ([5, 5], [3, 3])
    # Half of the patch, 2, takes 32 x 32; no stride takes fewer than the patch itself.
    assert few_windows((64, 64), 3, None, 1000) == ([3, 3], [3, 3])
    assert few_windows((640, 640), 4, None, 1000) == ([4, 4], [4, 4])


def test_fills() -> None:
    pixels = np.arange(2 * 2 * 2, dtype=np.float32).reshape(2, 2, 2)
    assert filled(pixels, "zero").tolist() == np.zeros((2, 2, 2)).tolist()
    assert filled(pixels, "mean").tolist() == [[[3, 4], [3, 4]], [[3, 4], [3, 4]]]
    with pytest.raises(InputError, match="zero, mean, blur"):
        filled(pixels, "noise")


def test_blur_agrees_with_opencv_far_from_the_edges() -> None:
    pixels = np.random.default_rng(0).random((160, 160, 2), dtype=np.float32)
    reference = cv2.GaussianBlur(pixels, (121, 121), 10)
    inner = slice(62, 98)
    np.testing.assert_allclose(filled(pixels, "blur")[inner, inner], reference[inner, inner], atol=1e-5)
    constant = np.full((16, 8, 3), 7, np.float32)
    np.testing.assert_allclose(filled(constant, "blur"), constant, rtol=1e-5)


def test_random_masks_against_opencv() -> None:
    masks = random_masks((20, 33), range(2, 5), cells=4, keep=0.4, seed=9)
    for mask, number in zip(masks, range(2, 5), strict=True):
        rng = np.random.default_rng([9, number])
        grid = (rng.random((4, 4)) < 0.4).astype(np.float32)
        y, x = rng.integers(0, [5, 9])
        large = cv2.resize(grid, (5 * 9, 5 * 5), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(mask, large[y : y + 20, x : x + 33], atol=1e-5)


def test_random_masks_show_the_wanted_share() -> None:
    masks = random_masks((16, 16), range(3000), cells=4, keep=0.3, seed=0)
    assert masks.min() >= 0
    assert masks.max() <= 1
    np.testing.assert_allclose(masks.mean(axis=0), 0.3, atol=0.05)


def test_random_masks_of_one_and_three_axes() -> None:
    assert random_masks((10,), range(2), 3, 0.5, 0).shape == (2, 10)
    assert random_masks((6, 7, 8), range(2), 3, 0.5, 0).shape == (2, 6, 7, 8)

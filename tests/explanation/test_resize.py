from __future__ import annotations

import cv2
import numpy as np
import pytest

from kerasviz.explanation import resize


@pytest.mark.parametrize("size", [(13, 9), (3, 20), (5, 4), (2, 2), (1, 1)])
def test_agrees_with_opencv(size: tuple[int, int]) -> None:
    maps = np.random.default_rng(0).random((2, 5, 4), np.float32)
    for found, values in zip(resize(maps, size), maps, strict=True):
        np.testing.assert_allclose(
            found, cv2.resize(values, size[::-1], interpolation=cv2.INTER_LINEAR), atol=1e-6
        )


def test_one_and_three_axes_and_single_pixels() -> None:
    assert resize(np.array([[2.0]]), [3]).tolist() == [[2.0, 2.0, 2.0]]
    cube = np.arange(8, dtype=np.float32).reshape(1, 2, 2, 2)
    found = resize(cube, (4, 2, 2))
    np.testing.assert_allclose(found[0, :, 0, 0], [0, 1, 3, 4])
    np.testing.assert_allclose(found[0, 0], cube[0, 0])

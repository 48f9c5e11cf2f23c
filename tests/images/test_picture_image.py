from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasviz.errors import ImageError, InputError
from kerasviz.images import as_gray, as_rgb, as_uint8, upscale, write_png


def test_ranges() -> None:
    assert as_uint8(np.array([[0.0, 0.2, 1.0]], np.float32)).tolist() == [[0, 51, 255]]
    assert as_uint8(np.array([[[3], [255]]], np.uint8)).tolist() == [[3, 255]]


@pytest.mark.parametrize(
    "image",
    [
        np.array([[0.0, 255.0]]),
        np.array([[-0.1, 1.0]]),
        np.array([[np.nan, 1.0]]),
        np.array([[0, 255]], np.int32),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros(3, np.uint8),
        np.zeros((0, 4), np.uint8),
        "picture.png",
    ],
)
def test_ambiguous_images_are_refused(image: object) -> None:
    with pytest.raises(ImageError):
        as_uint8(image)


def test_gray_and_rgb() -> None:
    primaries = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert as_gray(primaries).tolist() == [[76, 150, 29]]
    assert as_rgb(np.array([[7]], np.uint8)).tolist() == [[[7, 7, 7]]]


def test_upscale() -> None:
    assert upscale(np.array([[1], [2]]), 2).tolist() == [[1, 1], [1, 1], [2, 2], [2, 2]]
    with pytest.raises(InputError, match="factor"):
        upscale(np.zeros((1, 1)), 0)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1)])
def test_a_written_file_decodes_to_the_image(tmp_path: Path, shape: tuple[int, ...]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    write_png(tmp_path / "new" / "a.png", image)
    decoded = cv2.imread(str(tmp_path / "new" / "a.png"), cv2.IMREAD_UNCHANGED)
    assert (decoded[..., ::-1] == image).all() if image.ndim == 3 else (decoded == image).all()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.png"]


def test_a_refused_image_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"before")
    with pytest.raises(ImageError):
        write_png(path, np.full((2, 2), 9.0))
    assert path.read_bytes() == b"before"
    with pytest.raises(InputError, match=r"\.png"):
        write_png(tmp_path / "a.jpg", np.zeros((2, 2)))

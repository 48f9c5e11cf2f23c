from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kerasviz.errors import ImageError, InputError
from kerasviz.images import check_image, find_images, read_image, read_images, resize_image

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def save(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)
    return path


def test_png_is_read_exactly(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    path = save(tmp_path / "a.png", Image.fromarray(pixels))
    image = read_image(path)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, pixels)
    assert image.flags.writeable


@pytest.mark.parametrize(
    ("ending", "kind"), [("jpg", "PNG"), ("png", "GIF"), ("mat", "BMP"), ("txt", "WEBP")]
)
def test_content_decides_not_the_ending(tmp_path: Path, ending: str, kind: str) -> None:
    path = save(tmp_path / f"a.{ending}", Image.new("RGB", (4, 3), RED), format=kind)
    np.testing.assert_allclose(read_image(path)[0, 0], RED, atol=2)


def test_16_bit_grey_keeps_its_upper_8_bits(tmp_path: Path) -> None:
    values = np.array([[0, 255, 256, 0x7FFF, 0x8000, 0xFFFF]], np.uint16)
    path = save(tmp_path / "a.png", Image.fromarray(values))
    assert read_image(path, channels=1)[0, :, 0].tolist() == [0, 0, 1, 0x7F, 0x80, 0xFF]
    assert read_image(path)[0, 4].tolist() == [0x80] * 3


def test_16_bit_rgb_png(tmp_path: Path) -> None:
    import cv2

    blue_green_red = np.array([[[0x1234, 0x8000, 0xFFFF]]], np.uint16)
    assert cv2.imwrite(str(tmp_path / "a.png"), blue_green_red)
    np.testing.assert_allclose(read_image(tmp_path / "a.png")[0, 0], [0xFF, 0x80, 0x12], atol=1)


@pytest.mark.parametrize(("mode", "value"), [("F", 0.5), ("I", 70000)])
def test_32_bits_a_channel_are_refused(tmp_path: Path, mode: str, value: float) -> None:
    path = save(tmp_path / "a.tif", Image.new(mode, (3, 3), value))
    with pytest.raises(ImageError, match=r"a\.tif has 32 bits a channel.*save it with 8 or 16 bits"):
        read_image(path)
    assert check_image(path) == "32 bits a channel"


def test_cmyk_jpeg_becomes_rgb(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.new("RGB", (16, 16), GREEN).convert("CMYK"), quality=95)
    with Image.open(path) as picture:
        assert picture.mode == "CMYK"
    np.testing.assert_allclose(read_image(path)[8, 8], GREEN, atol=6)


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16] = RED
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    path = save(tmp_path / "a.jpg", Image.fromarray(pixels), exif=exif, quality=100, subsampling=0)
    image = read_image(path)
    assert image.shape == (32, 16, 3)
    np.testing.assert_allclose(image[4, 8], RED, atol=4)
    np.testing.assert_allclose(image[28, 8], (0, 0, 0), atol=4)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_parts_are_laid_on_white(tmp_path: Path, mode: str) -> None:
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 255))
    picture.putpixel((1, 0), (0, 0, 0, 0))
    path = save(tmp_path / "a.png", picture.convert(mode) if mode != "RGBA" else picture)
    assert read_image(path).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_half_transparent_red_on_white(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.new("RGBA", (1, 1), (255, 0, 0, 128)))
    np.testing.assert_allclose(read_image(path)[0, 0], (255, 127, 127), atol=1)


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), color) for color in (BLUE, RED, GREEN)]
    path = save(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    with Image.open(path) as picture:
        assert picture.n_frames == 3
    assert read_image(path)[0, 0].tolist() == list(BLUE)


def test_grey_into_rgb_and_reverse(tmp_path: Path) -> None:
    grey = save(tmp_path / "grey.png", Image.new("L", (2, 2), 77))
    assert read_image(grey)[1, 1].tolist() == [77, 77, 77]
    color = save(tmp_path / "color.png", Image.new("RGB", (2, 2), (255, 0, 0)))
    assert read_image(color, channels=1)[0, 0].tolist() == [76]  # 0.299 * 255
    with pytest.raises(InputError, match="channels is 4"):
        read_image(color, channels=4)


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (20000, 10)])
def test_extreme_sizes(tmp_path: Path, shape: tuple[int, int]) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(np.full((*shape, 3), 90, np.uint8)))
    assert read_image(path).shape == (*shape, 3)
    small = read_image(path, size=(24, 32))
    assert small.shape == (24, 32, 3)
    assert (small == 90).all()


def test_shrinking_weighs_every_pixel() -> None:
    stripes = np.zeros((10, 20000), np.uint8)
    stripes[:, ::2] = 200
    np.testing.assert_array_equal(resize_image(stripes, (20, 50)), 100)
    channel = resize_image(np.zeros((4, 4, 1), np.uint8), 2)
    assert channel.shape == (2, 2, 1)


@pytest.mark.parametrize("size", [0, -1, (3,), (2, 0), 1.5])
def test_impossible_size(size: object) -> None:
    with pytest.raises((InputError, TypeError)):
        resize_image(np.zeros((4, 4, 3), np.uint8), size)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_cut_off_picture_is_damaged(tmp_path: Path, kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    whole = save(tmp_path / "whole", Image.fromarray(pixels), format=kind).read_bytes()
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r"cut\.jpg"):
        read_image(path)
    assert check_image(path) in ("damaged", "not a picture")
    assert check_image(tmp_path / "whole") is None


def test_what_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "note.jpg"
    for content in (b"", b"just words", b"\x89PNG\r\n\x1a\n", b"MATLAB 5.0 MAT-file"):
        path.write_bytes(content)
        with pytest.raises(ImageError, match=r"note\.jpg"):
            read_image(path)
    with pytest.raises(ImageError, match="does not exist"):
        read_image(tmp_path / "absent.png")
    with pytest.raises(ImageError):
        read_image(tmp_path)


def test_a_picture_too_large_to_be_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "bomb.png", Image.new("L", (300, 300)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageError, match=r"bomb\.png"):
        read_image(path)


def test_folders_are_walked_in_natural_order(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("in/b_10.png", "in/b_9.png", "in/deep/c.png", "a.png", ".dot.png", ".hidden/x.png"):
        save(tmp_path / name, Image.new("L", (2, 2)))
    names = [str(path.relative_to(tmp_path)) for path in find_images(tmp_path)]
    assert names == ["a.png", "in/b_9.png", "in/b_10.png", "in/deep/c.png"]
    assert find_images([tmp_path / "a.png", tmp_path / "in" / "deep"]) == [
        tmp_path / "a.png",
        tmp_path / "in" / "deep" / "c.png",
    ]
    with pytest.raises(ImageError, match="does not exist"):
        find_images(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="No file"):
        find_images(tmp_path / "empty")


def test_a_set_names_what_it_leaves_out(tmp_path: Path) -> None:
    save(tmp_path / "a.png", Image.new("RGB", (6, 3), RED))
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    save(tmp_path / "c.png", Image.new("L", (2, 2), 9))
    result = read_images(tmp_path, 4)
    assert result.images.shape == (2, 4, 4, 3)
    assert result.images[1, 0, 0].tolist() == [9, 9, 9]
    assert [path.name for path in result.paths] == ["a.png", "c.png"]
    assert [(path.name, why) for path, why in result.skipped] == [("b.jpg", "not a picture")]
    with pytest.raises(ImageError, match="None of 1 files is a picture"):
        read_images(tmp_path / "b.jpg", 4)

"""Picture files that are made to fill the memory, or to start a program."""

from __future__ import annotations

import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from kerasviz.errors import ImageError
from kerasviz.events.image_summary import decode_picture
from kerasviz.images import check_image, encode_png, fits_the_memory, read_image, read_images

READ_WITHIN = """
import resource, sys, warnings
warnings.simplefilter("ignore")
from kerasviz.errors import ImageError
from kerasviz.images import read_image
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(read_image(sys.argv[1]).shape)
except ImageError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def claimed_png(path: Path, width: int, height: int, colour_type: int) -> Path:
    """Write a PNG of a few bytes whose header claims a size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(2**20), 9))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("colour_type", [2, 6], ids=["RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 100_000_000), (100_000_000, 1), (200_000, 200_000)])
def test_a_small_file_of_many_pixels_is_refused_before_it_is_decoded(
    tmp_path: Path, size: tuple[int, int], colour_type: int
) -> None:
    path = claimed_png(tmp_path / "bomb.png", *size, colour_type)
    assert path.stat().st_size < 2048
    command = [sys.executable, "-c", READ_WITHIN, str(path)]
    said, grown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said.startswith(f"{path} has more than 89,478,485 pixels (")
    assert said.endswith("which would fill the memory: save it smaller.")
    assert int(grown) < 64 * 1024


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_too_many_pixels_are_one_reason_to_leave_a_picture_out(tmp_path: Path) -> None:
    bomb = claimed_png(tmp_path / "bomb.png", 10_000, 10_000, 6)
    assert check_image(bomb) == "too many pixels"
    Image.new("RGB", (2, 2)).save(tmp_path / "dot.png")
    found = read_images(tmp_path, 4)
    assert found.skipped == [(bomb, "too many pixels")]
    assert len(found.images) == 1


def test_an_icon_that_holds_a_larger_picture_than_it_says_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGBA", (64, 64), (10, 20, 30, 255)).save(tmp_path / "inside.png")
    inside = (tmp_path / "inside.png").read_bytes()
    entry = struct.pack("<4B2H2I", 8, 8, 0, 0, 1, 32, len(inside), 22)
    icon = tmp_path / "a.ico"
    icon.write_bytes(b"\0\0\1\0\1\0" + entry + inside)
    monkeypatch.setattr("kerasviz.images.files.MOST_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Pillow's, of the other size
        assert check_image(icon) == "too many pixels"
        with pytest.raises(ImageError, match=r"has more than 100 pixels \(64 x 64\)"):
            read_image(icon)


def test_a_large_picture_below_the_limit_is_read(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (20_000, 10), (10, 20, 30, 255))
    picture.save(tmp_path / "wide.png")
    np.testing.assert_array_equal(read_image(tmp_path / "wide.png")[0, -1], [10, 20, 30])


def test_a_part_of_a_png_that_claims_more_than_there_is_is_not_decoded() -> None:
    """OpenCV takes as much memory as a part claims, up to 2 GB, before it looks whether that is there."""
    whole = encode_png(np.zeros((4, 4, 3), np.uint8))
    assert decode_picture(whole) is not None
    for broken in (whole[:33] + struct.pack(">I", 2**31 - 1) + whole[37:], whole[:-8]):
        assert not fits_the_memory(broken)
        assert decode_picture(broken) is None


@pytest.mark.parametrize("name", ["picture.eps", "picture.png"])
def test_postscript_starts_no_program(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*arguments: object, **options: object) -> None:
        pytest.fail("Ghostscript was started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    Image.new("RGB", (4, 4)).save(tmp_path / "whole.eps")
    (tmp_path / "whole.eps").rename(tmp_path / name)
    with pytest.raises(ImageError, match="is not a picture by its content"):
        read_image(tmp_path / name)
    assert check_image(tmp_path / name) == "not a picture"


@pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "webp", "tiff", "ppm", "ico", "tga", "jp2"])
def test_every_format_that_is_offered_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"grey.{ending}"
    Image.new("RGB", (16, 16), (90, 90, 90)).save(path)
    assert abs(int(read_image(path)[8, 8, 0]) - 90) <= 1

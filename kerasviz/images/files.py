"""Picture files in, uint8 arrays out: read by content, upright, RGB or grey."""

from __future__ import annotations

import functools
import io
import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import cv2
import numpy as np
from PIL import Image, ImageOps

from kerasviz.bounds import Bounds, short
from kerasviz.errors import ImageError, InputError, one_line
from kerasviz.images.size_limit import MOST_PIXELS

Size = int | tuple[int, int]
Skipped = tuple[Path, str]
_T = TypeVar("_T")
_WHITE = (255, 255, 255, 255)
# What Pillow tries a file as. Its other readers are for rarities, and that of PostScript starts a program.
_FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "ICO", "TGA", "AVIF")


@dataclass(frozen=True, repr=False)
class ImageSet:
    """Pictures of one size, with what was left out and why.

    `images` is uint8 `(N, h, w, C)`, `paths` its N files, `skipped` pairs of a path and a reason.

    >>> ImageSet(np.zeros((2, 8, 8, 3), np.uint8), [Path("a.png"), Path("b.png")], [(Path("c"), "damaged")])
    ImageSet(2 pictures 8 x 8 x 3, left out 1)
    """

    images: np.ndarray
    paths: list[Path]
    skipped: list[Skipped]

    def __repr__(self) -> str:
        """Return what it holds in a line."""
        shape = " x ".join(map(str, self.images.shape[1:]))
        return f"ImageSet({len(self.paths)} pictures {shape}, left out {len(self.skipped)})"


class _RefusedError(ImageError):
    """A picture that is refused for what it is, with the reason in a few words."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def size_pair(size: Size) -> tuple[int, int]:
    """Return `size`, a side or `(height, width)` in pixels, as a pair; raises `InputError` below 1.

    >>> size_pair(96), size_pair((10, 20))
    ((96, 96), (10, 20))
    """
    pair = tuple(size) if isinstance(size, Iterable) else (size, size)
    sides = [Bounds(int, 1).found(side) for side in pair]
    if len(sides) != 2 or None in sides:
        raise InputError(
            f"The picture size is {short(size)}; pass a side or (height, width) in whole pixels."
        )
    height, width = sides
    if height * width > MOST_PIXELS:
        raise InputError(
            f"The picture size is {short(size)}; more than {MOST_PIXELS:,} pixels would fill the memory."
        )
    return height, width


def resize_image(image: np.ndarray, size: Size) -> np.ndarray:
    """Return `image`, uint8 or float32 `(h, w)` or `(h, w, C)`, stretched to `size`, aspect ratio or not.

    A side that shrinks is averaged over areas, a side that grows is interpolated linearly. The two are done
    one after the other, so that a 20,000 x 10 picture keeps every pixel's part.

    >>> resize_image(np.array([[0, 100, 50, 150]], np.uint8), (2, 2)).tolist()
    [[50, 100], [50, 100]]
    """
    height, width = size_pair(size)
    source = image.shape[:2]
    result = image
    smaller = min(height, source[0]), min(width, source[1])
    if smaller != source:
        result = cv2.resize(result, smaller[::-1], interpolation=cv2.INTER_AREA)
    if (height, width) != smaller:
        result = cv2.resize(result, (width, height), interpolation=cv2.INTER_LINEAR)
    return result.reshape(height, width, *image.shape[2:])


def read_image(path: str | os.PathLike[str], size: Size | None = None, channels: int = 3) -> np.ndarray:
    """Return the picture in the file `path` as uint8 `(h, w, channels)`, 0..255.

    Args:
        path: a picture, recognised by its content, not by its ending: PNG, JPEG, GIF, BMP, WebP, TIFF, PPM,
            JPEG 2000, ICO, TGA, and AVIF where Pillow has it.
        size: side or `(height, width)` to stretch it to (see `resize_image`); None keeps its own.
        channels: 3 for RGB (a grey picture is repeated), 1 for grey (a coloured one becomes its luma,
            0.299 R + 0.587 G + 0.114 B).

    The orientation noted in its EXIF data is applied; of an animation the first frame is read; transparent
    parts are laid on white; CMYK becomes RGB; of 16 bits a channel the upper 8 are kept.

    Raises:
        ImageError: the file is missing, not a picture, damaged, of 32 bits a channel, or of more than 89
            million pixels, which is found out before it is decoded.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "dot.png"
    >>> _ = cv2.imwrite(str(path), np.full((1, 1), 7, np.uint8))
    >>> read_image(path).tolist(), read_image(path, size=(4, 2), channels=1).shape
    ([[[7, 7, 7]]], (4, 2, 1))
    """
    if channels not in (1, 3):
        raise InputError(f"channels is {channels!r}; pass 3 for RGB or 1 for grey.")
    image = _decoded(Path(path), lambda picture: _as_array(picture, channels))
    return image if size is None else resize_image(image, size)


def decode_image(encoded: bytes, name: str, channels: int = 3) -> np.ndarray:
    """Return the picture in the bytes of a file as uint8 `(h, w, channels)`, as `read_image` does.

    Raises:
        ImageError: they are no picture, or one that is not read; the message calls it `name`.
    """
    return _decoded_from(io.BytesIO(encoded), name, lambda picture: _as_array(picture, channels))


def check_image(path: str | os.PathLike[str]) -> str | None:
    """Return in a few words why the file `path` cannot be read as a picture, or None when it can.

    The whole file is decoded, at the smallest scale that its format offers.
    """
    try:
        _decoded(Path(path), _decode_small)
    except ImageError as error:
        return why_unreadable(error)
    return None


def why_unreadable(error: ImageError) -> str:
    """Return in a few words, without the path, what the `error` of `read_image` says."""
    if isinstance(error.__cause__, Image.UnidentifiedImageError):
        return "not a picture"
    return error.__cause__.reason if isinstance(error.__cause__, _RefusedError) else "damaged"


def find_images(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the files named by `paths`; of each folder the files inside, at any depth, in natural order.

    Hidden files and folders are passed over. Whether a file is a picture is decided by reading it.

    Raises:
        ImageError: a path does not exist, or there is no file at all.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    found: list[Path] = []
    for path in map(Path, given):
        if os.path.isdir(path):
            found += files_under(path)
        elif os.path.exists(path):
            found.append(path)
        else:
            raise ImageError(f"{path} does not exist; pass picture files or folders of them.")
    if not found:
        raise ImageError(f"No file was found in {', '.join(map(str, given)) or 'nothing'}; pass pictures.")
    return found


def files_under(folder: Path) -> list[Path]:
    """Return the files below `folder` in natural order (`dog_2` before `dog_10`), hidden ones left out."""
    files = (path for path in folder.rglob("*") if path.is_file())
    shown = (path for path in files if not any(part[0] == "." for part in path.relative_to(folder).parts))
    return sorted(shown, key=lambda path: natural_key(str(path)))


def natural_key(text: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a sort key that orders the numbers inside `text` by value.

    >>> sorted(["dog_10", "dog_2", "Cat_1"], key=natural_key)
    ['Cat_1', 'dog_2', 'dog_10']
    """
    parts = re.split(r"(\d+)", text.lower())
    return [(1, int(p), "") if p.isdecimal() and p.isascii() else (0, 0, p) for p in parts], text


def read_images(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], size: Size, channels: int = 3
) -> ImageSet:
    """Read every picture in `paths` (files and folders), resized to `size`, several at a time.

    What cannot be read is left out and stands in `skipped` with the reason.

    Raises:
        ImageError: a path does not exist, or not one of the files is a picture.
    """
    files = find_images(paths)

    def attempt(path: Path) -> np.ndarray | str:
        try:
            return read_image(path, size, channels)
        except ImageError as error:
            return why_unreadable(error)

    results = in_threads(attempt, files)
    images = [result for result in results if isinstance(result, np.ndarray)]
    if not images:
        raise ImageError(f"None of {len(files)} files is a picture; the first is {results[0]}.")
    kept = [path for path, result in zip(files, results, strict=True) if not isinstance(result, str)]
    skipped = [(path, result) for path, result in zip(files, results, strict=True) if isinstance(result, str)]
    return ImageSet(np.stack(images), kept, skipped)


def in_threads(function: Callable[[Any], _T], items: Sequence[Any]) -> list[_T]:
    """Return `function` of every item, in order, several at a time; the first error raised ends it."""
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        return list(pool.map(function, items))


def _decoded(path: Path, decode: Callable[[Image.Image], _T]) -> _T:
    if not os.path.isfile(path):
        if not os.path.lexists(path):
            raise ImageError(f"{path} does not exist; pass the path of a picture.")
        # A pipe would be waited for, a device never ends.
        raise ImageError(f"{path} is no file; pass the path of a picture.") from _RefusedError("", "no file")
    return _decoded_from(path, path, decode)


def _decoded_from(source: Path | IO[bytes], path: Path | str, decode: Callable[[Image.Image], _T]) -> _T:
    try:
        with Image.open(source, formats=_readable_formats()) as picture:
            _refuse_giants(picture.size)
            return decode(picture)
    except Image.UnidentifiedImageError as error:
        raise ImageError(f"{path} is not a picture by its content; pass a picture file.") from error
    except _RefusedError as error:
        raise ImageError(f"{path} {error}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        many = _too_many_pixels(f"({error})")
        raise ImageError(f"{path} {many}") from many
    # A decoder may raise nearly anything on damaged bytes: OSError, SyntaxError, ValueError, struct.error ...
    except Exception as error:
        raise ImageError(f"{path} is damaged or cannot be read: {one_line(error)}.") from error


@functools.cache
def _readable_formats() -> list[str]:
    Image.init()
    return [name for name in _FORMATS if name in Image.OPEN]


def _refuse_giants(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MOST_PIXELS:
        raise _too_many_pixels(f"({width:,} x {height:,})")


def _too_many_pixels(size: str) -> _RefusedError:
    return _RefusedError(
        f"has more than {MOST_PIXELS:,} pixels {size}, which would fill the memory: save it smaller.",
        "too many pixels",
    )


def _decode_small(picture: Image.Image) -> None:
    picture.draft("RGB", (1, 1))
    picture.load()
    _refuse_giants(picture.size)  # an icon holds pictures of other sizes than it says
    _refuse_32_bits(picture)


def _refuse_32_bits(picture: Image.Image) -> None:
    # Older versions of Pillow open a grey 16-bit PNG in mode I.
    if picture.mode == "F" or (picture.mode == "I" and picture.format != "PNG"):
        raise _RefusedError(
            "has 32 bits a channel and no stated range; save it with 8 or 16 bits a channel.",
            "32 bits a channel",
        )


def _as_array(picture: Image.Image, channels: int) -> np.ndarray:
    picture.load()
    _refuse_giants(picture.size)
    _refuse_32_bits(picture)
    # In place and without copies: of a picture near the limit each takes 360 MB.
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode == "I" or picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    if picture.has_transparency_data:
        front = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", front.size, _WHITE), front)
    picture = picture.convert("RGB" if channels == 3 else "L")
    return np.array(picture).reshape(picture.height, picture.width, channels)

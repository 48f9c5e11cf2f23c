"""All pictures of a split decoded once: into memory, or into a file that is mapped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kerasviz.atomic import atomic_path, errors_in_sentences
from kerasviz.images import Size, in_threads, read_image, resize_image, size_pair

Cache = str | os.PathLike[str]


def decode_all(
    images: np.ndarray | Sequence[Path], image_size: Size, channels: int, cache: Cache
) -> np.ndarray:
    """Return `(N, h, w, channels)` in 0..255 of all `images`, files or an array, at `image_size`.

    It is uint8, of a float32 array float32.

    `cache` is "memory" or a folder. The file in the folder is named by a digest of the pictures' paths,
    sizes and times and of `image_size`, so pictures that changed are decoded again.

    Raises:
        ImageError: a picture cannot be read.
        OutputError: the file cannot be written.
    """
    height, width = size_pair(image_size)
    shape = (len(images), height, width, channels)
    if isinstance(images, np.ndarray) and images.shape == shape:
        return images
    dtype = images.dtype if isinstance(images, np.ndarray) else np.dtype(np.uint8)
    if cache == "memory":
        pixels = np.empty(shape, dtype)
        _fill(pixels, images)
        return pixels
    path = Path(cache) / f"pictures-{_digest(images, shape)}.npy"
    with errors_in_sentences(path):
        found = _cached(path, dtype, shape)
    if found is not None:
        return found
    with atomic_path(path) as temporary:
        mapped = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
        _take_room(temporary)
        _fill(mapped, images)
        mapped.flush()
        del mapped
    return np.load(path, mmap_mode="r")


def _cached(path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the array in the file; None where there is none, or a damaged one, which is made again."""
    if not path.is_file():
        return None
    try:
        found = np.lib.format.open_memmap(path, mode="r")
    except OSError:
        raise
    except Exception:  # damaged bytes may raise nearly anything
        return None
    return found if (found.dtype, found.shape) == (dtype, shape) else None


def _take_room(path: Path) -> None:
    """Let the disk set the whole file aside now: writing to a map of a full disk kills the process."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _fill(pixels: np.ndarray, images: np.ndarray | Sequence[Path]) -> None:
    _, height, width, channels = pixels.shape

    def put(index: int) -> None:
        source = images[index]
        if isinstance(source, Path):
            pixels[index] = read_image(source, (height, width), channels)
        else:
            pixels[index] = resize_image(source, (height, width))

    in_threads(put, range(len(images)))


def _digest(images: np.ndarray | Sequence[Path], shape: tuple[int, ...]) -> str:
    digest = hashlib.sha256(repr(shape).encode())
    if isinstance(images, np.ndarray):
        digest.update(repr(images.shape).encode())
        digest.update(np.ascontiguousarray(images).tobytes())
    else:
        for path in images:
            status = path.stat()
            digest.update(f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:20]

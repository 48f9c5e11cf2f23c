"""MP4 files, through the ffmpeg program that the package imageio-ffmpeg carries."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import IO, cast

import cv2

from kerasviz.errors import MissingDependencyError
from kerasviz.film.movie import Movie

# x264's constant rate factor: lower is better and larger.
QUALITY = 16
SMALL_QUALITY = 28
_WHITE = (255, 255, 255)


def write_mp4(path: Path, movie: Movie) -> int | None:
    """Write an H.264 video, padded to an even width and height with white; its losses are unknown: None.

    Pictures that stay longer than one frame are repeated. The rate factor is 16, or 28 for a small file.

    Raises:
        MissingDependencyError: imageio-ffmpeg is not installed.
        OSError: ffmpeg did not write all of it.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise MissingDependencyError(
            'MP4 files need the package imageio-ffmpeg: run pip install "kerasviz[mp4]", '
            "or choose .gif, .png or .webp."
        ) from error
    width, height = movie.width + movie.width % 2, movie.height + movie.height % 2
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error"]
    command += ["-f", "rawvideo", "-pix_fmt", "gray" if movie.samples[0].ndim == 2 else "rgb24"]
    command += ["-s", f"{width}x{height}", "-r", str(movie.fps), "-i", "-"]
    command += ["-c:v", "libx264", "-pix_fmt", "yuv420p"]
    # Absolute: to ffmpeg a name such as "a:b.mp4" names a protocol, and one that begins with "-" an option.
    command += ["-crf", str(SMALL_QUALITY if movie.small else QUALITY), str(path.absolute())]
    # In a session of its own, so that Ctrl-C reaches it only through this process.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as ffmpeg:
        try:
            with contextlib.suppress(BrokenPipeError):
                _send(movie, width, height, cast("IO[bytes]", ffmpeg.stdin))
        except BaseException:
            ffmpeg.kill()
            raise
    # It has ended well after a file that did not fit.
    if ffmpeg.returncode or not (path.is_file() and _is_whole(path)):
        raise OSError("ffmpeg did not write all of it: free some space, or choose another folder")
    return None


def _send(movie: Movie, width: int, height: int, pipe: IO[bytes]) -> None:
    with pipe:
        for picture, repeats in movie.ticks(movie.fps):
            bottom, right = height - movie.height, width - movie.width
            padded = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=_WHITE)
            for _ in range(repeats):
                pipe.write(padded.tobytes())


def _is_whole(path: Path) -> bool:
    """Return whether all parts of the file are there, the last of which, "moov", says where the frames are.

    Before each part stand its length with these 8 bytes, big-endian, and its kind; the length 1 says that a
    longer number follows.
    """
    kinds, at, size = set(), 0, path.stat().st_size
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[8:] if head[:4] == b"\0\0\0\1" else head[:4], "big")
            if length < 8:
                return False
            kinds.add(head[4:8])
            at += length
    return at == size and b"moov" in kinds

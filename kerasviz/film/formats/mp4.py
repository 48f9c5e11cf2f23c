"""MP4 files, through the ffmpeg program that the package imageio-ffmpeg carries."""

from __future__ import annotations

from pathlib import Path

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
    bottom, right = movie.height % 2, movie.width % 2
    video = imageio_ffmpeg.write_frames(
        str(path),
        (movie.width + right, movie.height + bottom),
        pix_fmt_in="gray" if movie.samples[0].ndim == 2 else "rgb24",
        fps=movie.fps,
        quality=None,
        macro_block_size=1,
        output_params=["-crf", str(SMALL_QUALITY if movie.small else QUALITY)],
    )
    video.send(None)
    try:
        for picture, repeats in movie.ticks(movie.fps):
            padded = cv2.copyMakeBorder(picture, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=_WHITE)
            for _ in range(repeats):
                video.send(padded.tobytes())
    except OSError as error:  # the pipe to it broke
        raise _unfinished() from error
    finally:
        video.close()
    # The package says nothing of how ffmpeg ended.
    if not (path.is_file() and _is_whole(path)):
        raise _unfinished()
    return None


def _unfinished() -> OSError:
    return OSError("ffmpeg did not write all of it: free some space, or choose another folder")


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

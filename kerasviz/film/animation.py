"""The evolution of one image tag as an animation file."""

from __future__ import annotations

import base64
import html
import math
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError, LogError
from kerasviz.events import Damage, Frame, LogReader, TagInfo, open_log
from kerasviz.film.canvas import Canvas, UnfitFrameError, shapes_of
from kerasviz.film.file_names import file_name
from kerasviz.film.formats.table import endings, format_of
from kerasviz.film.movie import Movie
from kerasviz.film.palette import TOLERATED_ERROR

# Some twenty pictures are held at a time: of this size they are 1 GB.
_MOST_PIXELS = 4096 * 4096
HOLD_SECONDS = 1.0
_SAMPLES = 12
_MOST_SAMPLE_PIXELS = _SAMPLES * _MOST_PIXELS
_AHEAD = 4


@dataclass
class Animation:
    """What `animate` wrote. `str()` is a sentence; a notebook plays it.

    Attributes:
        path: The file.
        frames: The number of pictures in it.
        width: Their width in pixels.
        height: Their height in pixels.
        merged: How many frames were equal to the one before and only prolonged it (with `small`).
        letterboxed: How many frames are smaller than the film, and stand in its middle with a grey margin.
        error: By how many of 255 levels a channel is off at most, because the file holds few colours; None
            where that is not known (MP4, a small WebP).
        damage: What the log had lost of this film's frames or of their run's files, see `Damage`.
        size: The file's size in bytes.
    """

    path: Path
    frames: int = 0
    width: int = 0
    height: int = 0
    merged: int = 0
    letterboxed: int = 0
    error: int | None = 0
    damage: Damage = field(default_factory=Damage)
    size: int = 0

    def __str__(self) -> str:
        parts = [f"{self.path}: {self.frames} frames of {self.width}x{self.height}, {self.size / 1e6:.2f} MB"]
        if self.merged:
            parts.append(f"{self.merged} equal to the one before")
        if self.letterboxed:
            parts.append(f"{self.letterboxed} smaller than the film, in a grey margin")
        if self.error is not None and self.error > TOLERATED_ERROR:
            said = f"colours off by up to {self.error} of 255 levels"
            parts.append(f"{said}: an APNG (.png) that is not small keeps them")
        if self.damage:
            parts.append(f"not whole in the log: {self.damage}")
        return "; ".join(parts)

    def _repr_html_(self) -> str:
        """Return the animation for a notebook, with the file's bytes in it, and the sentence below."""
        media = format_of(self.path.suffix).media_type
        source = f"data:{media};base64,{base64.b64encode(self.path.read_bytes()).decode()}"
        sentence = html.escape(str(self))
        if media.startswith("video"):
            return f'<video controls loop autoplay muted src="{source}"></video><br>{sentence}'
        return f'<img src="{source}" alt="{html.escape(self.path.stem)}"><br>{sentence}'


def animate(
    log: str | os.PathLike[str] | LogReader,
    tag: str | TagInfo,
    out: str | os.PathLike[str] | None = None,
    *,
    fps: float = 12,
    every: int = 1,
    between: tuple[int, int] | None = None,
    tile: int | None = None,
    upscale: int | None = None,
    caption: bool = True,
    small: bool = False,
) -> Animation:
    """Write the frames of an image tag as an animation that loops forever and rests on the last one a second.

    Frames are read, drawn and written one at a time: memory does not grow with their number. The file appears
    whole or not at all. The film is as large as its largest frame; smaller ones (the sheet changed) stand in
    its middle with a grey margin, with their size in the caption, and are counted.

    Args:
        log: The log's folder, or what `open_log` returned.
        tag: The tag's name; a `TagInfo` of `LogReader.tags()` where several runs have it.
        out: The file, whose ending says the format: .gif, .png or .apng (lossless), .webp (lossless), .mp4
            (needs `kerasviz[mp4]`). A folder, or None for the log's own, gets a GIF named after the tag.
        fps: Frames per second, above 0 and at most 50.
        every: Show every k-th frame, beginning with the first; the last one is always shown.
        between: Show the frames from a first to a last step alone, both included.
        tile: Show this tile of the sheet alone, counted from 0 row by row: one filter over time.
        upscale: How many pixels wide and high each pixel is drawn; by default the least that makes the longer
            side 256 pixels or more.
        caption: Say the step in a strip below the picture.
        small: A smaller file: 64 colours (GIF, PNG), lossy compression (WebP, MP4), equal frames merged.

    Raises:
        InputError: an argument is out of its range, or the log has no such image tag.
        LogError: the log is missing or empty, or not one frame of the tag is whole.
        MissingDependencyError: MP4 was asked for and imageio-ffmpeg is not installed.
        OutputError: the file cannot be written.

    >>> import tempfile
    >>> from kerasviz.events.event_log import EventLog
    >>> folder = tempfile.mkdtemp()
    >>> with EventLog(folder) as log:
    ...     for step in (0, 50, 100):
    ...         log.image("responses/conv1", step, np.full((16, 16), step, np.uint8))
    >>> report = animate(folder, "responses/conv1", caption=False)
    >>> report.path.name, report.frames, report.width, report.height
    ('responses-conv1.gif', 3, 256, 256)
    """
    check_numbers(fps=fps, every=every)
    if upscale is not None:
        check_numbers(upscale=upscale)
    if tile is not None:
        check_numbers(tile=tile)
    reader = log if isinstance(log, LogReader) else open_log(log)
    info = tag if isinstance(tag, TagInfo) else reader.find(tag)
    if between is not None:
        info = reader.between(info, *between)
    path = _target(out, reader, info, tile)
    # Drawn before the movie starts: what the canvas and the palette are fitted to.
    spread = math.ceil(math.ceil(info.count / every) / _SAMPLES) * every
    samples = _samples(_frames(reader, info, spread))
    if not samples:
        raise _none_is_whole(reader, info)
    film = _Film(path, reader, info, every, fps, small)
    last_step = info.last_step if caption else None
    try:
        return film.write(samples, Canvas.fit(samples, shapes_of(samples, tile), tile, upscale, last_step))
    except UnfitFrameError:
        # A frame that is no sample is larger than these: all are looked at, and the film begins anew.
        shapes = shapes_of(_frames(reader, info, every), tile)
        return film.write(samples, Canvas.fit(samples, shapes, tile, upscale, last_step))


@dataclass(frozen=True, eq=False)
class _Film:
    path: Path
    reader: LogReader
    info: TagInfo
    every: int
    fps: float
    small: bool

    def write(self, samples: list[Frame], canvas: Canvas) -> Animation:
        """Write the film on that canvas.

        Raises:
            UnfitFrameError: a frame is larger than the canvas, or of colours where that is grey.
        """
        check_size(canvas, self.path)
        report = Animation(self.path, width=canvas.width, height=canvas.height)
        drawn = _ahead(self._drawn(canvas, report))
        first = next(drawn, None)
        if first is None:  # all were removed since the samples were read
            raise _none_is_whole(self.reader, self.info)
        timed = _timed(first, drawn, self.fps, self.small, report)
        movie = Movie(timed, [canvas.draw(sample) for sample in samples], self.fps, self.small)
        with atomic_path(self.path) as temporary:
            report.error = format_of(self.path.suffix).write(temporary, movie)
            report.size = temporary.stat().st_size
        report.damage = self.reader.damage_of(self.info)
        return report

    def _drawn(self, canvas: Canvas, report: Animation) -> Iterator[np.ndarray]:
        """Yield the finished pictures, and count those that have a margin."""
        for frame in _frames(self.reader, self.info, self.every):
            report.letterboxed += canvas.letterboxes(frame)
            yield canvas.draw(frame)


def _frames(reader: LogReader, info: TagInfo, every: int) -> Iterator[Frame]:
    """Return the frames of the steps that `info` says, also when the log has grown since."""
    return reader.frames(info.tag, info.run, every, between=(info.first_step, info.last_step))


def _target(out: str | os.PathLike[str] | None, reader: LogReader, info: TagInfo, tile: int | None) -> Path:
    if out is None:
        out = reader.path if reader.path.is_dir() else reader.path.parent
    path = Path(out)
    if os.path.isdir(path) or not path.suffix:
        return path / file_name(info, tile)
    if path.suffix.lower() not in endings():
        raise InputError(
            f"{path} is neither a folder nor ends in one of {', '.join(endings())}: the ending says the "
            "format."
        )
    return path


def _none_is_whole(reader: LogReader, info: TagInfo) -> LogError:
    lost = reader.damage_of(info)
    return LogError(f"not one of the {info.count} pictures of {info.tag!r} decodes: {lost}.")


def _samples(frames: Iterable[Frame]) -> list[Frame]:
    """Return the first of these frames that the memory holds together: at least one, if there is one."""
    samples: list[Frame] = []
    pixels = 0
    for frame in frames:
        samples.append(frame)
        pixels += frame.image.shape[0] * frame.image.shape[1]
        if pixels > _MOST_SAMPLE_PIXELS:
            break
    return samples


def check_size(canvas: Canvas, path: Path) -> None:
    """Refuse pictures that the format cannot hold, or that no memory can, before one is drawn."""
    longest = format_of(path.suffix).longest_side
    size = f"{path} would have pictures of {canvas.width:,} x {canvas.height:,} pixels"
    mend = f"enlarge them less (upscale is {canvas.upscale:,}), show one tile, or choose another format."
    if max(canvas.width, canvas.height) > longest:
        raise InputError(f"{size}, but no side of a {path.suffix} file exceeds {longest:,}: {mend}")
    if canvas.width * canvas.height > _MOST_PIXELS:
        raise InputError(f"{size}, but more than {_MOST_PIXELS:,} pixels would fill the memory: {mend}")


def _ahead(pictures: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Yield the same, made a few pictures ahead by a second thread: decoding does not hold Python's lock."""
    with ThreadPoolExecutor(1) as pool:
        waiting = deque(pool.submit(next, pictures, None) for _ in range(_AHEAD))
        while (picture := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(next, pictures, None))
            yield picture


def _timed(
    waiting: np.ndarray, pictures: Iterator[np.ndarray], fps: float, small: bool, report: Animation
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield each picture with its duration in seconds; with `small` an equal one prolongs the one before."""
    seconds = 1 / fps
    for picture in pictures:
        if small and np.array_equal(picture, waiting):
            seconds += 1 / fps
            report.merged += 1
            continue
        report.frames += 1
        yield waiting, seconds
        waiting, seconds = picture, 1 / fps
    report.frames += 1
    yield waiting, seconds + HOLD_SECONDS

"""One frame as a picture file, drawn as in a film."""

from __future__ import annotations

import os
from pathlib import Path

from kerasviz.atomic import atomic_path
from kerasviz.errors import InputError, LogError
from kerasviz.events import LogReader, TagInfo, encode_png
from kerasviz.film.animation import check_size
from kerasviz.film.canvas import Canvas, shapes_of


def save_still(
    log: LogReader,
    info: TagInfo,
    out: str | os.PathLike[str],
    *,
    step: int,
    tile: int | None = None,
    upscale: int | None = None,
    caption: bool = True,
) -> tuple[int, int]:
    """Write the frame of one step as a PNG file and return its width and height in pixels.

    Args:
        log: what `open_log` returned.
        info: the tag.
        out: the file, whose ending is .png.
        step: a step that the tag has.
        tile: show this tile of the sheet alone.
        upscale: how many pixels wide and high each pixel is drawn, see `animate`.
        caption: say the step in a strip below the picture.

    Raises:
        InputError: the tag has no such step, or an argument is out of its range.
        LogError: the picture does not decode.
        OutputError: the file cannot be written.
    """
    path = Path(out)
    if upscale is not None and upscale < 1:
        raise InputError(f"upscale={upscale} is not a factor: it must be 1 or more.")
    log.between(info, step, step)
    frames = list(log.frames(info.tag, info.run, between=(step, step)))
    if not frames:
        raise LogError(f"the picture of {info.tag!r} at step {step} does not decode.")
    canvas = Canvas.fit(frames, shapes_of(frames, tile), tile, upscale, step if caption else None)
    check_size(canvas, path)
    with atomic_path(path) as temporary:
        temporary.write_bytes(encode_png(canvas.draw(frames[0])))
    return canvas.width, canvas.height

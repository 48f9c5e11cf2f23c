"""Animations are written while their frames are read: few are in memory at a time."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from kerasviz.events import EventLog
from kerasviz.film import animate, animation
from kerasviz.film.formats import table

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (7, 12, 16), dtype=np.uint8)
PHOTO = cv2.GaussianBlur(RNG.integers(0, 256, (32, 48, 3), dtype=np.uint8), (0, 0), 3)


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
def test_frames_are_read_as_they_are_written(
    tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At no time are more than a few frames read ahead of those the writer has taken."""
    with EventLog(tmp_path) as writer:
        for step in range(60):
            writer.image("a", step, GREY[step % len(GREY)])
    read = taken = 0
    ahead = []
    original, writer_of = animation.Canvas.draw, table.format_of(ending).write

    def draw(self: animation.Canvas, frame: object) -> np.ndarray | None:
        nonlocal read
        read += 1
        return original(self, frame)

    def write(path: Path, movie: animation.Movie) -> None:
        nonlocal read
        read = 0

        def watched() -> object:
            nonlocal taken
            for item in movie.pictures:
                taken += 1
                ahead.append(read - taken)
                yield item

        writer_of(path, animation.Movie(watched(), movie.samples, movie.fps, movie.small))

    monkeypatch.setattr(animation.Canvas, "draw", draw)
    watched = table.Format((ending,), "image", write, 9999)
    monkeypatch.setattr(table, "FORMATS", (*table.FORMATS, watched))
    assert animate(tmp_path, "a", tmp_path / f"a{ending}").frames == taken == 60
    assert max(ahead) <= 7


def test_memory_does_not_grow_with_the_frames(tmp_path: Path) -> None:
    peaks = []
    for count in (30, 300):
        with EventLog(tmp_path / str(count)) as writer:
            for step in range(count):
                writer.image("a", step, np.roll(PHOTO, step, axis=0))
        tracemalloc.start()
        animate(tmp_path / str(count), "a", upscale=4)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    frame = 192 * 128 * 3
    assert peaks[1] - peaks[0] < 8 * frame

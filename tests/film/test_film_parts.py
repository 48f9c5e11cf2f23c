"""A part of a film, one frame of it, and how large it will be."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence

from kerasviz.errors import InputError
from kerasviz.events import EventLog, LogReader, open_log
from kerasviz.film import animate, estimate, save_still

PICTURES = np.random.default_rng(0).integers(0, 4, (40, 12, 16), dtype=np.uint8) * 85


@pytest.fixture
def log(tmp_path: Path) -> LogReader:
    with EventLog(tmp_path) as writer:
        for step, picture in enumerate(PICTURES):
            writer.image("a", 10 * step, picture)
    return open_log(tmp_path)


def test_the_frames_between_two_steps(log: LogReader, tmp_path: Path) -> None:
    film = animate(log, "a", tmp_path / "film.png", between=(95, 130), caption=False, upscale=1)
    with Image.open(film.path) as opened:
        frames = [np.asarray(frame.convert("L")) for frame in ImageSequence.Iterator(opened)]
    np.testing.assert_array_equal(frames, PICTURES[10:14])


def test_no_frame_between_two_steps(log: LogReader, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no step between 1 and 9: its steps are 0 to 390"):
        animate(log, "a", tmp_path / "film.gif", between=(1, 9))


def test_a_log_that_grows_meanwhile_changes_no_film(log: LogReader, tmp_path: Path) -> None:
    info = log.find("a")
    with EventLog(tmp_path, start_step=400) as writer:
        writer.image("a", 400, PICTURES[0])
    assert log.refresh()
    assert animate(log, info, tmp_path / "film.png").frames == 40
    assert animate(log, "a", tmp_path / "film.png").frames == 41


def test_a_still(log: LogReader, tmp_path: Path) -> None:
    size = save_still(log, log.find("a"), tmp_path / "a.png", step=50, upscale=2, caption=False)
    picture = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_GRAYSCALE)
    assert size == (32, 24)
    np.testing.assert_array_equal(picture, PICTURES[5].repeat(2, 0).repeat(2, 1))
    with pytest.raises(InputError, match="no step between 51 and 51"):
        save_still(log, log.find("a"), tmp_path / "b.png", step=51)
    with pytest.raises(InputError, match="upscale=0"):
        save_still(log, log.find("a"), tmp_path / "b.png", step=50, upscale=0)


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp"])
@pytest.mark.parametrize("steps", [(0, 390), (0, 80), (50, 50)])
def test_the_size_is_told_before(log: LogReader, tmp_path: Path, ending: str, steps: tuple[int, int]) -> None:
    info = log.between(log.find("a"), *steps)
    told = estimate(log, info, ending)
    film = animate(log, info, tmp_path / f"film{ending}")
    assert (told.frames, told.width, told.height) == (film.frames, film.width, film.height)
    assert told.size == pytest.approx(film.size, rel=0 if film.frames < 10 else 0.1)

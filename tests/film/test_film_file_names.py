"""What films are called: names that every disk takes, whatever a log's tags are."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from kerasviz.events import EventLog, TagInfo
from kerasviz.film import animate, file_name, file_names

LONG = "kernels/" + "x" * 300
ODD_TAGS = [
    "..",
    ".",
    "/",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\x",
    "--all",
    "a\nb\0c\x1b[2Jd\u202ee",
    "<script>alert(1)</script>",
    "&amp;\"'`$(rm -r /)",
    LONG,
    "é" * 200,
    "\U0001f600" * 100,
    " ",
]


def info(tag: str, run: str = ".") -> TagInfo:
    return TagInfo(run, tag, "image", 1, 0, 0)


def test_films_of_one_log_have_files_of_their_own() -> None:
    infos = [info(tag, run) for run, tag in (("a", "b/c"), (".", "a-b-c"), (".", "A/B/C"))]
    assert file_names(infos, 2, ".webp") == ["a-b-c-tile2.webp", "a-b-c-tile2-2.webp", "A-B-C-tile2-3.webp"]


@pytest.mark.parametrize("tile", [None, 123_456])
@pytest.mark.parametrize("run", [".", "..", "r" * 250, os.fsdecode(b"caf\xe9")], ids=ascii)
def test_names_are_plain_and_short(run: str, tile: int | None) -> None:
    names = file_names([info(tag, run) for tag in ODD_TAGS], tile, ".webp")
    for name in names:
        assert re.fullmatch(r"[\w#][\w#.-]*\.webp", name), name
        assert name.isprintable()
        assert len(name.encode()) < 255
        assert (
            name.endswith(f"-tile{tile}.webp") or tile is None or re.search(rf"-tile{tile}-\d\.webp$", name)
        )
    assert len(set(names)) == len(ODD_TAGS)


def test_long_names_that_differ_at_their_end_stay_apart_and_the_same() -> None:
    first, second = (file_name(info(LONG + end)) for end in "ab")
    assert first != second
    assert first == file_name(info(LONG + "a"))
    assert first.startswith("kernels-xxx")


def test_names_that_are_one_on_some_disks_get_numbers() -> None:
    composed, apart = "é", unicodedata.normalize("NFD", "é")
    names = file_names([info(tag) for tag in ("straße", "STRASSE", composed, apart, "film", "..")])
    assert names == ["straße.gif", "STRASSE-2.gif", "é.gif", names[3], "film.gif", "film-2.gif"]
    assert names[3].endswith("-2.gif")


def test_numbered_names_do_not_meet_names_that_are_numbered_themselves() -> None:
    names = file_names([info(tag) for tag in ("a", "a-2", "a/", "a-2", "a")])
    assert len(set(names)) == 5


def test_many_equal_names_take_no_square_of_time() -> None:
    infos = [info("a" + "/" * number) for number in range(1, 20_000)]
    names = file_names(infos)
    assert names[-1] == "a-19999.gif"


def test_a_film_of_an_odd_tag_is_written_into_the_folder(tmp_path: Path) -> None:
    with EventLog(tmp_path / "log") as log:
        for tag in ODD_TAGS:
            log.image(tag, 0, np.zeros((2, 2), np.uint8))
    for tag in ODD_TAGS:
        animation = animate(tmp_path / "log", tag, tmp_path / "out")
        assert animation.path.parent == tmp_path / "out"
        assert animation.path.is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"log", "out"}

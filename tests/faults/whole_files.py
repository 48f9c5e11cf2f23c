"""Whether a file that was written is whole: read by other means than the project's."""

from __future__ import annotations

import csv
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

TEMPORARY_PREFIX = ".kerasviz-tmp"


def what_is_broken(path: Path) -> str | None:
    """Return why the file is not whole, None where it is or where nobody can tell."""
    reader = _READERS.get(path.suffix.lower())
    if "tfevents" in path.name:
        reader = _events
    if reader is None or not path.is_file():
        return None
    try:
        reader(path)
    except Exception as error:  # whatever its reader says
        return f"{path.name}: {type(error).__name__}: {error}"
    return None


def _picture(path: Path) -> None:
    with Image.open(path) as picture:
        for at in range(getattr(picture, "n_frames", 1)):
            picture.seek(at)
            picture.load()


def _html(path: Path) -> None:
    if not path.read_text(encoding="utf-8").rstrip().endswith("</html>"):
        raise ValueError("it does not end")


def _archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if (broken := archive.testzip()) is not None:
            raise ValueError(f"the member {broken} is broken")


def _movie(path: Path) -> None:
    content, at = path.read_bytes(), 0
    while at < len(content):  # boxes: the length with its header, the kind
        (length,) = struct.unpack_from(">I", content, at)
        if length < 8 or at + length > len(content):
            raise ValueError(f"the part at {at} does not fit")
        at += length


def _events(path: Path) -> None:
    """A log may end inside a record, where its writer was killed, but not be empty."""
    if not path.stat().st_size:
        raise ValueError("it is empty")


_READERS: dict[str, Callable[[Path], object]] = {
    ".png": _picture,
    ".gif": _picture,
    ".webp": _picture,
    ".mp4": _movie,
    ".npy": lambda path: np.load(path, allow_pickle=False),
    ".npz": _archive,
    ".keras": _archive,
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
    ".csv": lambda path: list(csv.reader(path.open(newline="", encoding="utf-8"))),
    ".html": _html,
}

"""Pictures in tar files, as WebDataset packs them: `0001.jpg`, and beside it `0001.cls` with its class."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

from kerasviz.data.lists.listed import Listed
from kerasviz.errors import DatasetError, ImageError, one_line

ENDING = ".tar"
_PICTURES = frozenset(
    ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff", "ppm", "pgm", "jp2", "avif", "tga", "ico")
)
_CLASS = "cls"
_LONGEST_CLASS = 64
# A sample that has a class, and no picture.
_NOTHING = 0


def listed_in(path: Path, key: str) -> Iterator[Listed]:
    """Yield the samples of a tar file: its members of one name up to the first dot, which follow each other.

    Raises:
        DatasetError: the file is no tar, is damaged, or compressed as a whole, so that no picture of it could
            be read without all before it.
    """
    sample = _Sample("")
    for name, offset, size, text in _members(path):
        base, _, ending = name.rpartition("/")[2].partition(".")
        stem = name[: len(name) - len(ending) - 1] if ending else name
        if not base:  # hidden, such as the files that macOS puts beside others
            continue
        if stem != sample.stem:
            yield from sample.listed(path, key)
            sample = _Sample(stem)
        last = ending.lower().rpartition(".")[2]
        if last in _PICTURES and sample.offset < 0:
            sample.offset, sample.size = offset, size
        elif last == _CLASS:
            sample.label = _label(text, path, name)
    yield from sample.listed(path, key)


def read(one: Listed) -> bytes:
    """Return the bytes of a picture in a tar file."""
    if one.extent == _NOTHING:
        raise ImageError(f"The sample {one.key} holds no picture.")
    with open(str(one.path), "rb") as file:
        file.seek(one.offset)
        return file.read(one.extent)


class _Sample:
    """The members of one name so far."""

    def __init__(self, stem: str) -> None:
        self.stem = stem
        self.offset = -1
        self.size = _NOTHING
        self.label: str | int | None = None

    def listed(self, path: Path, key: str) -> Iterator[Listed]:
        if self.stem:
            yield Listed(f"{key}/{self.stem}", str(path), self.label, max(self.offset, 0), self.size)


def _members(path: Path) -> Iterator[tuple[str, int, int, bytes]]:
    """Yield name, offset and size of every file in a tar, and what stands in it if it names a class."""
    try:
        with tarfile.open(path, "r:") as archive:
            while (member := archive.next()) is not None:
                text = b""
                if member.isreg() and member.name.endswith(f".{_CLASS}"):
                    opened = archive.extractfile(member)
                    text = opened.read(_LONGEST_CLASS) if opened else b""
                if member.isreg():
                    yield member.name, member.offset_data, member.size, text
                archive.members.clear()  # type: ignore[attr-defined]  # else it keeps all of them
    # Its readers raise several kinds on damaged bytes.
    except (tarfile.TarError, ValueError, EOFError, OverflowError) as error:
        raise DatasetError(
            f"{path} cannot be read as a tar file: {one_line(error)}. Tars that are compressed as a whole "
            "(.tar.gz) are unpacked first: pictures are compressed already."
        ) from error


def _label(text: bytes, path: Path, name: str) -> str | int:
    said = text.decode("utf-8", "backslashreplace").strip()
    if not said:
        raise DatasetError(f"{name} in {path} is empty; expected a class's number or name.")
    return int(said) if said.isdecimal() and len(said) < 10 else said

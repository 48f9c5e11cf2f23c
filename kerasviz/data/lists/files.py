"""Pictures in folders, named one by one, in text files that name them, in tars and in Parquet files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from kerasviz.data.lists import parquet, tars
from kerasviz.data.lists.listed import Listed
from kerasviz.data.location import expanded
from kerasviz.data.sets.folder import class_folders
from kerasviz.errors import DatasetError
from kerasviz.images import natural_key

# A text file that names a picture a line.
_NAMES = ".txt"


def listed_in_folder(root: Path) -> Iterator[Listed]:
    """Yield the pictures in a folder, at any depth, in natural order; hidden files are passed over.

    Whether a file is a picture is decided when it is read. The class is the first sub-folder, in a folder
    that is divided into `train/` and `validation/` (or `val/` and so on) the second; a folder with a single
    sub-folder has no classes. Tars and Parquet files give the pictures that they hold.
    """
    folders = class_folders(root)
    depth = 1 if folders.divided else 0
    for path, parts in _walk(root, ()):
        known = len(parts) > depth + 1 and parts[depth] in folders.names
        for one in _expanded(path, "/".join(parts)):
            yield one._replace(label=parts[depth]) if known and one.label is None else one


def listed_of(paths: Iterable[str | os.PathLike[str]], root: Path | None = None) -> Iterator[Listed]:
    """Yield the pictures that paths name: files, folders, tars, Parquet files, text files with a path a line.

    Args:
        paths: the paths.
        root: the folder from which keys name what lies in it, so that they stay the same where it is moved;
            other keys begin with the path as it is given.

    Raises:
        DatasetError: there is no such path.
    """
    for given in paths:
        path = expanded(given)
        if os.path.isdir(path):
            for one in listed_in_folder(path):
                yield one._replace(key=f"{_key(path, root)}/{one.key}")
        elif path.suffix.lower() == _NAMES:
            yield from listed_of(_lines(path), root)
        elif path.suffix.lower() in (tars.ENDING, parquet.ENDING) and not os.path.isfile(path):
            raise DatasetError(f"{path} does not exist; pass the paths of pictures, tars or Parquet files.")
        else:
            yield from _expanded(path, _key(path, root))


def _key(path: Path, root: Path | None) -> str:
    return (path if root is None or not path.is_relative_to(root) else path.relative_to(root)).as_posix()


def _expanded(path: Path, key: str) -> Iterator[Listed]:
    ending = path.suffix.lower()
    where = Path(os.path.abspath(path))
    if ending == tars.ENDING:
        yield from tars.listed_in(where, key)
    elif ending == parquet.ENDING:
        yield from parquet.listed_in(where, key)
    else:
        yield Listed(key, str(where))


def _walk(folder: Path, above: tuple[str, ...]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the files below a folder with their path in it, holding the names of one folder at a time."""
    with os.scandir(folder) as entries:
        found = [
            (entry.name, entry.is_dir(follow_symlinks=False))
            for entry in entries
            if not entry.name.startswith(".") and (entry.is_dir(follow_symlinks=False) or entry.is_file())
        ]
    for name, is_folder in sorted(found, key=lambda one: natural_key(one[0])):
        parts = (*above, name)
        if is_folder:
            yield from _walk(folder / name, parts)
        else:
            yield folder / name, parts


def _lines(path: Path) -> Iterator[str]:
    """Yield the paths in a text file; those that are not absolute are meant from its folder."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                if name := line.strip():
                    yield os.path.join(path.parent, name) if path.parent.parts else name
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error

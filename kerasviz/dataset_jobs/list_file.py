"""The list of a data set's pictures in a file: a block for each part, each read alone."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasviz.atomic import atomic_path
from kerasviz.data import Listed, arrow
from kerasviz.errors import DatasetError

LIST = "pictures.arrow"
_FIELDS = ("key", "path", "label_name", "label", "offset", "extent")


def _schema() -> Any:
    pa = arrow()
    # Paths as bytes: names of files need not be text.
    kinds = (pa.string(), pa.binary(), pa.string(), pa.int32(), pa.int64(), pa.int64())
    return pa.schema(list(zip(_FIELDS, kinds, strict=True)))


@contextlib.contextmanager
def new_list(folder: Path, listed: Iterable[Listed], shard_size: int) -> Iterator[NewList]:
    """Write a list, holding one part of it in memory at a time, and yield it; it takes its place at the end.

    The digest is of keys and classes in their order, not of where the files lie.
    """
    pa, schema = arrow(), _schema()
    count, digest = 0, hashlib.sha256()
    every = iter(listed)
    with atomic_path(folder / LIST) as temporary:
        with pa.ipc.new_file(str(temporary), schema) as writer:
            while part := [_as_row(one) for one in itertools.islice(every, shard_size)]:
                for key, _, label_name, label, *_ in part:
                    digest.update(f"{key}\0{label_name}\0{label}\n".encode())
                columns = zip(zip(*part, strict=True), schema, strict=True)
                arrays = [pa.array(column, field.type) for column, field in columns]
                writer.write_batch(pa.record_batch(arrays, schema))
                count += len(part)
        yield NewList(ListFile(temporary, shard_size), count, digest.hexdigest())


@dataclass(frozen=True)
class NewList:
    """A list that was just written, its length and its digest."""

    file: ListFile
    count: int
    digest: str


class ListFile:
    """Reads a list, some pictures of it at a time."""

    def __init__(self, path: Path, shard_size: int) -> None:
        self._path = path
        self._shard_size = shard_size

    def part(self, index: int) -> list[Listed]:
        """Return the pictures of one part.

        Raises:
            DatasetError: the file is missing or damaged.
        """
        with self._opened() as file:
            return _rows(file.get_batch(index))

    def rows(self, numbers: Iterable[int]) -> Iterator[tuple[int, Listed]]:
        """Yield the pictures of these numbers, with them.

        Raises:
            DatasetError: as `part`.
        """
        size = self._shard_size
        with self._opened() as file:
            for index, together in itertools.groupby(numbers, lambda number: number // size):
                batch = file.get_batch(index)
                for number in together:
                    yield number, _rows(batch.slice(number % size, 1))[0]

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        pa = arrow()
        try:
            with pa.memory_map(str(self._path)) as file:
                yield pa.ipc.open_file(file)
        except (OSError, pa.ArrowException) as error:
            raise DatasetError(
                f"{self._path} is missing or damaged: run the same command again, which writes it anew."
            ) from error


def _rows(batch: Any) -> list[Listed]:
    columns = [batch.column(name).to_pylist() for name in _FIELDS]
    return [_as_listed(*row) for row in zip(*columns, strict=True)]


def _as_row(one: Listed) -> tuple[str, bytes | None, str | None, int | None, int, int]:
    name, number = (one.label, None) if isinstance(one.label, str) else (None, one.label)
    path = None if one.path is None else os.fsencode(one.path)
    return _text(one.key), path, None if name is None else _text(name), number, one.offset, one.extent


def _as_listed(
    key: str, path: bytes | None, label_name: str | None, label: int | None, offset: int, extent: int
) -> Listed:
    where = None if path is None else os.fsdecode(path)
    return Listed(key, where, label if label_name is None else label_name, offset, extent)


def _text(name: str) -> str:
    """Return a name as text: bytes in it that are none are spelled out."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

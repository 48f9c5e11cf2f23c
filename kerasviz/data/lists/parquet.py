"""Pictures in Parquet files, as Hugging Face keeps them: a column of encoded pictures, and one of classes."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kerasviz.data.lists.listed import Listed
from kerasviz.data.lists.needs import arrow
from kerasviz.errors import DatasetError, ImageError, one_line

ENDING = ".parquet"
_PICTURES = ("image", "img", "picture", "jpg", "jpeg", "png", "webp", "bytes")
_CLASSES = ("label", "labels", "cls", "class", "fine_label")


def listed_in(path: Path, key: str) -> Iterator[Listed]:
    """Yield the rows of a Parquet file, in their order.

    Raises:
        DatasetError: the file is damaged, or has no column of encoded pictures.
        MissingDependencyError: pyarrow is not installed.
    """
    file = _opened(str(path))
    _picture_column(file, path)
    column = next((name for name in _CLASSES if name in file.schema_arrow.names), None)
    names = None if column is None else _class_names(file, column)
    row = 0
    for group in range(file.num_row_groups):
        labels = [] if column is None else _read(file, group, column, path).to_pylist()
        for offset in range(file.metadata.row_group(group).num_rows):
            label = labels[offset] if labels else None
            yield Listed(f"{key}/{row}", str(path), _label(label, names), offset, group)
            row += 1


class Groups:
    """Reads rows of Parquet files; the groups of rows read last are kept, as pictures are read in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._group = functools.lru_cache(maxsize=2)(_pictures_of)

    def read(self, one: Listed) -> bytes:
        """Return the bytes of a picture in a Parquet file.

        Raises:
            ImageError: the row has none.
        """
        with self._lock:
            group = self._group(str(one.path), one.extent)
        value = group[one.offset].as_py()
        if isinstance(value, dict):
            value = value.get("bytes")
        if not value:
            raise ImageError(f"The row {one.key} holds no picture.")
        return bytes(value)


def _pictures_of(path: str, group: int) -> Any:
    file = _opened(path)
    return _read(file, group, _picture_column(file, Path(path)), Path(path))


def _opened(path: str) -> Any:
    parquet = arrow().parquet
    try:
        return parquet.ParquetFile(path)
    except Exception as error:  # damaged bytes may raise nearly anything
        raise DatasetError(f"{path} cannot be read as a Parquet file: {one_line(error)}.") from error


def _read(file: Any, group: int, column: str, path: Path) -> Any:
    try:
        return file.read_row_group(group, columns=[column]).column(0)
    except Exception as error:  # damaged bytes may raise nearly anything
        raise DatasetError(f"{path} is damaged: {one_line(error)}.") from error


def _picture_column(file: Any, path: Path) -> str:
    schema = file.schema_arrow
    for name in _PICTURES:
        if name in schema.names and _holds_bytes(schema.field(name).type):
            return name
    raise DatasetError(
        f"{path} has the columns {', '.join(schema.names)}; expected one of encoded pictures, named "
        f"{', '.join(_PICTURES[:-1])} or {_PICTURES[-1]}: bytes, or bytes and path."
    )


def _holds_bytes(kind: Any) -> bool:
    types = arrow().types
    if types.is_struct(kind):
        return any(field.name == "bytes" and _holds_bytes(field.type) for field in kind)
    return types.is_binary(kind) or types.is_large_binary(kind)


def _class_names(file: Any, column: str) -> list[str] | None:
    """Return the names that Hugging Face keeps in the file for a column of classes, if it does."""
    try:
        said = json.loads((file.schema_arrow.metadata or {})[b"huggingface"])
        names = said["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _label(value: Any, names: list[str] | None) -> str | int | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    if isinstance(value, str):
        return value
    if value < 0:
        return None
    return names[value] if names is not None and value < len(names) else value

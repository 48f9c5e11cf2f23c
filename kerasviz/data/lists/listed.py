"""One picture of a list: its key, where it lies, and what it shows."""

from __future__ import annotations

from typing import NamedTuple


class Listed(NamedTuple):
    """A picture that is not read yet.

    Attributes:
        key: what it is called in its data set: the same wherever the data set lies, and no other's.
        path: the file that it lies in, or is; None where it is in memory.
        label: its class by name, or as the model's number; None where nothing says it.
        offset: where it lies in the file: of a tar the first byte, of Parquet the row within its group.
        extent: how far: of a tar the number of bytes, of Parquet the number of the group of rows. -1 is the
            whole file.
    """

    key: str
    path: str | None
    label: str | int | None = None
    offset: int = -1
    extent: int = -1

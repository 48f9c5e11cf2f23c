"""A list of pictures: what it holds, one by one, and each read when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from kerasviz.data.lists import parquet, tars
from kerasviz.data.lists.files import listed_in_folder, listed_of
from kerasviz.data.lists.listed import Listed
from kerasviz.data.location import expanded
from kerasviz.data.open import DATA_SETS, Data, open_for
from kerasviz.data.sets.folder import class_folders
from kerasviz.data.split import Dataset, Split
from kerasviz.errors import DatasetError, did_you_mean
from kerasviz.images import as_rgb, decode_image, read_image


class PictureList:
    """Pictures of any number; made by `list_pictures`.

    Attributes:
        name: what it is called.
        class_names: its classes, where they are known before all is gone through.
        in_memory: whether pictures lie in this process alone, where no other one can read them.
    """

    def __init__(
        self,
        name: str,
        listed: Callable[[], Iterator[Listed]],
        class_names: Sequence[str] | None = None,
        held: Sequence[Split] = (),
    ) -> None:
        self.name = name
        self.class_names = None if not class_names else tuple(class_names)
        self.in_memory = any(isinstance(split.images, np.ndarray) for split in held)
        self._listed = listed
        self._held = held
        self._groups = parquet.Groups()

    def __repr__(self) -> str:
        classes = "no classes" if self.class_names is None else f"{len(self.class_names)} classes"
        return f"PictureList({self.name}, {classes})"

    def __iter__(self) -> Iterator[Listed]:
        return self._listed()

    def read(self, one: Listed) -> np.ndarray:
        """Return a picture of the list as uint8 RGB `(h, w, 3)`.

        Raises:
            ImageError: it cannot be read; the message says why.
            DatasetError: the tar or Parquet file around it is gone or damaged.
        """
        if one.path is None:
            return as_rgb(self._held[one.extent].image(one.offset))
        if one.extent < 0:
            return read_image(one.path)
        try:
            is_tar = one.path.lower().endswith(tars.ENDING)
            encoded = tars.read(one) if is_tar else self._groups.read(one)
        except OSError as error:
            raise DatasetError(f"{one.path} cannot be read: {error.strerror or error}.") from error
        return decode_image(encoded, one.key)


def list_pictures(
    data: Data, class_names: Sequence[str] | None = None, value_range: Sequence[float] | None = None
) -> PictureList:
    """Return whatever pictures `data` names or holds as a list, all of them: to train and to validate on.

    Args:
        data: a folder, at any depth and of any size; a tar as WebDataset packs it, a Parquet file with a
            column of pictures, a text file with a path a line; a list of all these and of pictures; or what
            `open_data` opens beside.
        class_names: the model's classes, which choose among the pets (see `open_for`).
        value_range: of float arrays and streams, what they hold for black and white.

    Raises:
        DatasetError: there is no such thing.
    """
    if isinstance(data, str | os.PathLike) and data not in DATA_SETS:
        return _of_path(expanded(data))
    if isinstance(data, list | tuple) and data and all(isinstance(one, str | os.PathLike) for one in data):
        return PictureList(f"{len(data)} paths", lambda: listed_of(data))
    is_named = isinstance(data, str | Dataset | Split)
    dataset = open_for(class_names, data, **({} if is_named else {"value_range": value_range}))
    return _of_dataset(dataset)


def list_again(listed: Iterable[Listed]) -> PictureList:
    """Return a list of pictures that were listed before, by this process or another one."""
    return PictureList("pictures", lambda: iter(listed))


def _of_path(path: Path) -> PictureList:
    if os.path.isdir(path):
        names = class_folders(path).names
        return PictureList(path.resolve().name, lambda: listed_in_folder(path), names)
    if not os.path.isfile(path):
        near = did_you_mean(str(path), DATA_SETS)
        raise DatasetError(f"{path} is neither a folder, a file nor one of the data sets. {near}")
    return PictureList(path.name, lambda: listed_of([path], path.parent))


def _of_dataset(dataset: Dataset) -> PictureList:
    parts = {"train": dataset.train, "validation": dataset.validation}
    held = [split for split in parts.values() if len(split)]
    names = [name for name, split in parts.items() if len(split)]

    def listed() -> Iterator[Listed]:
        for part, (name, split) in enumerate(zip(names, held, strict=True)):
            for at in range(len(split)):
                image = split.images[at]
                label: str | int | None = dataset.class_name(split, at)
                if not label:
                    label = int(split.labels[at]) if split.labels[at] >= 0 else None
                key = f"{name}/{split.picture_name(at)}"
                if isinstance(image, Path):
                    yield Listed(key, os.path.abspath(image), label)
                else:
                    yield Listed(key, None, label, at, part)

    return PictureList(dataset.name, listed, dataset.class_names, held)

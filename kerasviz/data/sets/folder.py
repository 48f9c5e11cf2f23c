"""A folder of one's own: one sub-folder of pictures per class, or pictures without classes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.data.holdout import hold_out
from kerasviz.data.location import expanded
from kerasviz.data.split import Dataset, Split
from kerasviz.errors import DatasetError, InputError
from kerasviz.images import Skipped, check_image, files_under, in_threads, natural_key

_TRAIN = ("train", "training")
_VALIDATION = ("validation", "val", "valid", "test")


def load(
    directory: str | os.PathLike[str],
    split: float = 0.2,
    seed: int = 0,
    channels: int = 3,
    masks: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Return the pictures in `directory`, as files that are read when asked for.

    Args:
        directory: a folder with one sub-folder per class, the classes being the sub-folders' names in
            natural order; or a folder with `train/` and one of `validation/`, `val/`, `valid/` and `test/`
            (the first of these that is there), each with one sub-folder per class; or a folder of pictures
            alone, which then have no labels, and all are `validation` pictures.
        split: the share of each class to hold out for validation, above 0 and below 1; not used where the
            folder is divided already.
        seed: of that choice.
        channels: 3 to read RGB, 1 to read grey.
        masks: a folder of mask pictures, not black on the object: each under its picture's path without
            ending, or only under its name.

    Files that are not pictures or are damaged are left out and stand in `skipped`.

    Raises:
        DatasetError: the folder is not there, holds no picture, a single class, a class without two pictures
            (one, where it is divided already), or classes that differ between its two parts.
        InputError: `split` or `channels` is out of range.
    """
    check_numbers(split=split, seed=seed)
    if channels not in (1, 3):
        raise InputError(f"channels is {channels!r}; pass 3 for RGB or 1 for grey.")
    root = expanded(directory)
    if not os.path.isdir(root):
        raise DatasetError(f"{root} is not a folder; pass one with a sub-folder of pictures per class.")
    skipped: list[Skipped] = []
    if not _subfolders(root):
        train, validation = _unlabelled(root, channels, skipped)
        return Dataset(root.resolve().name, (), train, _with_masks(validation, root, masks), skipped)
    parts = _divided(root)
    if parts:
        names = _class_names(parts[0])
        if _class_names(parts[1]) != names:
            raise DatasetError(
                f"{parts[0].name}/ has the classes {', '.join(names)} and {parts[1].name}/ "
                f"{', '.join(_class_names(parts[1]))}; give both the same sub-folders."
            )
        train, validation = (_pictures(part, names, channels, 1, skipped) for part in parts)
    else:
        names = _class_names(root)
        whole = _pictures(root, names, channels, 2, skipped)
        kept, held = hold_out(whole.labels.tolist(), split, seed)
        train, validation = whole.take(kept), whole.take(held)
    train, validation = (_with_masks(split, root, masks) for split in (train, validation))
    return Dataset(root.resolve().name, tuple(names), train, validation, skipped)


class ClassFolders(NamedTuple):
    """The classes of a folder by their sub-folders, and whether it is divided into pictures to train on etc.

    A single sub-folder is none of a class.
    """

    names: Sequence[str]
    divided: bool


def class_folders(root: Path) -> ClassFolders:
    """Return the classes that a folder's sub-folders are, in natural order; of a divided one, of all parts.

    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> for name in ("train/b", "train/a", "val/b", "val/c"):
    ...     (root / name).mkdir(parents=True)
    >>> class_folders(root)
    ClassFolders(names=['a', 'b', 'c'], divided=True)
    """
    parts = _divided(root)
    found = _subfolders(root)
    if parts:
        found = sorted({name for part in found for name in _subfolders(root / part)}, key=natural_key)
    return ClassFolders(found if len(found) > 1 else [], parts is not None)


def _unlabelled(root: Path, channels: int, skipped: list[Skipped]) -> tuple[Split, Split]:
    """Return no picture to train on, and all that are readable."""
    files = _readable(root, skipped)
    if not files:
        raise DatasetError(f"{root} holds no picture that can be read, and no sub-folder of a class.")
    whole = Split(files, np.full(len(files), -1, np.int32), channels=channels)
    return whole.take([]), whole


def _readable(folder: Path, skipped: list[Skipped]) -> list[Path]:
    """Return the files that are pictures; the others are added to `skipped`."""
    found = files_under(folder)
    problems = in_threads(check_image, found)
    skipped += [(path, problem) for path, problem in zip(found, problems, strict=True) if problem]
    return [path for path, problem in zip(found, problems, strict=True) if problem is None]


def _with_masks(split: Split, root: Path, masks: str | os.PathLike[str] | None) -> Split:
    if masks is None:
        return split
    folder = expanded(masks)
    if not os.path.isdir(folder):
        raise DatasetError(f"{folder} is not a folder; pass one with a mask picture for each picture.")
    by_name: dict[str, Path] = {}
    for path in files_under(folder):
        by_name[path.stem] = path
    for path in files_under(folder):
        by_name[path.relative_to(folder).with_suffix("").as_posix()] = path
    found = [
        by_name.get(path.relative_to(root).with_suffix("").as_posix(), by_name.get(path.stem))
        for path in split.images
    ]
    return dataclasses.replace(split, masks=found)


def _subfolders(folder: Path) -> list[str]:
    names = (path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(names, key=natural_key)


def _divided(root: Path) -> tuple[Path, Path] | None:
    folders = _subfolders(root)
    train = next((name for name in _TRAIN if name in folders), None)
    validation = next((name for name in _VALIDATION if name in folders), None)
    return (root / train, root / validation) if train and validation else None


def _class_names(folder: Path) -> list[str]:
    names = _subfolders(folder)
    if len(names) < 2:
        found = f"only {names[0]}/" if names else "no sub-folder"
        raise DatasetError(
            f"{folder} holds {found}; put each class's pictures into a sub-folder, two or more."
        )
    return names


def _pictures(folder: Path, names: list[str], channels: int, least: int, skipped: list[Skipped]) -> Split:
    """Return the readable pictures of every class; what is not readable is added to `skipped`."""
    files: list[Path] = []
    labels: list[int] = []
    for label, name in enumerate(names):
        before = len(skipped)
        good = _readable(folder / name, skipped)
        if len(good) < least:
            files_there = len(good) + len(skipped) - before
            raise DatasetError(
                f"{folder / name} holds {len(good)} readable pictures among {files_there} files; at least "
                f"{least} are needed."
            )
        files += good
        labels += [label] * len(good)
    return Split(files, np.array(labels, np.int32), channels=channels)

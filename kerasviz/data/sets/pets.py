"""The Oxford-IIIT Pet data set: 37 breeds of cats and dogs, about 200 pictures each, with trimaps.

Parkhi, Vedaldi, Zisserman, Jawahar, "Cats and Dogs", CVPR 2012; CC BY-SA 4.0.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasviz.bounds import NUMBERS, check_numbers, short
from kerasviz.data.download import Archive, download_archives
from kerasviz.data.holdout import hold_out
from kerasviz.data.location import candidates
from kerasviz.data.split import Dataset, Split
from kerasviz.errors import DatasetError, InputError, did_you_mean, one_line
from kerasviz.images import Skipped, check_image, files_under, in_threads, natural_key, read_image

BASE_URL = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
ARCHIVES = (
    Archive(
        "images.tar.gz",
        "67195c5e1c01f1ab5f9b6a5d22b8c27a580d896ece458917e61d459337fa318d",
        "images",
    ),
    Archive(
        "annotations.tar.gz",
        "52425fb6de5c424942b7626b428656fcbd798db970a937df61750c0f1d358e91",
        "annotations",
    ),
)
_FOLDER = "oxford-pets"
_BACKGROUND = 2


def load(
    directory: str | os.PathLike[str] | None = None,
    classes: Iterable[str] | None = None,
    split: str | float = "official",
    seed: int = 0,
    download: bool = False,
) -> Dataset:
    """Return the pet pictures of `classes`, as files that are read when asked for.

    Args:
        directory: the folder with `images/` and `annotations/`, or the one that holds it as `oxford-pets/`;
            None for `$KERASVIZ_DATA_DIR`, else the user's cache folder.
        classes: breeds by their official names, in any case, which are also their files' names up to the
            last underscore; labels follow their order. None for all that the folder lists, sorted.
        split: "official" (`trainval.txt` and `test.txt`), or the share, above 0 and below 1, of each class
            to hold out at random for validation.
        seed: of the random split.
        download: fetch the two archives (811 MB) when they are not there yet.

    Files are judged by their content. What is no picture, is damaged, missing, or not listed in `list.txt`
    is left out and stands in `skipped`. Masks are the trimaps, True on the animal and on the border around
    it, a band that the trimaps leave open.

    Raises:
        DatasetError: the data are not there, are incomplete, or cannot be downloaded.
        InputError: no breed has such a name, or `split` is neither of the two.
    """
    share = NUMBERS["split"]
    if split != "official" and share.found(split) is None:
        raise InputError(
            f"split is {short(split)}; pass 'official', or the share to hold out, {share.expected}."
        )
    check_numbers(seed=seed)
    root = _root(directory, download)
    listed = _read_list(root, "list.txt")
    names = _choose(classes, _breeds(listed))
    survey = _survey(root, names, set(listed))
    if split == "official":
        train, validation = (_official(root, name, survey) for name in ("trainval.txt", "test.txt"))
        assigned = {*train, *validation}
        unassigned = [
            (path, "in neither split") for stem, path in survey.files.items() if stem not in assigned
        ]
        survey.skipped.extend(unassigned)
    else:
        stems = list(survey.files)
        labels = [names.index(breed_of(stem)) for stem in stems]
        kept, held = hold_out(labels, float(split), seed)
        train, validation = [stems[i] for i in kept], [stems[i] for i in held]
    splits = [_split(root, stems, survey, names) for stems in (train, validation)]
    return Dataset("pets", tuple(names), splits[0], splits[1], survey.skipped)


def breeds(directory: str | os.PathLike[str] | None = None, download: bool = False) -> list[str]:
    """Return the breeds that the folder lists, sorted; the arguments are those of `load`.

    Raises:
        DatasetError: the data are not there, or cannot be downloaded.
    """
    return _breeds(_read_list(_root(directory, download), "list.txt"))


def _breeds(listed: Iterable[str]) -> list[str]:
    return sorted({breed_of(stem) for stem in listed}, key=str.lower)


def breed_of(stem: str) -> str:
    """Return the breed in a file's name without its ending.

    >>> breed_of("american_bulldog_12")
    'american_bulldog'
    """
    return stem.rpartition("_")[0]


def read_trimap(path: Path) -> np.ndarray:
    """Return the trimap in the file `path` as bool `(h, w)`: True on animal and border (1 and 3).

    Raises:
        ImageError: the file is not a picture.
    """
    return read_image(path, channels=1)[:, :, 0] != _BACKGROUND


@dataclass(frozen=True)
class _Survey:
    files: dict[str, Path]
    skipped: list[Skipped]


def _root(directory: str | os.PathLike[str] | None, download: bool) -> Path:
    places = candidates(directory, _FOLDER)
    for place in places:
        if os.path.isdir(place / "images") and os.path.isdir(place / "annotations"):
            return place
    if download:
        download_archives(BASE_URL, ARCHIVES, places[-1])
        return places[-1]
    raise DatasetError(
        f"No pet pictures in {' or '.join(map(str, places))}: a folder with images/ and annotations/ is "
        "expected. Download it (811 MB) with download=True, or name your copy's folder (KERASVIZ_DATA_DIR "
        "may hold it as oxford-pets)."
    )


def _read_list(root: Path, name: str) -> list[str]:
    path = root / "annotations" / name
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path} cannot be read ({one_line(error)}); the official annotations hold it."
        ) from None
    stems = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    if not stems:
        raise DatasetError(f"{path} names no picture; the official one names a picture in every line.")
    return stems


def _choose(classes: Iterable[str] | None, breeds: Sequence[str]) -> list[str]:
    if classes is None:
        return list(breeds)
    if isinstance(classes, str):
        raise InputError(f"classes is the text {classes!r}; pass a list of names.")
    official = {breed.lower(): breed for breed in breeds}
    chosen = []
    for name in classes:
        if name.lower() not in official:
            raise InputError(f"No breed is called {name!r} here. {did_you_mean(name, breeds)}")
        chosen.append(official[name.lower()])
    if not chosen or len(set(chosen)) != len(chosen):
        raise InputError(f"classes is {chosen}; pass one or more names, each once.")
    return chosen


def _survey(root: Path, names: Sequence[str], listed: set[str]) -> _Survey:
    """Judge every file of the chosen breeds by its content."""
    paths = [path for path in files_under(root / "images") if breed_of(path.stem) in names]
    survey = _Survey({}, [])
    for path, problem in zip(paths, in_threads(check_image, paths), strict=True):
        if problem:
            reason = problem
        elif path.stem not in listed:
            reason = "not in list.txt"
        elif path.stem in survey.files:
            reason = f"a second picture of the name {path.stem}"
        else:
            survey.files[path.stem] = path
            continue
        survey.skipped.append((path, reason))
    known = {path.stem for path in paths}
    absent = sorted((s for s in listed if breed_of(s) in names and s not in known), key=natural_key)
    survey.skipped.extend((root / "images" / f"{stem}.jpg", "missing") for stem in absent)
    return survey


def _official(root: Path, name: str, survey: _Survey) -> list[str]:
    return [stem for stem in _read_list(root, name) if stem in survey.files]


def _split(root: Path, stems: Sequence[str], survey: _Survey, names: Sequence[str]) -> Split:
    trimaps = [root / "annotations" / "trimaps" / f"{stem}.png" for stem in stems]
    masks = [path if path.is_file() else None for path in trimaps]
    labels = np.array([names.index(breed_of(stem)) for stem in stems], np.int32)
    return Split(
        [survey.files[stem] for stem in stems],
        labels,
        masks if any(masks) else None,
        mask_reader=read_trimap,
    )

"""Fashion-MNIST: 60,000 and 10,000 grey pictures of clothes, 28x28, in ten classes.

Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
2017; MIT licence.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from kerasviz.data.location import candidates
from kerasviz.data.sets.idx import read_idx
from kerasviz.data.split import Dataset, Split
from kerasviz.errors import DatasetError, one_line

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_FOLDER = "fashion-mnist"
_PARTS = ("train", "t10k")


def load(directory: str | os.PathLike[str] | None = None) -> Dataset:
    """Return Fashion-MNIST with grey pictures, uint8 `(N, 28, 28, 1)`, test pictures as `validation`.

    Args:
        directory: the folder of the four IDX files (`train-images-idx3-ubyte`, ..., plain or `.gz`), or the
            one that holds it as `fashion-mnist/`. None for `fashion-mnist/` in `$KERASVIZ_DATA_DIR` or the
            user's cache folder if it is there, else the copy that `keras.datasets` keeps or downloads.

    Raises:
        DatasetError: a file is missing, damaged, cut off, or of another shape or label; or there is no copy
            and the download failed.
    """
    places = candidates(directory, _FOLDER)
    place = next((place for place in places if any(_find(place, part, "images") for part in _PARTS)), None)
    if place is not None:
        train, validation = (_read(place, part) for part in _PARTS)
    elif directory is None:
        train, validation = _from_keras()
    else:
        raise DatasetError(
            f"No Fashion-MNIST in {' or '.join(map(str, places))}: train-images-idx3-ubyte and three more "
            "IDX files, plain or .gz, are expected; without a folder they are downloaded."
        )
    return Dataset("fashion_mnist", CLASS_NAMES, train, validation)


def _file_name(part: str, kind: str) -> str:
    return f"{part}-images-idx3-ubyte" if kind == "images" else f"{part}-labels-idx1-ubyte"


def _find(place: Path, part: str, kind: str) -> Path | None:
    name = _file_name(part, kind)
    return next((path for path in (place / name, place / f"{name}.gz") if os.path.isfile(path)), None)


def _read(place: Path, part: str) -> Split:
    def read(kind: str, axes: int) -> np.ndarray:
        path = _find(place, part, kind)
        if path is None:
            raise DatasetError(f"{place} lacks {_file_name(part, kind)}, plain or .gz; put it there.")
        return read_idx(path, axes)

    return _split(read("images", 3), read("labels", 1), f"{place} ({part})")


def _split(images: np.ndarray, labels: np.ndarray, origin: str) -> Split:
    if images.shape[1:] != (28, 28) or not len(images):
        raise DatasetError(
            f"The pictures in {origin} are of shape {images.shape}; one or more of 28 x 28 are expected."
        )
    if len(labels) != len(images):
        raise DatasetError(
            f"{origin} holds {len(images)} pictures and {len(labels)} labels; equal numbers are expected."
        )
    if labels.max() >= len(CLASS_NAMES):
        raise DatasetError(
            f"{origin} holds the label {labels.max()}; 0 to {len(CLASS_NAMES) - 1} are expected."
        )
    return Split(images[..., np.newaxis], labels.astype(np.int32))


def _from_keras() -> tuple[Split, Split]:
    # Keras takes seconds to load: only who needs its copy waits for it.
    import keras

    try:
        parts = keras.datasets.fashion_mnist.load_data()
    # Its downloader raises a bare Exception when there is no network.
    except Exception as error:
        raise DatasetError(
            f"keras.datasets could not provide Fashion-MNIST ({one_line(error)}); put its four IDX files "
            "into a folder fashion-mnist in KERASVIZ_DATA_DIR, or name their folder."
        ) from error
    train, validation = (_split(images, labels, "keras.datasets") for images, labels in parts)
    return train, validation

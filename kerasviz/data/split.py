"""What every data set is made of: two splits of pictures, labels and, where there are any, masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from kerasviz.data.decoded import Cache, decode_all
from kerasviz.errors import DatasetError, InputError
from kerasviz.images import Size, Skipped, read_image, resize_image


def read_mask(path: Path) -> np.ndarray:
    """Return the mask picture in the file `path` as bool `(h, w)`: True where it is not black.

    Raises:
        ImageError: the file is not a picture.
    """
    return read_image(path, channels=1)[:, :, 0] > 0


@dataclass(frozen=True)
class Split:
    """Pictures with their labels and masks, in memory or as files that are read when asked for.

    Attributes:
        images: uint8 `(N, h, w, C)`, or N picture files.
        labels: int32 `(N,)`, indices into the data set's class names.
        masks: bool `(N, h, w)`, True on the object; or N mask files, None where a picture has no mask; or
            None when there are no masks at all.
        channels: 3 or 1, what picture files are read as.
        mask_reader: makes a mask file a bool array `(h, w)`.

    Raises:
        InputError: the numbers of pictures, labels and masks differ, or an array has another type or rank.

    >>> split = Split(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1], np.int32))
    >>> len(split), split.image(1, size=8).shape
    (2, (8, 8, 3))
    """

    images: np.ndarray | Sequence[Path]
    labels: np.ndarray
    masks: np.ndarray | Sequence[Path | None] | None = None
    channels: int = 3
    mask_reader: Callable[[Path], np.ndarray] = field(default=read_mask, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.images, np.ndarray):
            if self.images.dtype != np.uint8 or self.images.ndim != 4:
                raise InputError(
                    f"images are {self.images.dtype} of shape {self.images.shape}; pass uint8 (N, h, w, C)."
                )
            object.__setattr__(self, "channels", self.images.shape[-1])
        object.__setattr__(self, "labels", np.asarray(self.labels, np.int32))
        counts = [len(self.images), len(self.labels)] + ([] if self.masks is None else [len(self.masks)])
        if self.labels.ndim != 1 or len(set(counts)) != 1:
            raise InputError(
                f"{counts[0]} pictures came with {counts[1:]} labels and masks; pass one of each."
            )

    def __len__(self) -> int:
        return len(self.images)

    def image(self, index: int, size: Size | None = None) -> np.ndarray:
        """Return picture `index` as uint8 `(h, w, C)`, stretched to `size` if one is given."""
        if isinstance(self.images, np.ndarray):
            image = self.images[index]
            return image if size is None else resize_image(image, size)
        return read_image(self.images[index], size, self.channels)

    def mask(self, index: int, size: Size | None = None) -> np.ndarray:
        """Return the mask of picture `index` as bool `(h, w)`, stretched as its picture is.

        Raises:
            DatasetError: the picture has no mask.
        """
        source = None if self.masks is None else self.masks[index]
        if source is None:
            raise DatasetError(f"Picture {index} has no mask; of our data sets pets and shapes have masks.")
        mask = self.mask_reader(source) if isinstance(source, Path) else source
        return mask if size is None else resize_image(mask.astype(np.uint8) * 255, size) >= 128

    def take(self, indices: Sequence[int] | np.ndarray | slice) -> Split:
        """Return the pictures at `indices`, in that order."""
        positions = np.arange(len(self))[indices]

        def pick(items: np.ndarray | Sequence[Path | None]) -> np.ndarray | list:
            return items[positions] if isinstance(items, np.ndarray) else [items[i] for i in positions]

        masks = None if self.masks is None else pick(self.masks)
        return replace(self, images=pick(self.images), labels=self.labels[positions], masks=masks)

    def decoded(self, image_size: Size, cache: Cache = "memory") -> Split:
        """Return this split with its pictures decoded and resized once, masks left as they are.

        Args:
            image_size: side or `(height, width)`.
            cache: "memory" for an array in memory, or a folder for a file there that is mapped, not read
                whole; a later run over the same unchanged pictures finds it again.

        Raises:
            ImageError: a picture cannot be read.
        """
        return replace(self, images=decode_all(self.images, image_size, self.channels, cache))


@dataclass(frozen=True)
class Dataset:
    """A data set: its classes by name, the pictures to train and to validate on, and what was left out.

    `skipped` holds pairs of a path and the reason why that file is in neither split.
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    skipped: list[Skipped] = field(default_factory=list)

    def describe(self) -> str:
        """Return one line: the numbers of pictures and classes, and every file left out with its reason.

        >>> split = Split(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1]))
        >>> Dataset("tiny", ("a", "b"), split, split, [(Path("x/b.mat"), "not a picture")]).describe()
        'tiny: 2 train, 2 validation, 2 classes; left out 1: b.mat (not a picture)'
        """
        line = (
            f"{self.name}: {len(self.train)} train, {len(self.validation)} validation, "
            f"{len(self.class_names)} classes"
        )
        if not self.skipped:
            return line
        listed = ", ".join(f"{path.name} ({reason})" for path, reason in self.skipped)
        return f"{line}; left out {len(self.skipped)}: {listed}"

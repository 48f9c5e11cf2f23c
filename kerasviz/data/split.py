"""What every data set is made of: two splits of pictures, labels and, where there are any, masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from kerasviz.data.decoded import Cache, decode_all
from kerasviz.errors import DatasetError, InputError
from kerasviz.images import (
    SHOWN,
    Size,
    Skipped,
    as_gray,
    as_rgb,
    checked_range,
    pictures_in_html,
    read_image,
    resize_image,
    spread_over,
)

_BYTES = (0.0, 255.0)


def read_mask(path: Path) -> np.ndarray:
    """Return the mask picture in the file `path` as bool `(h, w)`: True where it is not black.

    Raises:
        ImageError: the file is not a picture.
    """
    return read_image(path, channels=1)[:, :, 0] > 0


@dataclass(frozen=True, repr=False)
class Split:
    """Pictures with their labels and masks, in memory or as files that are read when asked for.

    Attributes:
        images: uint8 `(N, h, w, C)`, floats of the same shape in `value_range`, or N picture files. Floats
            are kept as float32 in 0..255.
        labels: int32 `(N,)`, indices into the data set's class names; -1 where nothing is known.
        masks: bool `(N, h, w)`, True on the object; or N mask files, None where a picture has no mask; or
            None when there are no masks at all.
        channels: 3 or 1, what picture files are read as.
        mask_reader: makes a mask file a bool array `(h, w)`.
        value_range: what floats hold for black and white; None for uint8 and files.

    Raises:
        InputError: the numbers of pictures, labels and masks differ, an array has another type or rank, or
            floats come without their range or lie outside of it.

    >>> split = Split(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1], np.int32))
    >>> len(split), split.image(1, size=8).shape
    (2, (8, 8, 3))
    """

    images: np.ndarray | Sequence[Path]
    labels: np.ndarray
    masks: np.ndarray | Sequence[Path | None] | None = None
    channels: int = 3
    mask_reader: Callable[[Path], np.ndarray] = field(default=read_mask, repr=False)
    value_range: Sequence[float] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.images, np.ndarray):
            object.__setattr__(self, "images", _in_bytes(self.images, self.value_range))
            if self.images.dtype != np.uint8:
                object.__setattr__(self, "value_range", _BYTES)  # for copies of this split
            object.__setattr__(self, "channels", self.images.shape[-1])
        object.__setattr__(self, "labels", np.asarray(self.labels, np.int32))
        counts = [len(self.images), len(self.labels)] + ([] if self.masks is None else [len(self.masks)])
        if self.labels.ndim != 1 or len(set(counts)) != 1:
            raise InputError(
                f"{counts[0]} pictures came with {counts[1:]} labels and masks; pass one of each."
            )

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        """Return what the split holds in a line.

        >>> Split(np.zeros((2, 4, 4, 3), np.uint8), [-1, -1])
        Split(2 pictures 4 x 4 x 3, no labels, no masks)
        """
        count = f"{len(self)} picture{'s' * (len(self) != 1)}"
        if isinstance(self.images, np.ndarray):
            count = f"{count} {' x '.join(map(str, self.images.shape[1:]))}"
        else:
            count = f"{count} as files"
        labels = f"labels of {len(np.unique(self.labels))} classes" if self.labelled else "no labels"
        return f"Split({count}, {labels}, {'no masks' if self.masks is None else 'masks'})"

    def _repr_html_(self) -> str:
        return pictures_in_html(repr(self), [self.image(at) for at in range(min(len(self), SHOWN))])

    @property
    def labelled(self) -> bool:
        """Whether every picture has a label."""
        return len(self) > 0 and bool((self.labels >= 0).all())

    def image(self, index: int, size: Size | None = None) -> np.ndarray:
        """Return picture `index` as uint8 `(h, w, C)`, stretched to `size` if one is given."""
        pixels = self.pixels(index, size)
        return pixels if pixels.dtype == np.uint8 else (pixels + 0.5).astype(np.uint8)

    def pixels(self, index: int, size: Size | None = None) -> np.ndarray:
        """Return picture `index` as `image` does; of a split made of floats as float32, not rounded."""
        if isinstance(self.images, np.ndarray):
            image = self.images[index]
            return image if size is None else resize_image(image, size)
        return read_image(self.images[index], size, self.channels)

    def picture_name(self, index: int) -> str:
        """Return the file of picture `index` with its folder, or its number where it has none."""
        one = self.images[index]
        return f"{one.parent.name}/{one.name}" if isinstance(one, Path) else str(index)

    def with_channels(self, channels: int) -> Split:
        """Return the pictures with 3 or 1 channels: grey ones repeated, coloured ones made grey."""
        if channels == self.channels:
            return self
        if not isinstance(self.images, np.ndarray):
            return replace(self, channels=channels)
        convert = as_rgb if channels == 3 else as_gray
        images = [convert(self.image(at)) for at in range(len(self))]
        return replace(self, images=np.stack(images).reshape(*self.images.shape[:3], channels))

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

    def masked(self) -> Split:
        """Return the pictures that have a mask; of masks in memory, one with something on it.

        Raises:
            DatasetError: there is none.
        """
        masks = [] if self.masks is None else self.masks
        usable = [
            at for at, mask in enumerate(masks) if mask is not None and (isinstance(mask, Path) or mask.any())
        ]
        if not usable:
            raise DatasetError(f"None of {len(self)} pictures has a mask of an object.")
        return self.take(usable)

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


def _in_bytes(images: np.ndarray, value_range: Sequence[float] | None) -> np.ndarray:
    """Return uint8 pictures as they are, and floats as float32 in 0..255."""
    if images.ndim != 4 or not (images.dtype == np.uint8 or images.dtype.kind == "f"):
        raise InputError(
            f"images are {images.dtype} of shape {images.shape}; pass uint8 or floats of the shape "
            "(N, h, w, C)."
        )
    if images.dtype == np.uint8:
        return images
    if value_range is None:
        raise InputError(
            f"images are {images.dtype}, and nothing says which values are black and white: pass uint8, or "
            "value_range=(low, high), such as (0, 1)."
        )
    low, high = checked_range(value_range)
    found = (float(images.min()), float(images.max())) if images.size else (low, high)
    slack = 1e-3 * (high - low)
    if not (found[0] >= low - slack and found[1] <= high + slack):
        raise InputError(
            f"images hold values from {found[0]:g} to {found[1]:g}, outside of value_range "
            f"({low:g}, {high:g})."
        )
    if (low, high) == _BYTES:
        return images.astype(np.float32, copy=False).clip(0, 255)
    return ((images.astype(np.float32) - low) * np.float32(255 / (high - low))).clip(0, 255)


@dataclass(frozen=True, repr=False)
class Dataset:
    """A data set: its classes by name, the pictures to train and to validate on, and what was left out.

    `skipped` holds pairs of a path and the reason why that file is in neither split. Pictures without labels
    have no `class_names`; of pictures that were not divided, `train` is empty.
    """

    name: str
    class_names: tuple[str, ...]
    train: Split
    validation: Split
    skipped: list[Skipped] = field(default_factory=list)

    def __repr__(self) -> str:
        """Return what the data set holds in a line; `describe` names the files that were left out."""
        return f"Dataset({self._counts()}{f', left out {len(self.skipped)}' if self.skipped else ''})"

    def _repr_html_(self) -> str:
        shown = spread_over(len(self.validation), SHOWN)
        return pictures_in_html(
            self.describe(),
            [self.validation.image(at) for at in shown],
            [self.class_name(self.validation, at) for at in shown],
        )

    def class_name(self, split: Split, index: int) -> str:
        """Return the name of the class of a picture in one of the splits; nothing where it has no label."""
        label = int(split.labels[index])
        return self.class_names[label] if 0 <= label < len(self.class_names) else ""

    def describe(self) -> str:
        """Return one line: the numbers of pictures and classes, and every file left out with its reason.

        >>> split = Split(np.zeros((2, 4, 4, 3), np.uint8), np.array([0, 1]))
        >>> Dataset("tiny", ("a", "b"), split, split, [(Path("x/b.mat"), "not a picture")]).describe()
        'tiny: 2 train, 2 validation, 2 classes; left out 1: b.mat (not a picture)'
        """
        if not self.skipped:
            return self._counts()
        listed = ", ".join(f"{path.name} ({reason})" for path, reason in self.skipped)
        return f"{self._counts()}; left out {len(self.skipped)}: {listed}"

    def _counts(self) -> str:
        classes = f"{len(self.class_names)} classes" if self.class_names else "no labels"
        if not len(self.train):
            return f"{self.name}: {len(self.validation)} pictures, {classes}"
        return f"{self.name}: {len(self.train)} train, {len(self.validation)} validation, {classes}"

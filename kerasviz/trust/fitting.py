"""Pictures with their masks as a model takes both: resized, or as its preprocessor crops and pads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasviz.data import Split
from kerasviz.errors import DatasetError
from kerasviz.images import PictureForm, in_threads


@dataclass(frozen=True, repr=False)
class FittedPictures:
    """Pictures as a model takes them.

    Attributes:
        images: float32 `(N, h, w, C)`, past the model's preprocessor where it has one.
        masks: bool `(N, h, w)`, or None where there are none.
        labels: int32 `(N,)`.
        unseen: how many pictures were left out because the model sees nothing of their object.
    """

    images: np.ndarray
    masks: np.ndarray | None
    labels: np.ndarray
    unseen: int = 0

    def __repr__(self) -> str:
        masks = "no masks" if self.masks is None else "masks"
        left_out = f", {self.unseen} left out" if self.unseen else ""
        return f"FittedPictures({len(self.images)} pictures, {masks}{left_out})"


def fit_split(split: Split, form: PictureForm) -> FittedPictures:
    """Return the pictures of a split as the model of that form takes them, and their masks as it sees them.

    Raises:
        DatasetError: the model sees nothing of any object.
        ImageError: a picture cannot be read.
        InputError: the model takes any size or nothing says its range: see `PictureForm`.

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    >>> mask = np.arange(4) < 2
    >>> split = Split(np.full((1, 4, 4, 1), 255, np.uint8), [0], np.tile(mask, (1, 4, 1)))
    >>> found = fit_split(split, PictureForm.of(model, input_range=(0, 1)))
    >>> found.images.ravel().tolist(), found.masks.tolist()
    ([1.0, 1.0, 1.0, 1.0], [[[True, False], [True, False]]])
    """

    def fit(index: int) -> tuple[np.ndarray, np.ndarray | None]:
        picture = form.fit(split.image(index))
        mask = None if split.masks is None else picture.box.seen(split.mask(index), form.size)
        # Not the picture itself: it also holds what is drawn on, of up to 640 pixels a side.
        return form.batch([picture])[0], mask

    fitted = in_threads(fit, range(len(split)))
    kept = [at for at, (_, mask) in enumerate(fitted) if mask is None or mask.any()]
    if not kept:
        raise DatasetError(
            f"The model sees nothing of the object of any of {len(split)} pictures, as it crops and resizes "
            "them: pass others."
        )
    masks = [mask for at in kept if (mask := fitted[at][1]) is not None]
    return FittedPictures(
        np.stack([fitted[at][0] for at in kept]),
        np.stack(masks) if masks else None,
        split.labels[kept],
        len(split) - len(kept),
    )

"""How a model takes pictures: size, channels, their order, value range; and pictures in that form."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasviz.errors import ImageError, InputError, UnsupportedModelError
from kerasviz.images.files import Size, read_image, resize_image, size_pair
from kerasviz.images.front import Affine, Range, checked_range, measured, said_by
from kerasviz.images.model_input import picture_input, preprocessed, size_made_by
from kerasviz.images.picture import Picture, drawable
from kerasviz.images.placing import WHOLE, Box, found_box
from kerasviz.images.png import as_gray, as_rgb

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, repr=False, kw_only=True)
class PictureForm:
    """How a model takes pictures. Made by `PictureForm.of`.

    Attributes:
        height, width: in pixels; None where the model takes any.
        channels: 3, 1, or another number, of which no picture file can be made; None where it is not known.
        channels_first: whether batches are `(N, C, h, w)`.
        channel_order: "rgb", "bgr", or "grey" for one channel.
        input_range: the values that the model, or its preprocessor, takes for black and white; None where
            nothing says it.
        known_from: who says the range: "model", "caller", or None.
        preprocessor: what makes raw pictures in 0..255 what the model takes, as `keras_hub` keeps it in
            `model.preprocessor`; None for a model without one.
        model_name: for messages.

    >>> import keras
    >>> layers = [keras.Input((8, 8, 1)), keras.layers.Rescaling(1 / 255), keras.layers.Conv2D(2, 3)]
    >>> form = PictureForm.of(keras.Sequential(layers))
    >>> form
    PictureForm(8 x 8 grey, black is 0 and white 255, says the model)
    >>> form.input_range, form.known_from
    ((0.0, 255.0), 'model')
    >>> form.shown(np.full((1, 8, 8, 1), 255.0)).shape
    (1, 8, 8, 3)
    """

    height: int | None
    width: int | None
    channels: int | None
    channels_first: bool
    channel_order: str
    input_range: Range | None
    known_from: str | None
    preprocessor: Any = None
    model_name: str = "model"

    def __repr__(self) -> str:
        """Return the form in a line."""
        colors = self.channel_order.upper() if self.channels == 3 else self.channel_order
        channels = colors if self.channels in (1, 3) else f"x {self.channels or '?'}"
        parts = [f"{self.height or '?'} x {self.width or '?'} {channels}"]
        parts += ["channels first"] if self.channels_first else []
        if self.input_range is None:
            parts.append("range not known")
        else:
            low, high = self.input_range
            parts.append(f"black is {low:g} and white {high:g}, says the {self.known_from}")
        parts += ["with a preprocessor"] if self.preprocessor is not None else []
        return f"PictureForm({', '.join(parts)})"

    @classmethod
    def of(
        cls,
        model: keras.Model,
        *,
        input_range: Sequence[float] | None = None,
        image_size: Size | None = None,
    ) -> PictureForm:
        """Return how `model` takes pictures, as it says itself or as the caller says.

        The model says its range by, in this order: the attribute `model.input_range = (low, high)`, which
        `kerasviz.models.save_model` keeps; `model.preprocessor`; the layers `MeanSubtraction`, `Rescaling`
        and `Normalization` at its front, or operations such as `x / 255`, where they leave no doubt. Where
        neither says it, the form has no range: arrays in the model's own form can be run, but no file can be
        read and no floats be drawn.

        Args:
            model: a model with one picture among its inputs.
            input_range: the values that the model takes for black and white. They count more than what the
                model says, and leave its preprocessor out.
            image_size: side or `(height, width)`, for a model that takes any.

        Raises:
            UnsupportedModelError: the model takes no pictures, several, or has not been built.
            InputError: `input_range` or `image_size` cannot be used.
        """
        tensor, shape = picture_input(model)
        first = shape[-1] not in (1, 3) and shape[1] in (1, 3)
        channels = shape[1] if first else shape[-1]
        height, width = shape[2:] if first else shape[1:3]
        preprocessor = None if input_range is not None else getattr(model, "preprocessor", None)
        if preprocessor is not None and None in (height, width):
            height, width = size_made_by(preprocessor) or (height, width)
        blue_first = False
        given: Range | None = None if input_range is None else checked_range(input_range)
        known = None if given is None else "caller"
        if preprocessor is not None:
            given, known = (0.0, 255.0), "model"
        elif said := said_by(model, tensor, 1 if first else 3):
            blue_first = said.blue_first
            if given is None:
                given, known = (said.low, said.high), "model"
        order = "grey" if channels == 1 else "bgr" if blue_first else "rgb"
        form = cls(
            height=height,
            width=width,
            channels=channels,
            channels_first=first,
            channel_order=order,
            input_range=given,
            known_from=known,
            preprocessor=preprocessor,
            model_name=model.name,
        )
        return form if image_size is None else form.sized(image_size, strict=True)

    def sized(self, image_size: Size, strict: bool = False) -> PictureForm:
        """Return this form with the sides that are open set to `image_size`.

        Raises:
            InputError: with `strict`, the model takes another size only.
        """
        height, width = size_pair(image_size)
        if strict and (self.height not in (None, height) or self.width not in (None, width)):
            raise InputError(
                f"The model {self.model_name!r} takes pictures of {self.height} x {self.width} only, but "
                f"image_size is {image_size!r}: leave it out."
            )
        return dataclasses.replace(self, height=self.height or height, width=self.width or width)

    def with_range(self, input_range: Sequence[float]) -> PictureForm:
        """Return this form with the caller's values for black and white, and without a preprocessor.

        Raises:
            InputError: the range cannot be used.
        """
        given = checked_range(input_range)
        return dataclasses.replace(self, input_range=given, known_from="caller", preprocessor=None)

    @property
    def raw(self) -> PictureForm:
        """The form of the pictures that the preprocessor takes, in 0..255; without one, this form itself."""
        return self if self.preprocessor is None else dataclasses.replace(self, preprocessor=None)

    @property
    def size(self) -> tuple[int, int]:
        """The height and width of the pictures that the model takes.

        Raises:
            InputError: it takes any; `sized` and `image_size` set them.
        """
        if self.height is None or self.width is None:
            raise InputError(f"The model {self.model_name!r} takes pictures of any size: pass image_size.")
        return self.height, self.width

    def ranged(self) -> Range:
        """Return the values for black and white.

        Raises:
            InputError: nothing says them; the message shows both ways to mend it.
        """
        if self.input_range is None:
            raise InputError(
                f"Nothing says which values the model {self.model_name!r} takes for black and white: pass "
                "input_range=(low, high), such as (0, 1), (-1, 1) or (0, 255); or record it in the model, by "
                "model.input_range = (low, high) and kerasviz.models.save_model, or by a Rescaling layer at "
                "its front."
            )
        return self.input_range

    def read(self, path: str | os.PathLike[str]) -> Picture:
        """Return the picture in a file.

        Raises:
            ImageError: there is none.
            InputError: the range is not known (see `ranged`).
            UnsupportedModelError: the model takes neither one channel nor three.
        """
        self._check_readable()
        return self.fit(read_image(path), path)

    def fit(self, image: np.ndarray, path: str | os.PathLike[str] | None = None) -> Picture:
        """Return `image`, grey or RGB, uint8 or floats in 0..1, of any size, as a picture.

        Raises:
            ImageError: it is no such image.
            InputError: the range is not known (see `ranged`).
            UnsupportedModelError: the model takes neither one channel nor three.
        """
        self._check_readable()
        image, path = as_rgb(image), Path(path or "picture")
        pixels, values, box = self._taken(image)
        return Picture(path, box.dimmed(drawable(image)), pixels, values, box)

    def values_of(self, image: np.ndarray) -> np.ndarray:
        """Return one image, as `fit` takes it, as the model takes it: float32 `(h, w, C)`, or `(C, h, w)`.

        That is what `batch` makes of the picture, without anything to draw on.

        Raises:
            ImageError, InputError, UnsupportedModelError: as `fit`.
        """
        self._check_readable()
        pixels, values, _ = self._taken(as_rgb(image))
        return self.values(pixels[None])[0] if values is None else values

    def _taken(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, Box]:
        """Return an RGB image's pixels at the model's size, what a preprocessor made of it, and its box."""
        pixels = as_gray(image)[:, :, None] if self.channels == 1 else image
        if self.preprocessor is not None and (seen := self._seen(pixels)):
            values, pixels, box = seen
            return pixels, values, box
        size = (self.height or image.shape[0], self.width or image.shape[1])
        pixels = resize_image(pixels, size)
        made = None if self.preprocessor is None else self._made_of(pixels[None])[0]
        return pixels, made, WHOLE

    def _seen(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray, Box] | None:
        """Return what the preprocessor makes of a picture, how that looks, and which part of it that is.

        None where that cannot be seen, or has not the model's size: such pictures are stretched to the
        model's size first, so that their maps lie where they belong.
        """
        if self._scaling is None:
            return None
        values = self._made_of(pixels[None])
        height, width = self._channels_last(values).shape[1:3]
        if self.height not in (None, height) or self.width not in (None, width):
            return None
        box = self.box((pixels.shape[0], pixels.shape[1]))
        if box is None:
            return None
        return values[0], _rounded(self._scaling.undone(self._channels_last(values)))[0], box

    def box(self, size: tuple[int, int]) -> Box | None:
        """Return which part of raw pictures of that height and width the model sees.

        None where its preprocessor does more than stretch, crop, pad and scale, and cannot be followed.

        Raises:
            InputError: the range is not known (see `ranged`).
        """
        if self.preprocessor is None:
            return WHOLE
        scaling = self._scaling
        if scaling is None:
            return None

        def levels(pictures: np.ndarray) -> np.ndarray:
            return scaling.undone(self._channels_last(self._made_of(pictures)))

        if size not in self._boxes:
            self._boxes[size] = found_box(levels, size, 1 if self.channels == 1 else 3)
        return self._boxes[size]

    @functools.cached_property
    def _boxes(self) -> dict[tuple[int, int], Box | None]:
        """The box of each size of pictures met so far: pictures of a folder often share one."""
        return {}

    def _made_of(self, pixels: np.ndarray) -> np.ndarray:
        """Return what the preprocessor makes of pixels `(N, h, w, C)`, in the model's order of axes."""
        values = np.moveaxis(pixels, -1, 1) if self.channels_first else pixels
        return preprocessed(self.preprocessor, np.ascontiguousarray(values, np.float32))

    def _channels_last(self, values: np.ndarray) -> np.ndarray:
        return np.moveaxis(values, 1, -1) if self.channels_first else values

    def batch(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Return pictures as the model takes them: float32 `(N, h, w, C)`, or `(N, C, h, w)`.

        Raises:
            InputError: there is none, they differ in size, or the range is not known.
        """
        shapes = {picture.pixels.shape for picture in pictures}
        if len(shapes) != 1:
            sizes = ", ".join(sorted(f"{height} x {width}" for height, width, _ in shapes)) or "nothing"
            raise InputError(
                f"The model {self.model_name!r} takes pictures of any size, but a batch has one size, and "
                f"got {sizes}: pass image_size."
            )
        values = [picture.values for picture in pictures if picture.values is not None]
        if len(values) == len(pictures):
            return np.stack(values)
        return self.values(np.stack([picture.pixels for picture in pictures]))

    def values(self, pixels: np.ndarray) -> np.ndarray:
        """Return pixels `(N, h, w, C)` in 0..255, grey or RGB, as the model takes them: float32.

        Raises:
            InputError: the range is not known.
        """
        values = np.asarray(pixels)
        if self.preprocessor is not None:
            return self._made_of(values)
        values = self.scaling().done(values)
        return np.ascontiguousarray(np.moveaxis(values, -1, 1)) if self.channels_first else values

    def scaling(self) -> Affine:
        """Return what is done to the pixels in 0..255 of a picture, grey or RGB, channel by channel.

        Raises:
            InputError: the range is not known, or the model's preprocessor does more than scale.
        """
        if self._scaling is None:
            raise InputError(
                f"The preprocessor of the model {self.model_name!r} does more than scale, and cannot be "
                "undone: its pictures cannot be drawn from arrays. Read them from files, form.read(path), or "
                "set model.preprocessor = None and pass arrays as the network takes them."
            )
        return self._scaling

    @functools.cached_property
    def _scaling(self) -> Affine | None:
        low, high = self.ranged()
        channels = self.channels or 3
        if self.preprocessor is None:
            order = np.arange(channels)[:: -1 if self.channel_order == "bgr" else 1]
            return Affine(order, np.full(channels, (high - low) / 255), np.full(channels, low))
        axis, size = (1 if self.channels_first else 3), (self.height or 8, self.width or 8)
        return measured(lambda pixels: preprocessed(self.preprocessor, pixels), channels, axis, size)

    def shown(self, batch: Any) -> np.ndarray:
        """Return what a batch in the model's form looks like: uint8 RGB `(N, h, w, 3)`.

        uint8 is taken as pixels in 0..255. Floats are taken back from the model's range, and clipped to it.

        Raises:
            ImageError: it is no batch of grey or RGB pictures, or its values lie far outside of the range.
            InputError: the range is not known (see `ranged`).

        >>> import keras
        >>> model = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten()])
        >>> form = PictureForm.of(model, input_range=(-1, 1))
        >>> form.shown(np.array([[[[-1.0], [1.0]]]]))[0, 0].tolist()
        [[0, 0, 0], [255, 255, 255]]
        """
        values = np.asarray(batch)
        if values.ndim == 4 and self.channels_first:
            values = np.moveaxis(values, 1, -1)
        if values.ndim != 4 or values.shape[-1] not in (1, 3):
            raise ImageError(
                f"Pictures of the shape {np.shape(batch)} cannot be drawn; expected grey or RGB ones, "
                f"{'(N, 1 or 3, h, w)' if self.channels_first else '(N, h, w, 1 or 3)'}."
            )
        if values.dtype == np.uint8:
            pixels = values[..., ::-1] if self.channel_order == "bgr" else values
        else:
            pixels = self._pixels(values)
        return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:3], 3)))

    def _pixels(self, values: np.ndarray) -> np.ndarray:
        pixels = self.scaling().undone(values)
        if pixels.size and not (pixels.min() >= -255 and pixels.max() <= 510):
            low, high = self.ranged()
            raise ImageError(
                f"The pictures hold values from {values.min():g} to {values.max():g}, but the model "
                f"{self.model_name!r} takes {low:g} for black and {high:g} for white: pass them as it takes "
                "them, or another input_range."
            )
        return _rounded(pixels)

    def _check_readable(self) -> None:
        self.ranged()
        if self.channels not in (1, 3):
            raise UnsupportedModelError(
                f"The model {self.model_name!r} takes {self.channels or 'an unknown number of'} channels; a "
                "picture has one (grey) or three (RGB): pass an array in the model's own form."
            )


def _rounded(pixels: np.ndarray) -> np.ndarray:
    return (np.clip(pixels, 0, 255) + 0.5).astype(np.uint8)

"""From a frame to the picture of an animation: sheet or tile, enlarged, with a caption strip below."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from kerasviz.events import Frame, caption, scale_text
from kerasviz.film.sheet_frames import cut

# Small pictures are enlarged until their longer side has this many pixels.
SMALLEST_SIDE = 256
STRIP_HEIGHT = 24
_FONT_SIZE = 16
_SMALLEST_FONT = 7
_MARGIN = 5
_WHITE = 255
# Around frames that are smaller than the film; one of the greys that every palette has.
_MARGIN_COLOUR = (170, 170, 170)


class UnfitFrameError(Exception):
    """A frame is larger than the canvas, or of colours where that is grey."""


@dataclass(frozen=True)
class Canvas:
    """The form that every picture of one animation has.

    Attributes:
        shape: The shape of the largest frame (or tile) before enlarging: `(h, w)` or `(h, w, 3)`.
        tile: The number of the tile to show, or None for the whole frame.
        upscale: How many pixels wide and high each pixel is drawn.
        width: The width in pixels of the finished pictures.
        caption: Whether a strip below the picture says the step.
        scaled: Whether it also says the frame's scale, because not all frames have the same.
    """

    shape: tuple[int, ...]
    tile: int | None
    upscale: int
    width: int
    caption: bool
    scaled: bool = False

    @classmethod
    def fit(
        cls,
        samples: Sequence[Frame],
        shapes: Collection[tuple[int, ...]],
        tile: int | None,
        upscale: int | None,
        caption_step: int | None,
    ) -> Canvas:
        """Return the canvas that holds frames of all these shapes; of colours if one of them is.

        Args:
            samples: Frames from the whole length of the animation: the captions are fitted to them.
            shapes: See `shapes_of`; those of the samples are among them.
            tile: See `Canvas`.
            upscale: The factor, or None for the smallest that makes the longer side 256 pixels or more.
            caption_step: The longest step to be written, or None for no caption.
        """
        height, width = (max(shape[axis] for shape in shapes) for axis in (0, 1))
        shape = (height, width, *max(shapes, key=len)[2:])
        if upscale is None:
            upscale = max(1, -(-SMALLEST_SIDE // max(height, width)))
        captioned = caption_step is not None
        scaled = captioned and len({scale_text(sample.meta) for sample in samples}) > 1
        canvas = cls(shape, tile, upscale, width * upscale, captioned, scaled)
        if caption_step is None:
            return canvas
        longest = (replace(sample, step=caption_step) for sample in samples)
        text_width = max(_text_width(canvas.caption_of(sample)) for sample in longest)
        return replace(canvas, width=max(canvas.width, text_width))

    @property
    def height(self) -> int:
        """The height in pixels of the finished pictures."""
        return self.shape[0] * self.upscale + STRIP_HEIGHT * self.caption

    def draw(self, frame: Frame) -> np.ndarray:
        """Return the finished picture, uint8 `(H, W)` or `(H, W, 3)`.

        Raises:
            UnfitFrameError: the frame is larger than the canvas, or of colours where that is grey.
        """
        picture = cut(frame, self.tile)
        down, across = (self.shape[axis] - picture.shape[axis] for axis in (0, 1))
        if down < 0 or across < 0 or picture.ndim > len(self.shape):
            raise UnfitFrameError(f"step {frame.step} has a picture of {picture.shape}.")
        if picture.ndim < len(self.shape):
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB)
        if down or across:
            top, left = down // 2, across // 2
            picture = cv2.copyMakeBorder(
                picture, top, down - top, left, across - left, cv2.BORDER_CONSTANT, value=_MARGIN_COLOUR
            )
        if self.upscale > 1:
            size = (picture.shape[1] * self.upscale, picture.shape[0] * self.upscale)
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
        left, over = divmod(self.width - picture.shape[1], 2)
        if left or over:
            white = (_WHITE,) * 3
            picture = cv2.copyMakeBorder(picture, 0, 0, left, left + over, cv2.BORDER_CONSTANT, value=white)
        if not self.caption:
            return picture
        strip = _strip(self.caption_of(frame), self.width)
        if picture.ndim == 3:
            strip = cv2.cvtColor(strip, cv2.COLOR_GRAY2RGB)
        return np.concatenate([picture, strip])

    def letterboxes(self, frame: Frame) -> bool:
        """Whether a frame is smaller than the canvas, and gets a margin."""
        return cut(frame, self.tile).shape[:2] != self.shape[:2]

    def caption_of(self, frame: Frame) -> str:
        """Return what the strip below a frame says: step, scale and size where they differ, what is bare."""
        height, width = cut(frame, self.tile).shape[:2]
        size = f"{width}x{height}" if self.letterboxes(frame) else ""
        return caption(frame.step, frame.meta, self.tile, scale=self.scaled, size=size)


def shapes_of(frames: Iterable[Frame], tile: int | None) -> set[tuple[int, ...]]:
    """Return the shapes that frames have, or their tiles of that number."""
    return {cut(frame, tile).shape for frame in frames}


@lru_cache(maxsize=_FONT_SIZE)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _text_width(text: str, size: int = _FONT_SIZE) -> int:
    return int(np.ceil(_font(size).getlength(text))) + 2 * _MARGIN


def _strip(text: str, width: int) -> np.ndarray:
    """Return the caption strip, uint8 `(STRIP_HEIGHT, width)`: black on white with two greys between.

    A text longer than those the width was made for is written smaller.
    """
    strip = Image.new("L", (width, STRIP_HEIGHT), _WHITE)
    fitting = (size for size in range(_FONT_SIZE, _SMALLEST_FONT, -1) if _text_width(text, size) <= width)
    font = _font(next(fitting, _SMALLEST_FONT))
    ImageDraw.Draw(strip).text((_MARGIN, STRIP_HEIGHT // 2), text, fill=0, font=font, anchor="lm")
    return np.asarray(strip) // 64 * 85

"""What the commands that look into a model take: MODEL, class names, and pictures as the model wants them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras
    import numpy as np

MODEL_HELP = "a .keras or .h5 file, a SavedModel folder, or a network of keras.applications by name"
# The longer side of a drawn picture: larger ones are reduced, very small ones enlarged.
_LARGEST, _SMALLEST = 640, 160
_DEFAULT_SIZE = 224


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add MODEL."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)


def add_pictures(parser: argparse.ArgumentParser, out: str, batch_size: int) -> None:
    """Add the pictures, where results go, and how pictures are fed to the model."""
    parser.add_argument("images", metavar="IMAGE|FOLDER", nargs="+", help="picture files, or folders of them")
    parser.add_argument("--out", default=out, metavar="FOLDER", help="where the pictures are written")
    parser.add_argument("--batch-size", type=int, default=batch_size, help="pictures that are run together")
    parser.add_argument(
        "--input-range",
        default="0,255",
        metavar="LOW,HIGH",
        help="the values the model takes for black and white; negative ones as --input-range=-1,1",
    )
    parser.add_argument(
        "--image-size",
        type=int,
        metavar="SIDE",
        help=f"for a model that takes any size: the side in pixels (default: {_DEFAULT_SIZE})",
    )


def add_precision(parser: argparse._ActionsContainer) -> None:
    """Add the precision of the passes."""
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="bfloat16 is faster on some CPUs, and exact to about 0.3 %%",
    )


def add_class_names(parser: argparse._ActionsContainer) -> None:
    """Add --class-names."""
    parser.add_argument(
        "--class-names",
        metavar="FILE",
        help="the classes' names, one a line or a JSON list; by default those stored in the model",
    )


def find_class_names(args: argparse.Namespace, model: keras.Model) -> list[str] | None:
    """Return the names from --class-names, from the model, or ImageNet's for a network of keras.applications.

    Raises:
        InputError: the file cannot be read.
    """
    from kerasviz.models import class_names, read_class_names

    if args.class_names:
        return read_class_names(args.class_names)
    names = class_names(model)
    if names is None and not Path(args.model).exists():
        return _imagenet_names()
    return names


def _imagenet_names() -> list[str] | None:
    import keras
    import numpy as np

    decode = keras.applications.imagenet_utils.decode_predictions
    try:
        return [best[0][1] for best in decode(np.eye(1000), top=1)]
    except Exception:  # Keras downloads the names when it has not yet: without them, classes are numbers.
        return None


@dataclass(frozen=True)
class Picture:
    """A picture file: `shown` is uint8 RGB to draw on, `pixels` uint8 at the size that the model takes."""

    path: Path
    shown: np.ndarray
    pixels: np.ndarray


@dataclass(frozen=True)
class Form:
    """How a model takes pictures: the size in pixels, the channels and their place, the range of values."""

    height: int
    width: int
    channels: int
    channels_first: bool
    low: float
    high: float

    @classmethod
    def of(cls, model: keras.Model, input_range: str, image_size: int | None) -> Form:
        """Return the form of the model's one input.

        Raises:
            UnsupportedModelError: the model does not take pictures, or not only one.
            InputError: `input_range` or `image_size` cannot be used.
        """
        from kerasviz.errors import InputError, UnsupportedModelError
        from kerasviz.probe import uses_channels_first

        inputs = getattr(model, "inputs", None) or []
        shape = tuple(inputs[0].shape) if len(inputs) == 1 else ()
        first = uses_channels_first(model)
        height, width, channels = (
            (shape[2], shape[3], shape[1])
            if first and len(shape) == 4
            else (shape[1:] if len(shape) == 4 else (None, None, None))
        )
        if channels not in (1, 3):
            found = ", ".join(str(tuple(tensor.shape)) for tensor in inputs) or "inputs of unknown shape"
            raise UnsupportedModelError(
                f"The model takes {found}; expected one input of grey or RGB pictures, (N, h, w, 1 or 3)."
            )
        if image_size is not None and image_size < 1:
            raise InputError(f"--image-size is {image_size}; it must be at least 1.")
        if image_size is not None and {height, width} - {None, image_size}:
            raise InputError(
                f"The model takes pictures of {height} x {width} only: leave out --image-size {image_size}."
            )
        side = image_size or _DEFAULT_SIZE
        return cls(height or side, width or side, channels, first, *_range(input_range))

    def read(self, path: Path) -> Picture:
        """Return the picture in a file; raises ImageError when there is none."""
        from kerasviz.images import read_image

        return self.fit(path, read_image(path))

    def fit(self, path: Path, image: np.ndarray) -> Picture:
        """Return `image`, uint8 RGB of any size, as the picture of `path`."""
        from kerasviz.images import as_gray, resize_image, upscale

        longest = max(image.shape[:2])
        shown = image
        if longest > _LARGEST:
            height, width = (max(1, round(side * _LARGEST / longest)) for side in image.shape[:2])
            shown = resize_image(image, (height, width))
        elif longest < _SMALLEST:
            shown = upscale(image, -(-_SMALLEST // longest))
        gray = self.channels == 1
        pixels = resize_image(as_gray(image)[:, :, None] if gray else image, (self.height, self.width))
        return Picture(path, shown, pixels)

    def batch(self, pictures: Sequence[Picture]) -> np.ndarray:
        """Return the pictures as the model takes them: float32 `(N, h, w, C)`, or `(N, C, h, w)`."""
        import numpy as np

        values = np.stack([picture.pixels for picture in pictures]).astype(np.float32)
        values = self.low + values * ((self.high - self.low) / 255)
        return np.ascontiguousarray(np.moveaxis(values, -1, 1)) if self.channels_first else values


def read_batches(
    files: Sequence[Path], form: Form, batch_size: int, skipped: list[tuple[Path, str]]
) -> Iterator[list[Picture]]:
    """Yield the pictures in `files` in batches, reading one batch at a time, with a progress bar.

    What cannot be read is left out and added to `skipped` with the reason.

    Raises:
        InputError: the batch size is below 1.
    """
    from tqdm import tqdm

    from kerasviz.errors import ImageError, InputError
    from kerasviz.images import in_threads, why_unreadable

    def attempt(path: Path) -> Picture | str:
        try:
            return form.read(path)
        except ImageError as error:
            return why_unreadable(error)

    if batch_size < 1:
        raise InputError(f"--batch-size is {batch_size}; it must be at least 1.")
    # Off where standard error is no terminal.
    with tqdm(total=len(files), unit="picture", disable=None) as progress:
        for start in range(0, len(files), batch_size):
            part = files[start : start + batch_size]
            found = in_threads(attempt, part)
            skipped += [(path, one) for path, one in zip(part, found, strict=True) if isinstance(one, str)]
            if pictures := [one for one in found if isinstance(one, Picture)]:
                yield pictures
            progress.update(len(part))


def report_skipped(files: Sequence[Path], skipped: Sequence[tuple[Path, str]]) -> None:
    """Say which files were left out and why.

    Raises:
        ImageError: all were.
    """
    from kerasviz.errors import ImageError

    if not skipped:
        return
    listed = ", ".join(f"{path} ({reason})" for path, reason in skipped)
    if len(skipped) == len(files):
        raise ImageError(f"None of {len(files)} files is a picture that can be read: {listed}.")
    print(f"left out {len(skipped)} of {len(files)} files: {listed}")


def output_names(files: Sequence[Path]) -> list[str]:
    """Return a name for what is written for each file, no two alike: its stem, or with its folder's name.

    >>> output_names([Path("cats/1.jpg"), Path("dogs/1.jpg"), Path("dogs/2.jpg"), Path("dogs/2.png")])
    ['cats-1', 'dogs-1', 'dogs-2', 'dogs-2-2']
    """
    stems = [path.stem for path in files]
    taken: set[str] = set()
    names = []
    for path in files:
        base = path.stem if stems.count(path.stem) == 1 else f"{path.resolve().parent.name}-{path.stem}"
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}-{count}"
        taken.add(name)
        names.append(name)
    return names


def split_list(texts: Sequence[str]) -> list[str]:
    """Return the parts of comma-separated lists, each once, in order.

    >>> split_list(["conv1,conv2", "conv1"])
    ['conv1', 'conv2']
    """
    parts = (part.strip() for text in texts for part in text.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def file_part(text: str) -> str:
    """Return `text` as a part of a file's name.

    >>> file_part("densenet169/conv5_block32_concat")
    'densenet169-conv5_block32_concat'
    """
    return "".join(sign if sign.isalnum() or sign in "._" else "-" for sign in text)


def _range(text: str) -> tuple[float, float]:
    from kerasviz.errors import InputError

    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"--input-range is {text!r}; pass the values for black and white, such as 0,1."
        ) from None
    if not low < high < float("inf") or low == float("-inf"):
        raise InputError(f"--input-range is {text!r}; the first value must be the smaller.")
    return low, high

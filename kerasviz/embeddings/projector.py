"""A folder for TensorBoard's projector: vectors, what is known of each picture, and the pictures.

The projector reads `projector_config.pbtxt`, which names the other files. Vectors are written as text: it
takes a file for text unless its bytes cannot be, and raw numbers (of silent units, for instance) can be.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasviz.atomic import atomic_path
from kerasviz.embeddings.sprite import sprite
from kerasviz.errors import InputError
from kerasviz.images import write_png
from kerasviz.pictures.figures import name_of
from kerasviz.plain_text import plain_text

CONFIG, METADATA, SPRITE = "projector_config.pbtxt", "metadata.tsv", "sprite.png"
# TensorBoard loads no more points than these, without a word.
MOST_POINTS = 100_000
_BLOCK = 1024

Classes = Sequence[int] | Sequence[str] | np.ndarray


@dataclass(frozen=True)
class Projector:
    """A folder that was written for TensorBoard's projector.

    Attributes:
        directory: the folder; `tensorboard --logdir` takes it.
        files: all that was written, the config last.
        points: the number of vectors of each layer.
        thumbnail: the side of each picture in the sprite, in pixels; None without pictures.
    """

    directory: Path
    files: list[Path]
    points: int
    thumbnail: int | None

    def describe(self) -> str:
        """Return one line: the points, and the size of their pictures.

        >>> Projector(Path("a"), [], 2000, 28).describe()
        '2,000 points, pictures of 28 x 28 pixels'
        """
        size = f"pictures of {self.thumbnail} x {self.thumbnail} pixels" if self.thumbnail else "no pictures"
        return f"{self.points:,} points, {size}"


def write_projector(
    out: str | os.PathLike[str],
    vectors: Any,
    *,
    images: Iterable[Any] | None = None,
    labels: Classes | None = None,
    class_names: Sequence[str] | None = None,
    predictions: Classes | None = None,
    names: Sequence[str] | None = None,
) -> Projector:
    """Write a folder that `tensorboard --logdir DIRECTORY` opens in the tab Projector.

    - `vectors-LAYER.tsv`: the vectors of each layer, a row for each picture;
    - `metadata.tsv`: the columns `label`, `prediction`, `right` (`yes` or `no`, where both are given by
      number or both by name) and `picture`, as far as they are known;
    - `sprite.png`: the pictures as thumbnails of at most 64 pixels, smaller where there are more than 16,384;
    - `projector_config.pbtxt`.

    Written into the folder of a TensorBoard run, it shows beside that run's other tabs. Tabs and line breaks
    in names become blanks, other control characters are spelled out.

    Args:
        out: made where it is missing.
        vectors: `(N, D)`, or `{layer: (N, D)}` for several layers; D is at least 2.
        images: the N pictures, `(h, w)`, `(h, w, 1)` or `(h, w, 3)`, uint8 or floats in 0..1, of any sizes;
            they are taken one by one.
        labels: the class of each, by number or by name.
        class_names: the names of the classes, for labels and predictions given by number.
        predictions: what was predicted for each, by number or by name.
        names: of the pictures, such as their files; by default their numbers, from 0.

    Raises:
        InputError: the vectors are not finite numbers (N, D); there are more than 100,000, which TensorBoard
            does not load; a number of rows differs; or a label has no name.
        ImageError: a picture has the wrong shape or range.
    """
    folder = Path(out)
    layers = {str(name): np.asarray(found) for name, found in _by_layer(vectors).items()}
    count = _count(layers)
    rows = _metadata(count, labels, class_names, predictions, names)
    paths = _vector_paths(folder, layers)
    for path, found in zip(paths, layers.values(), strict=True):
        _write_vectors(path, found)
    with atomic_path(folder / METADATA) as temporary:
        temporary.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    files, side = [*paths, folder / METADATA], None
    if images is not None:
        picture, side = sprite(images, count)
        write_png(folder / SPRITE, picture)
        files.append(folder / SPRITE)
    # Last: a folder without it is none of the projector's.
    with atomic_path(folder / CONFIG) as temporary:
        temporary.write_text(_config(layers, paths, side), encoding="utf-8")
    return Projector(folder, [*files, folder / CONFIG], count, side)


def _by_layer(vectors: Any) -> Mapping[str, Any]:
    return vectors if isinstance(vectors, Mapping) else {"vectors": vectors}


def _count(layers: Mapping[str, np.ndarray]) -> int:
    for name, vectors in layers.items():
        if vectors.dtype.kind not in "fiu" or vectors.ndim != 2 or vectors.shape[1] < 2 or not len(vectors):
            raise InputError(
                f"{name} is {vectors.dtype} of the shape {vectors.shape}; the projector takes numbers "
                "(N, D), a row for each picture, with D of at least 2."
            )
    counts = {len(vectors) for vectors in layers.values()}
    if len(counts) != 1:
        raise InputError(
            f"The layers have {sorted(counts)} vectors; expected one layer or more, all of as many."
        )
    count = counts.pop()
    if count > MOST_POINTS:
        raise InputError(
            f"There are {count:,} vectors, and TensorBoard's projector loads no more than {MOST_POINTS:,}: "
            "choose some of them, such as every tenth."
        )
    return count


def _metadata(
    count: int,
    labels: Classes | None,
    class_names: Sequence[str] | None,
    predictions: Classes | None,
    names: Sequence[str] | None,
) -> list[str]:
    """Return the lines of the metadata; the first names the columns, unless there is only one."""
    columns: dict[str, list[str]] = {}
    if labels is not None:
        columns["label"] = _texts(labels, class_names)
    if predictions is not None:
        columns["prediction"] = _texts(predictions, class_names)
    # Numbers and names beside each other are of two lists of classes: nothing to compare.
    if labels is not None and predictions is not None and _are_names(labels) == _are_names(predictions):
        pairs = zip(columns["label"], columns["prediction"], strict=False)
        columns["right"] = ["yes" if label == prediction else "no" for label, prediction in pairs]
    columns["picture"] = [str(at) for at in range(count)] if names is None else _texts(names, None)
    for name, texts in columns.items():
        if len(texts) != count:
            raise InputError(
                f"There are {count} vectors and {len(texts)} rows of {name!r}; expected as many."
            )
    rows = ["\t".join(row) for row in zip(*columns.values(), strict=True)]
    # A single column has no heading: the projector takes a first line without a tab for data.
    return rows if len(columns) == 1 else ["\t".join(columns), *rows]


def _are_names(values: Classes) -> bool:
    return any(isinstance(value, str) for value in values)


def _texts(values: Classes, class_names: Sequence[str] | None) -> list[str]:
    named = (value if isinstance(value, str) else name_of(value, class_names) for value in values)
    # An empty line would be passed over, and every later picture would get its neighbour's row.
    return [plain_text(" ".join(text.split())) or "-" for text in named]


def _vector_paths(folder: Path, layers: Iterable[str]) -> list[Path]:
    paths: list[Path] = []
    for layer in layers:
        name = re.sub(r"[^\w.]+", "-", layer).strip("-")
        path = folder / f"vectors-{name}.tsv"
        while path in paths:
            path = path.with_name(f"{path.stem}_.tsv")
        paths.append(path)
    return paths


def _write_vectors(path: Path, vectors: np.ndarray) -> None:
    with atomic_path(path) as temporary, temporary.open("w") as file:
        for start in range(0, len(vectors), _BLOCK):
            block = vectors[start : start + _BLOCK]
            if not np.isfinite(block).all():
                raise InputError(
                    f"The vectors for {path.name} hold NaN or infinite values: leave these rows out."
                )
            # Nine digits tell every float32 from its neighbours.
            file.writelines("\t".join([f"{value:.9g}" for value in row]) + "\n" for row in block.tolist())


def _config(layers: Iterable[str], paths: Iterable[Path], side: int | None) -> str:
    from google.protobuf import text_format
    from tensorboard.plugins.projector import ProjectorConfig

    config = ProjectorConfig()
    for layer, path in zip(layers, paths, strict=True):
        # Relative to the folder: TensorBoard refuses what is outside it, and the folder can be moved.
        embedding = config.embeddings.add(
            tensor_name=plain_text(layer), tensor_path=path.name, metadata_path=METADATA
        )
        if side is not None:
            embedding.sprite.image_path = SPRITE
            embedding.sprite.single_image_dim.extend([side, side])
    return text_format.MessageToString(config)

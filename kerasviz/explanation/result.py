"""What every method returns: maps with what they explain."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import keras
import numpy as np

from kerasviz._version import __version__
from kerasviz.explanation.form_source import Forms, FormSource, KnownForm
from kerasviz.explanation.found import Found
from kerasviz.explanation.method import Method
from kerasviz.explanation.smoothing import Smoothing
from kerasviz.images import PictureForm
from kerasviz.models import class_names
from kerasviz.probe import checked, is_stream

if TYPE_CHECKING:
    from kerasviz.pictures.figures import Figure


@dataclass(frozen=True, repr=False, eq=False)
class Explanation:
    """Where in pictures the evidence for a score lies, and which score that is.

    `np.asarray(e)` is the maps, `len(e)` their number, `e[3]` the map of one picture, `e[:3]` the explanation
    of some; iteration goes over the maps.

    Attributes:
        maps: float32 `(N, *spatial)` at the input's size, or the feature map's where `raw=True` was asked
            for; `(N, *spatial, C)` with `channels="all"`.
        classes: int32 `(N,)`, the explained class of each picture; -1 where the target is no class.
        scores: float32 `(N,)`, what was explained.
        score_kind: `"logit"` (before the final softmax or sigmoid), `"probability"` (after it), or
            `"output"` (the model's output as it is).
        outputs: what the model returned for the pictures, in its own structure.
        layer: the path of the layer that the maps are made of; None where there is none.
        method: the method's name.
        options: the value of every option of the method, also of those that were left to it.
        error: float32 `(N,)`, how far each map may be off; None where the method does not know.
        error_kind: what the error is: `"completeness"` or `"standard error"`.
        images: what was explained: the very array, or the model's inputs in its own structure; None for a
            stream.
        originals: the raw pictures that the model's preprocessor made `images` of, to draw on; None where it
            made none.
        find_form: finds `form` when something is drawn.
        class_names: the names that the model keeps, or None.
        smoothing: the noise around the method, from `smooth`; or None.
        declaration: the method's row in the table.
        versions: of kerasviz, Keras, its backend and NumPy.
    """

    maps: np.ndarray
    classes: np.ndarray
    scores: np.ndarray
    score_kind: str
    outputs: Any
    layer: str | None
    method: str
    options: Mapping[str, Any]
    error: np.ndarray | None
    error_kind: str | None
    images: Any
    originals: Any
    find_form: Forms
    class_names: Sequence[str] | None
    smoothing: Smoothing | None
    declaration: Method
    versions: Mapping[str, str]

    @classmethod
    def of(
        cls,
        found: Found,
        method: Method,
        options: Mapping[str, Any],
        model: keras.Model | None,
        images: Any,
        originals: Any = None,
        input_range: Sequence[float] | None = None,
    ) -> Explanation:
        """Return what was found as an explanation."""
        return cls(
            maps=found.maps,
            classes=found.classes,
            scores=found.scores,
            score_kind=found.score_kind,
            outputs=found.outputs,
            layer=found.layer,
            method=method.name,
            options={**options, **(found.chosen or {})},
            error=found.error,
            error_kind=None if found.error is None else method.error,
            images=kept_images(model, images),
            originals=originals,
            find_form=KnownForm(None) if model is None else FormSource(model, input_range),
            class_names=None if model is None else class_names(model),
            smoothing=None,
            declaration=method,
            versions=_versions(),
        )

    @functools.cached_property
    def form(self) -> PictureForm | None:
        """How the model takes pictures; None where it does not take one picture."""
        return self.find_form()

    @property
    def title(self) -> str:
        """The method and its layer, as they are drawn.

        A method in noise is "SmoothGrad of Saliency".
        """
        title = self.declaration.title
        if self.smoothing is not None:
            title = f"{self.smoothing.title} of {title}"
        return title if self.layer is None else f"{title} at {self.layer}"

    @property
    def labels(self) -> tuple[str, ...]:
        """What is explained of each picture: a class by its name or number, or "the score"."""
        return tuple(self._label(int(index)) for index in self.classes)

    @property
    def error_texts(self) -> tuple[str, ...]:
        """How far each map may be off, as it is drawn and printed; empty texts where that is not known."""
        if self.error is None:
            return ("",) * len(self)
        if self.error_kind == "completeness":
            return tuple(f"completeness error {share:.1%}" for share in self.error)
        return tuple(f"{self.error_kind} {error:.2g}" for error in self.error)

    @property
    def without_evidence(self) -> np.ndarray:
        """Whether a map says nothing, bool `(N,)`: it is 0 everywhere.

        Where 0 means nothing special (RISE): it is the same everywhere.
        """
        flat = self.maps.reshape(len(self), -1)
        return (flat == (0 if self.declaration.zero_is_nothing else flat[:, :1])).all(axis=1)

    def pictures(self, input_range: Sequence[float] | None = None) -> np.ndarray:
        """Return the explained pictures as they look: uint8 RGB `(N, h, w, 3)`.

        Raw pictures that went through the model's preprocessor are returned as they came, dark where the
        model does not see them; where its work cannot be followed, as what it made of them.

        Args:
            input_range: what the model takes for black and white, where neither the model nor `explain` was
                told; pictures of uint8 need none. With it, `images` are shown, not `originals`.

        Raises:
            InputError: the range is not known, the pictures were a stream, or the model takes no pictures.
        """
        from kerasviz.explanation.drawing import pictures

        return pictures(self, input_range)

    def overlay(self, alpha: float = 0.5, *, input_range: Sequence[float] | None = None) -> np.ndarray:
        """Return every map in colours on its picture: uint8 RGB `(N, h, w, 3)`.

        Each map has a scale of its own, since the strengths of two pictures' maps say nothing of each other:
        from 0 to its maximum, around 0 where it is signed. Gradients are scaled to their 99.5th percentile,
        RISE from its minimum. What is 0 leaves the picture as it is.

        Args:
            alpha: the share of the map in the mix, where it is strong.
            input_range: as for `pictures`.

        Raises:
            InputError: as for `pictures`, or the maps have not two axes.
        """
        from kerasviz.explanation.drawing import overlays

        return overlays(self, alpha, input_range)

    def figure(self, alpha: float = 0.5, *, input_range: Sequence[float] | None = None) -> Figure:
        """Return a figure: each picture, its map, what it explains with which score, and its colour bar.

        Args:
            alpha: as for `overlay`.
            input_range: as for `pictures`.

        Raises:
            InputError: as for `overlay`, or there are more than 32 pictures.
        """
        from kerasviz.explanation.drawing import explanation_figure

        return explanation_figure(self, alpha, input_range)

    def save(self, folder: str | os.PathLike[str], *, input_range: Sequence[float] | None = None) -> Path:
        """Write the maps, the overlays, the outputs and a manifest into a folder, and return its path.

        `maps.npy` holds the maps, `overlay-0000.png` and so on them on their pictures, `outputs.npy` what the
        model returned (of several outputs `outputs.npz`, by their names or numbers), `manifest.json` all the
        rest. Every file appears whole or not at all, the manifest last. Pictures that cannot be drawn on are
        left out; the manifest and a warning say why.
        """
        from kerasviz.explanation.saving import save

        return save(self, Path(folder), input_range)

    def __len__(self) -> int:
        return len(self.maps)

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.maps)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        values = self.maps if dtype is None else self.maps.astype(dtype, copy=False)
        return values.copy() if copy else values

    @overload
    def __getitem__(self, at: int) -> np.ndarray: ...

    @overload
    def __getitem__(self, at: slice | Sequence[int] | np.ndarray) -> Explanation: ...

    def __getitem__(self, at: Any) -> np.ndarray | Explanation:
        if isinstance(at, int | np.integer):
            return self.maps[at]

        def chosen(values: Any) -> Any:
            return keras.tree.map_structure(lambda leaf: np.asarray(leaf)[at], values)

        return replace(
            self,
            maps=self.maps[at],
            classes=self.classes[at],
            scores=self.scores[at],
            outputs=chosen(self.outputs),
            error=None if self.error is None else self.error[at],
            images=None if self.images is None else chosen(self.images),
            originals=None if self.originals is None else chosen(self.originals),
        )

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.maps.shape[1:]))
        first = ", ".join(self._said(at) for at in range(min(3, len(self))))
        more = ", ..." if len(self) > 3 else ""
        return f"Explanation({self.title}: {len(self)} maps of {size}; {first}{more})"

    def _repr_html_(self) -> str:
        from kerasviz.explanation.drawing import as_html

        return as_html(self)

    def _label(self, index: int) -> str:
        if index < 0:
            return "the score"
        names = self.class_names
        return f"class {index}" if names is None or index >= len(names) else names[index]

    def _said(self, at: int) -> str:
        return f"{self.labels[at]} ({self.score_kind} {self.scores[at]:.3g})"


def kept_images(model: keras.Model | None, images: Any) -> Any:
    """Return what an explanation keeps of the pictures that it was asked for."""
    if is_stream(images):
        return None
    return images if model is None or hasattr(images, "shape") else checked(model, images)


def kept_originals(given: Any, ready: Any) -> Any:
    """Return what an explanation keeps of the pictures that a preprocessor made `ready` of."""
    return None if ready is given or is_stream(given) else given


@functools.cache
def _versions() -> Mapping[str, str]:
    backend = keras.backend.backend()
    return {
        "kerasviz": __version__,
        "keras": keras.__version__,
        backend: str(getattr(sys.modules.get(backend), "__version__", "unknown")),
        "numpy": np.__version__,
    }

"""The embedding: one vector a picture, the activations of a layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasviz.embeddings.projections import describe_method, project
from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.pictures.figures import Figure, embedding_figure
from kerasviz.probe import BATCH_SIZE, LayerRequest, Probe, feature_layer, is_stream, model_ready


@dataclass(frozen=True)
class Embedding:
    """What a layer says about each of N pictures.

    Attributes:
        layer: the layer's path.
        vectors: float32 `(N, D)`.
        pooled: the shape `(h, w, D)` of the layer's feature maps, of which `vectors` holds the means; None
            where the layer returns vectors.
    """

    layer: str
    vectors: np.ndarray
    pooled: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        return f"Embedding({len(self)} vectors of {self.vectors.shape[1]} numbers at {self.layer})"

    def __len__(self) -> int:
        return len(self.vectors)

    def describe(self) -> str:
        """Return one line: the layer, the vectors, and what they are the means of.

        >>> Embedding("conv", np.zeros((2000, 8), np.float32), (7, 7, 8)).describe()
        'conv: 2,000 vectors of 8 numbers, the means of 7 x 7 x 8 feature maps'
        """
        count, size = self.vectors.shape
        text = f"{self.layer}: {count:,} vectors of {size:,} numbers"
        if self.pooled is None:
            return text
        return f"{text}, the means of {' x '.join(map(str, self.pooled))} feature maps"

    def project(self, method: str = "pca", seed: int = 0) -> np.ndarray:
        """Return the vectors as points in the plane, float32 `(N, 2)`; see `kerasviz.embeddings.project`."""
        return project(self.vectors, method, seed)

    def figure(
        self,
        labels: Sequence[int] | None = None,
        class_names: Sequence[str] | None = None,
        method: str = "pca",
        seed: int = 0,
        images: Sequence[Any] | np.ndarray | None = None,
    ) -> Figure:
        """Return the figure of the points, coloured by class, whose title says how they were made.

        Args:
            labels: the class of each picture, by number; without them, all points have one colour.
            class_names: the names of the classes; without them, numbers are shown.
            method: "pca", "tsne" or "umap"; see `kerasviz.embeddings.project`.
            seed: as there.
            images: the N pictures; with them, those that do not overlap are drawn at their points.

        Raises:
            InputError: as `project` and `embedding_figure`.
            MissingDependencyError: scikit-learn (t-SNE) or umap-learn (UMAP) is not installed.
        """
        points = self.project(method, seed)
        title = f"{self.describe()}; {describe_method(method, self.vectors)}"
        return embedding_figure(points, labels, class_names=class_names, title=title, images=images)


def embed(
    model: keras.Model,
    images: Any,
    layer: LayerRequest | None = None,
    *,
    batch_size: int = BATCH_SIZE,
    preprocessed: bool = False,
) -> Embedding:
    """Return the activations of one layer for each picture, as vectors.

    A layer that returns feature maps `(N, h, w, C)` gives the mean of each map, `(N, C)`; so do sequences.
    The model is run batch by batch, and only the vectors are kept.

    Args:
        model: any Keras model.
        images: an array (N, ...) of what the model takes, a list or dict of arrays for a model of several
            inputs, or a `tf.data.Dataset` or an iterator of batches; as `model.predict` takes them: a
            preprocessor that the model carries (`keras_hub`) is applied to them.
        layer: path, name, index or layer object; by default the last dense layer before the classifier, or
            the pooling that the classifier reads where there is none.
        batch_size: pictures that are run together.
        preprocessed: whether the pictures have been through the model's preprocessor already.

    Raises:
        LayerNotFoundError: no such layer; the message names the nearest.
        InputError: the request means several layers.
        ImageError: the pictures do not fit the model, or hold NaN.
        UnsupportedModelError: no layer was named and none can be chosen, or the activations are not finite.

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, kernel_initializer="ones"),
    ...                           keras.layers.Dense(2)])
    >>> embed(model, np.array([[1.0, 2.0]])).vectors.tolist()
    [[3.0, 3.0, 3.0]]
    """
    found = embed_layers(model, images, layer, batch_size, preprocessed=preprocessed)
    if len(found) > 1:
        raise InputError(f"{layer!r} means several layers; say which: {', '.join(found)}.")
    return next(iter(found.values()))


def embed_layers(
    model: keras.Model,
    images: Any,
    layers: LayerRequest | Iterable[LayerRequest] | None = None,
    batch_size: int = BATCH_SIZE,
    *,
    preprocessed: bool = False,
) -> dict[str, Embedding]:
    """Return `{path: Embedding}` for several layers, all from one run over the pictures; see `embed`.

    Args:
        model: any Keras model.
        images: as for `embed`.
        layers: one or several, patterns such as `"conv*"` too; by default the one that `embed` chooses.
        batch_size: pictures that are run together.
        preprocessed: as for `embed`.

    Raises:
        LayerNotFoundError, ImageError, UnsupportedModelError: as `embed`.
    """
    images = model_ready(model, images, preprocessed)
    if layers is None:
        layers = feature_layer(model, None if is_stream(images) else images)
    probe = Probe(model, layers, preprocessed=True)
    parts: dict[str, list[np.ndarray]] = {path: [] for path in probe.paths}
    pooled: dict[str, tuple[int, ...] | None] = {}
    for batch in probe.stream(images, batch_size):
        for path, activations in batch.items():
            parts[path].append(_vectors(activations))
            pooled[path] = activations.shape[1:] if activations.ndim > 2 and _spread(activations) else None
    return {path: _embedding(path, np.concatenate(parts[path]), pooled[path]) for path in probe.paths}


def _vectors(activations: np.ndarray) -> np.ndarray:
    if activations.ndim < 3:
        return activations.reshape(len(activations), -1)
    return activations.mean(axis=tuple(range(1, activations.ndim - 1)))


def _spread(activations: np.ndarray) -> bool:
    return any(size > 1 for size in activations.shape[1:-1])


def _embedding(path: str, vectors: np.ndarray, pooled: tuple[int, ...] | None) -> Embedding:
    if not np.isfinite(vectors).all():
        raise UnsupportedModelError(
            f"The activations of {path} are not all finite: the model's training ran away; train it again "
            "with a smaller learning rate."
        )
    return Embedding(path, vectors, pooled)

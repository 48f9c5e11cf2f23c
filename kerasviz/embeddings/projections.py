"""Vectors to points in the plane: PCA in NumPy, t-SNE from scikit-learn, UMAP from umap-learn."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError, MissingDependencyError, did_you_mean
from kerasviz.images import as_numbers

METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
# Method -> the module it needs, the package that holds it, and the extra that installs that.
_NEEDS = {"tsne": ("sklearn.manifold", "scikit-learn", "embeddings"), "umap": ("umap", "umap-learn", "umap")}
_LEAST = {"pca": 1, "tsne": 4, "umap": 5}

PERPLEXITY = 30.0
NEIGHBORS = 15
# t-SNE and UMAP get the first principal components, as in the t-SNE paper (section 4.2: 30 of them).
COMPONENTS = 50
_START, _JITTER = 1e-4, 1e-6
# Two loadings whose sizes differ by less than this share count as equal: which is larger is rounding.
_EQUAL = 1e-6


def check_method(method: str) -> None:
    """Make sure that a method of `project` is there, before anything is computed for it.

    Raises:
        InputError: there is no such method.
        MissingDependencyError: the package that it needs is not installed; the message says what to run.
    """
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}. {did_you_mean(str(method), METHODS)}")
    if method in _NEEDS:
        _module(method)


def project(vectors: Any, method: str = "pca", seed: int = 0) -> np.ndarray:
    """Return vectors `(N, D)` as points in the plane, float32 `(N, 2)`.

    - `"pca"`: the two directions of the largest variance; linear, and distances are true to scale. See `pca`.
    - `"tsne"`: t-SNE (van der Maaten, Hinton, "Visualizing Data using t-SNE", 2008) by scikit-learn, with a
      perplexity of 30, or a third of the other vectors where these are fewer than 90. It starts from the
      PCA, scaled down (Kobak, Berens 2019), so that the large arrangement is that of the PCA too.
    - `"umap"`: UMAP (McInnes, Healy, Melville 2018) by umap-learn, with 15 neighbours or, among fewer than
      16 vectors, all others.

    Only neighbourhoods mean something in the latter two: sizes of clusters and gaps between them do not.

    Args:
        vectors: finite numbers; of more than 50 in a vector, t-SNE and UMAP get the first 50 principal
            components.
        method: one of the three.
        seed: of UMAP, and of the slight jitter in which t-SNE starts; PCA has nothing random.

    Raises:
        InputError: the vectors are not finite numbers `(N, D)`, are too few (4 for t-SNE, 5 for UMAP), or the
            method is unknown.
        MissingDependencyError: scikit-learn or umap-learn is not installed.

    >>> (project([[0.0, 0.0], [3.0, 4.0]]).round(3) + 0).tolist()
    [[-2.5, 0.0], [2.5, 0.0]]
    """
    check_method(method)
    check_numbers(seed=seed)
    vectors = as_vectors(vectors)
    if len(vectors) < _LEAST[method]:
        raise InputError(f"{METHODS[method]} needs at least {_LEAST[method]} vectors, not {len(vectors)}.")
    if method == "pca":
        return pca(vectors)[0]
    reduced = pca(vectors, COMPONENTS)[0] if vectors.shape[1] > COMPONENTS else vectors.astype(np.float32)
    return _tsne(reduced, seed) if method == "tsne" else _umap(reduced, seed)


def describe_method(method: str, vectors: Any) -> str:
    """Return how a method of `project` works on these vectors, for a figure's title.

    >>> describe_method("pca", [[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [0.0, -0.5]])
    'PCA, 80% and 20% of the variance'
    >>> describe_method("tsne", np.zeros((2000, 8)))
    't-SNE, perplexity 30'
    """
    if method == "pca":
        first, second = pca(vectors)[1]
        return f"PCA, {first:.0%} and {second:.0%} of the variance"
    if method == "tsne":
        return f"t-SNE, perplexity {_perplexity(len(vectors)):.3g}"
    return f"UMAP, {_neighbors(len(vectors))} neighbours"


def pca(vectors: Any, components: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return the principal components of vectors, and the share of the variance along each.

    The vectors are centred, `X - mean(X) = U S V^T`, and the points are `U S`: coordinates along the rows of
    `V^T`, the directions of the largest variance. Each direction's sign, which the decomposition leaves
    open, is the one in which its largest entry is positive, the first of several equal ones.

    Args:
        vectors: finite numbers `(N, D)`.
        components: how many; those beyond what N and D allow are 0.

    Returns:
        float32 `(N, components)`, and float64 `(components,)` shares in 0..1, all 0 for equal vectors.

    Raises:
        InputError: the vectors are not finite numbers `(N, D)`, or `components` is below 1.

    >>> points, shares = pca([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [0.0, -0.5]])
    >>> (points.round(3) + 0).tolist(), shares.round(3).tolist()  # + 0: no negative zeros
    ([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [0.0, -0.5]], [0.8, 0.2])
    """
    vectors = as_vectors(vectors)
    check_numbers(components=components)
    centred = vectors.astype(np.float64)
    centred -= centred.mean(axis=0)
    left, sizes, directions = np.linalg.svd(centred, full_matrices=False)
    kept = min(components, len(sizes))
    points = np.zeros((len(vectors), components), np.float32)
    points[:, :kept] = left[:, :kept] * (sizes[:kept] * _signs(directions[:kept]))
    shares = np.zeros(components)
    if (total := np.square(sizes).sum()) > 0:
        shares[:kept] = np.square(sizes[:kept]) / total
    return points, shares


def as_vectors(vectors: Any) -> np.ndarray:
    """Return finite numbers `(N, D)`.

    Raises:
        InputError: they are something else.
    """
    array = as_numbers(vectors, "vectors")
    if array.ndim != 2:
        raise InputError(f"Vectors are numbers (N, D), one row a picture, not of the shape {array.shape}.")
    if not np.isfinite(array).all():
        raise InputError("The vectors hold NaN or infinite values: leave these rows out.")
    return array


def _signs(directions: np.ndarray) -> np.ndarray:
    sizes = np.abs(directions)
    largest = (sizes >= sizes.max(axis=1, keepdims=True) * (1 - _EQUAL)).argmax(axis=1)
    entries = np.take_along_axis(directions, largest[:, None], axis=1)[:, 0]
    return np.where(entries < 0, -1.0, 1.0)


def _tsne(vectors: np.ndarray, seed: int) -> np.ndarray:
    start = pca(vectors)[0]
    if (spread := float(start[:, 0].std())) > 0:
        start *= _START / spread
    # Apart from the seed's part in it, the jitter moves equal vectors off each other.
    start += np.random.default_rng(seed).normal(scale=_JITTER, size=start.shape)
    method = _module("tsne").TSNE(
        2, perplexity=_perplexity(len(vectors)), init=start.astype(np.float32), random_state=seed
    )
    return np.asarray(method.fit_transform(vectors), np.float32)


def _umap(vectors: np.ndarray, seed: int) -> np.ndarray:
    # One job: with more, umap-learn's results depend on chance, and it warns when a seed is given.
    method = _module("umap").UMAP(
        n_components=2, n_neighbors=_neighbors(len(vectors)), random_state=seed, n_jobs=1
    )
    return np.asarray(method.fit_transform(vectors), np.float32)


def _perplexity(count: int) -> float:
    return min(PERPLEXITY, (count - 1) / 3)


def _neighbors(count: int) -> int:
    return min(NEIGHBORS, count - 1)


def _module(method: str) -> Any:
    name, package, extra = _NEEDS[method]
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependencyError(
            f'{METHODS[method]} needs the package {package}: run pip install "kerasviz[{extra}]", or choose '
            "pca, which needs nothing."
        ) from error

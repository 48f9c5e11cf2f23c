"""PCA against numbers worked out by hand, t-SNE and UMAP by what they keep together."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from kerasviz.embeddings import check_method, pca, project
from kerasviz.errors import InputError, MissingDependencyError


def test_pca_of_a_line_in_space() -> None:
    # On the line (1, 2, 2) t: mean t = 1, lengths 3 t. The largest entry of (1, 2, 2) / 3 is positive.
    points, shares = pca([[0, 0, 0], [1, 2, 2], [2, 4, 4]])
    np.testing.assert_allclose(points, [[-3, 0], [0, 0], [3, 0]], atol=1e-6)
    np.testing.assert_allclose(shares, [1, 0], atol=1e-12)


def test_pca_of_a_cross() -> None:
    # Variances 18 along (3, 3) / sqrt(18), 2 across; both axes meet at (5, 7).
    vectors = np.array([5, 7]) + np.array([[3, 3], [-3, -3], [1, -1], [-1, 1]])
    points, shares = pca(vectors)
    root = np.sqrt(2)
    np.testing.assert_allclose(points, [[3 * root, 0], [-3 * root, 0], [0, root], [0, -root]], atol=1e-6)
    np.testing.assert_allclose(shares, [0.9, 0.1])


def test_pca_keeps_its_sign_whatever_the_order() -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 5))
    points = pca(vectors)[0]
    np.testing.assert_allclose(pca(vectors[::-1])[0], points[::-1], atol=1e-6)
    np.testing.assert_allclose(pca(-vectors)[0], -points, atol=1e-6)


def test_pca_agrees_with_scikit_learn() -> None:
    decomposition = pytest.importorskip("sklearn.decomposition")
    vectors = np.random.default_rng(1).normal(size=(40, 6)) * [5, 3, 2, 1, 1, 1]
    points, shares = pca(vectors, 3)
    reference = decomposition.PCA(3, svd_solver="full").fit(vectors)
    np.testing.assert_allclose(np.abs(points), np.abs(reference.transform(vectors)), atol=1e-5)
    np.testing.assert_allclose(shares, reference.explained_variance_ratio_)


def test_pca_of_little() -> None:
    points, shares = pca([[4.0]])
    assert points.tolist() == [[0, 0]]
    assert shares.tolist() == [0, 0]
    assert pca([[1.0], [3.0]])[0].tolist() == [[-1, 0], [1, 0]]
    assert pca(np.ones((3, 2)))[1].tolist() == [0, 0]


def clusters() -> np.ndarray:
    """Three clusters of 20 vectors each, of 60 numbers, so that t-SNE reduces them first."""
    rng = np.random.default_rng(2)
    return np.concatenate([rng.normal(size=(20, 60)) + 8 * (np.arange(60) == at) for at in range(3)])


def test_tsne_keeps_clusters_together_and_follows_its_seed() -> None:
    pytest.importorskip("sklearn")
    vectors = clusters()
    points = project(vectors, "tsne", seed=3)
    assert points.dtype == np.float32
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1) + 1e9 * np.eye(60)
    own = np.arange(60) // 20
    assert (own[distances.argmin(axis=1)] == own).all()
    assert (project(vectors, "tsne", seed=3) == points).all()
    assert not np.allclose(project(vectors, "tsne", seed=4), points)


def test_tsne_moves_equal_vectors_apart() -> None:
    pytest.importorskip("sklearn")
    points = project(np.zeros((6, 3)), "tsne")
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == 6


def test_umap_gets_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    class UMAP:
        def __init__(self, **options) -> None:
            seen.update(options)

        def fit_transform(self, vectors):
            seen["shape"] = vectors.shape
            return vectors[:, :2]

    module = types.ModuleType("umap")
    module.UMAP = UMAP
    monkeypatch.setitem(sys.modules, "umap", module)
    assert project(clusters(), "umap", seed=7).shape == (60, 2)
    assert seen == {
        "n_components": 2,
        "n_neighbors": 15,
        "random_state": 7,
        "n_jobs": 1,
        "shape": (60, 50),
    }
    project(clusters()[:6, :4], "umap")
    assert (seen["n_neighbors"], seen["shape"]) == (5, (6, 4))


@pytest.mark.parametrize(
    ("method", "module", "extra"),
    [("tsne", "sklearn.manifold", "embeddings"), ("umap", "umap", "umap")],
)
def test_an_absent_package_is_named(
    monkeypatch: pytest.MonkeyPatch, method: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf'pip install "kerasviz\[{extra}\]"'):
        check_method(method)


@pytest.mark.parametrize(
    ("vectors", "method", "message"),
    [
        (np.zeros((3, 2, 2)), "pca", r"\(N, D\)"),
        ([[np.nan, 1.0]], "pca", "NaN"),
        (np.zeros((3, 2)), "tsne", "at least 4 vectors, not 3"),
        (np.zeros((3, 2)), "tnse", "Did you mean tsne"),
    ],
)
def test_what_is_refused(vectors, method: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        project(vectors, method)
    with pytest.raises(InputError, match="components is 0"):
        pca([[1.0, 2.0]], 0)

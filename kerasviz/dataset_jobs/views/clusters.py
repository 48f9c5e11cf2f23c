"""Groups of maps of one class that look at different things: spectral clustering (SpRAy).

Lapuschkin et al., "Unmasking Clever Hans predictors and assessing what machines really learn", Nature
Communications 10, 2019, section "Spectral Relevance Analysis": the maps of a class, reduced to a small size,
are clustered, and an eigengap says into how many groups they fall. Where the network has two reasons for one
class, such as the horse and a photographer's mark beside it, there are two groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasviz.errors import InputError
from kerasviz.images import as_numbers, resize_image

# Maps are reduced to this side at most: the place of the evidence counts, not its outline.
SIDE = 20
# Neighbours of a map in the graph, at most; of few maps a quarter of the others.
NEIGHBOURS = 10
# Groups that are looked for, at most.
MOST_CLUSTERS = 8
# The gap from which on there is more than one group.
CLEAR_GAP = 0.8
_LEAST_MAPS = 4
# Eigenvalues below this are 0 but for rounding.
_ZERO = 1e-9
_MOST_ROUNDS = 100


@dataclass(frozen=True)
class Clusters:
    """Maps of one class in groups.

    Attributes:
        labels: int64 `(N,)`, the group of each map, 0 the largest; -1 for a map without evidence.
        eigenvalues: float64, the smallest of the graph's Laplacian, ascending, at most 9.
        gap: how clearly they are apart, 0..1, see `eigengap`; below 0.8 all are one group.
    """

    labels: np.ndarray
    eigenvalues: np.ndarray
    gap: float

    def __len__(self) -> int:
        return int(self.labels.max(initial=-1)) + 1

    def members(self, cluster: int) -> np.ndarray:
        """Return the places of a group's maps, ascending."""
        return np.flatnonzero(self.labels == cluster)


def cluster_maps(maps: np.ndarray) -> Clusters:
    """Return maps of one class in as many groups, at most eight, as the eigengap says.

    Each map, signed or not, is divided by its Euclidean length and reduced to 20 x 20 at most; `m_ij` is 1
    where one of two maps is among the nearest of the other (`neighbour_graph`), and L the graph's normalised
    Laplacian (`laplacian`), whose eigenvalues say how many groups there are (`eigengap`; von Luxburg, "A
    Tutorial on Spectral Clustering", 2007). Of k groups, the maps' entries in the first k eigenvectors, as
    rows of length 1, are divided by k-means (Ng, Jordan, Weiss 2002, steps 4 and 5), which begins with points
    far from each other: nothing here is random.

    The cost grows with the cube of the number of maps: 600 take about a second. Take some of each class.

    Args:
        maps: `(N, h, w)`, one map a picture.

    Raises:
        InputError: the maps are of another shape, or not finite.

    >>> rows = np.zeros((12, 3, 3))
    >>> rows[:7, 0, 0], rows[7:, 2, 2] = np.linspace(1, 2, 7), np.linspace(1, 2, 5)
    >>> found = cluster_maps(rows)
    >>> found.labels.tolist(), round(found.gap, 2)
    ([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 1.0)
    """
    maps = as_numbers(maps, "maps")
    if maps.ndim != 3:
        raise InputError(f"Maps are numbers (N, h, w), one a picture, not of the shape {maps.shape}.")
    if not np.isfinite(maps).all():
        raise InputError("The maps hold NaN or infinite values: leave these pictures out.")
    vectors = _as_vectors(maps)
    known = np.flatnonzero(vectors.any(axis=1))
    labels = np.full(len(maps), -1, np.int64)
    if len(known) < _LEAST_MAPS:
        labels[known] = 0
        return Clusters(labels, np.zeros(min(len(known), 1)), 0.0)
    graph = neighbour_graph(vectors[known], min(NEIGHBOURS, max(2, (len(known) - 1) // 4)))
    values, eigenvectors = np.linalg.eigh(laplacian(graph))
    count, gap = eigengap(values[: MOST_CLUSTERS + 1])
    rows = eigenvectors[:, :count]
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    labels[known] = _k_means(rows / np.where(lengths > 0, lengths, 1.0), count)
    return Clusters(labels, values[: MOST_CLUSTERS + 1], gap)


def neighbour_graph(vectors: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the weights m_ij of the graph of nearest neighbours, float64 `(N, N)`, symmetric, 0 or 1.

    m_ij is 1 where vector i is among the nearest of j, or j among those of i (Euclidean distance; of equally
    near ones the first), and m_ii is 0.

    >>> neighbour_graph(np.array([[0.0], [1.0], [3.0]]), 1).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    squares = np.square(vectors).sum(axis=1)
    distances = squares[:, None] + squares[None] - 2 * vectors @ vectors.T
    # Rounded, so that what is equal on one machine is on another.
    distances = np.round(np.maximum(distances, 0.0), 9)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :neighbours]
    graph = np.zeros(distances.shape)
    np.put_along_axis(graph, nearest, 1.0, axis=1)
    return np.maximum(graph, graph.T)


def laplacian(weights: np.ndarray) -> np.ndarray:
    """Return the normalised Laplacian of a graph, `L = I - D^(-1/2) M D^(-1/2)`, D the sums of the rows of M.

    Its eigenvalues are in 0..2; 0 is one as often as the graph has parts that nothing connects.

    Args:
        weights: M, `(N, N)`, symmetric, not negative.

    >>> laplacian(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    degrees = weights.sum(axis=1)
    roots = np.divide(1.0, np.sqrt(degrees), out=np.zeros_like(degrees), where=degrees > 0)
    return np.diag((degrees > 0).astype(np.float64)) - roots[:, None] * weights * roots[None]


def eigengap(eigenvalues: np.ndarray) -> tuple[int, float]:
    """Return how many groups the ascending eigenvalues of a Laplacian speak for, and how clearly.

    The gap behind the k-th eigenvalue is taken in relation to what comes after it, `(l_k+1 - l_k) / l_k+1`,
    since "l_1 ... l_k are very small, but l_k+1 is relatively large" (von Luxburg 2007, section 8.3) where
    there are k groups. It is 1 where nothing connects the groups. Of k = 2, 3, ... the first with the largest
    gap is taken, and 1 where that is below 0.8: a single cloud of maps, evenly spread along a line, has
    eigenvalues as 0, 1, 4, 9, and so a gap of 0.75.

    >>> eigengap(np.array([0.0, 0.0, 0.5, 0.75])), eigengap(np.array([0.0, 0.25, 1.0]))
    ((2, 1.0), (1, 0.75))
    """
    values = np.where(np.abs(eigenvalues) < _ZERO, 0.0, eigenvalues)
    low, high = values[1:-1], values[2:]
    gaps = np.round(np.divide(high - low, high, out=np.zeros_like(high), where=high > 0), 6)
    if not len(gaps):
        return 1, 0.0
    best = int(gaps.argmax())
    return (best + 2 if gaps[best] >= CLEAR_GAP else 1), float(gaps[best])


def _as_vectors(maps: np.ndarray) -> np.ndarray:
    """Return small maps of the length 1 as rows, float64; a map of zeros is a row of zeros."""
    height, width = (min(side, SIDE) for side in maps.shape[1:])
    small = np.stack([resize_image(one.astype(np.float32), (height, width)) for one in maps])
    vectors = small.reshape(len(maps), -1).astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def _k_means(points: np.ndarray, count: int) -> np.ndarray:
    """Return the group of each point, the largest group 0, of equal ones that of the first point."""
    centres = points[_far_apart(points, count)]
    labels = np.full(len(points), -1)
    for _ in range(_MOST_ROUNDS):
        distances = np.square(points[:, None] - centres[None]).sum(axis=2)
        new = distances.argmin(axis=1)
        if (new == labels).all():
            break
        labels = new
        for one in np.unique(labels):
            centres[one] = points[labels == one].mean(axis=0)
    groups, first, sizes = np.unique(labels, return_index=True, return_counts=True)
    order = groups[np.lexsort((first, -sizes))]
    return np.argsort(order)[np.searchsorted(np.sort(order), labels)]


def _far_apart(points: np.ndarray, count: int) -> list[int]:
    """Return the first point, and others that are each farthest from those before."""
    chosen = [0]
    nearest = np.square(points - points[0]).sum(axis=1)
    for _ in range(count - 1):
        chosen.append(int(np.round(nearest, 9).argmax()))
        nearest = np.minimum(nearest, np.square(points - points[chosen[-1]]).sum(axis=1))
    return chosen

"""The search for shortcuts: classes whose maps fall into groups, the clearest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kerasviz.dataset_jobs.views.clusters import Clusters, cluster_maps
from kerasviz.dataset_jobs.views.sampling import spread

# Maps of a class that are looked at: the cost grows with the cube.
SAMPLE = 300


@dataclass(frozen=True)
class Group:
    """Pictures of a class whose maps are alike.

    Attributes:
        numbers: int64, of the pictures, the one most like the group's mean map first.
        mean: float32 `(h, w)`, the mean of their maps, each divided by its Euclidean length.
    """

    numbers: np.ndarray
    mean: np.ndarray


@dataclass(frozen=True)
class ClassGroups:
    """What the network looks at when it says one class.

    Attributes:
        predicted: the class.
        count: how many pictures are said to be of it.
        sampled: how many of their maps were looked at.
        without: how many of these hold no evidence.
        gap: how clearly the groups are apart, 0..1, see `kerasviz.dataset_jobs.views.eigengap`.
        groups: the groups, the largest first; a single one where the gap is below 0.8.
    """

    predicted: int
    count: int
    sampled: int
    without: int
    gap: float
    groups: tuple[Group, ...]


def find_shortcuts(
    predictions: np.ndarray, maps: Callable[[np.ndarray], np.ndarray], sample: int = SAMPLE
) -> list[ClassGroups]:
    """Return, for every class, the groups that its maps fall into, the class with the clearest groups first.

    A class whose pictures the network recognises by two different things, one of them perhaps a mark that has
    nothing to do with the class, has two groups (SpRAy, Lapuschkin et al. 2019; see `cluster_maps`). Whether
    a group is a shortcut, only a person can say who looks at its pictures.

    Args:
        predictions: int `(N,)`, the class that is predicted for, and explained by the map of, each picture;
            -1 for one that could not be read.
        maps: returns the maps `(n, h, w)` of the pictures with these numbers, ascending.
        sample: maps of each class, evenly spread over its pictures; 300 take about half a second.

    >>> rows = np.zeros((12, 3, 3))
    >>> rows[:7, 0, 0], rows[7:, 2, 2] = 1.0, 1.0
    >>> (found,) = find_shortcuts(np.zeros(12, int), lambda numbers: rows[numbers])
    >>> [len(group.numbers) for group in found.groups], round(found.gap, 2)
    ([7, 5], 1.0)
    """
    found = []
    for predicted in np.unique(predictions[predictions >= 0]).tolist():
        own = np.flatnonzero(predictions == predicted)
        chosen = spread(own, sample)
        values = maps(chosen)
        clusters = cluster_maps(values)
        groups = tuple(_group(chosen, values, clusters, one) for one in range(len(clusters)))
        without = int((clusters.labels < 0).sum())
        found.append((clusters, ClassGroups(predicted, len(own), len(chosen), without, clusters.gap, groups)))
    return [groups for _, groups in sorted(found, key=_clearest)]


def _clearest(pair: tuple[Clusters, ClassGroups]) -> tuple[float, float, int]:
    """Sort by the gap; of equal ones, first the class whose groups hold together most."""
    clusters, groups = pair
    after = clusters.eigenvalues[len(clusters) :][:1]
    return -groups.gap, -float(after.sum()), groups.predicted


def _group(numbers: np.ndarray, maps: np.ndarray, clusters: Clusters, one: int) -> Group:
    members = clusters.members(one)
    vectors = maps[members].astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=(1, 2), keepdims=True)
    mean = vectors.mean(axis=0)
    likeness = np.round(np.tensordot(vectors, mean, 2), 6)
    return Group(numbers[members][np.argsort(-likeness, kind="stable")], mean.astype(np.float32))

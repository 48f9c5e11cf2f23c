"""What only a whole data set shows: pure functions of the rows and sums that one pass left."""

from __future__ import annotations

from kerasviz.dataset_jobs.views.clusters import Clusters, cluster_maps, eigengap, laplacian, neighbour_graph

__all__ = [
    "Clusters",
    "cluster_maps",
    "eigengap",
    "laplacian",
    "neighbour_graph",
]

"""What only a whole data set shows: pure functions of the rows and sums that one pass left."""

from __future__ import annotations

from kerasviz.dataset_jobs.views.cells import Cell, mean_cells
from kerasviz.dataset_jobs.views.clusters import Clusters, cluster_maps, eigengap, laplacian, neighbour_graph
from kerasviz.dataset_jobs.views.sampling import spread, stratified
from kerasviz.dataset_jobs.views.shortcuts import ClassGroups, Group, find_shortcuts
from kerasviz.dataset_jobs.views.slices import Slice, calibration_error, confidence_slices
from kerasviz.dataset_jobs.views.top_crops import Crop, classes_of, cut_out, top_crops

__all__ = [
    "Cell",
    "ClassGroups",
    "Clusters",
    "Crop",
    "Group",
    "Slice",
    "calibration_error",
    "classes_of",
    "cluster_maps",
    "confidence_slices",
    "cut_out",
    "eigengap",
    "find_shortcuts",
    "laplacian",
    "mean_cells",
    "neighbour_graph",
    "spread",
    "stratified",
    "top_crops",
]

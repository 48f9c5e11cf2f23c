"""Figures: Matplotlib figures from numbers, that show themselves in a notebook and touch no global state."""

from __future__ import annotations

from kerasviz.pictures.figures.base import Figure, name_of, save_figure
from kerasviz.pictures.figures.evaluation import accuracy_figure, confusion_figure
from kerasviz.pictures.figures.heatmaps import comparison_figure, heatmap_figure
from kerasviz.pictures.figures.kernels import filtered_figure, kernel_figure, pairs_figure
from kerasviz.pictures.figures.map_styles import CamStyle, MapStyle, PixelStyle
from kerasviz.pictures.figures.maps import cam_figure, maps_figure, saliency_figure
from kerasviz.pictures.figures.methods import methods_figure
from kerasviz.pictures.figures.points import curves_figure, embedding_figure
from kerasviz.pictures.figures.samples import (
    confident_mistakes,
    mistakes_figure,
    prediction_figure,
    sample_figure,
)
from kerasviz.pictures.figures.sheets import feature_figure, feature_order, masking_figure

__all__ = [
    "CamStyle",
    "Figure",
    "MapStyle",
    "PixelStyle",
    "accuracy_figure",
    "cam_figure",
    "comparison_figure",
    "confident_mistakes",
    "confusion_figure",
    "curves_figure",
    "embedding_figure",
    "feature_figure",
    "feature_order",
    "filtered_figure",
    "heatmap_figure",
    "kernel_figure",
    "maps_figure",
    "masking_figure",
    "methods_figure",
    "mistakes_figure",
    "name_of",
    "pairs_figure",
    "prediction_figure",
    "saliency_figure",
    "sample_figure",
    "save_figure",
]

"""Embeddings: what a layer makes of each picture, as points in a figure and in TensorBoard's projector."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.embeddings.embedding import Embedding, embed, embed_layers
from kerasviz.embeddings.projections import METHODS, check_method, describe_method, pca, project
from kerasviz.embeddings.projector import Projector, write_projector
from kerasviz.embeddings.sprite import thumbnail, thumbnail_side

__all__ = [
    "METHODS",
    "Embedding",
    "Projector",
    "check_method",
    "describe_method",
    "embed",
    "embed_layers",
    "pca",
    "project",
    "thumbnail",
    "thumbnail_side",
    "write_projector",
]

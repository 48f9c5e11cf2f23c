"""Embeddings drawn: every point in its class, names and pictures that do not stand in each other's way."""

from __future__ import annotations

import numpy as np
import pytest

from kerasviz.errors import InputError
from kerasviz.pictures.figures import embedding_figure

RNG = np.random.default_rng(0)
# Names that Matplotlib would read as mathematics, or leave out of a legend.
NAMES = ["_background", "$5_bill$", "a rather long name of a class, longer than its picture"]


def test_every_point_is_scattered_in_its_class() -> None:
    points = RNG.normal(size=(20, 2))
    labels = np.arange(20) % 10
    figure = embedding_figure(points, labels)
    groups = figure.axes[0].collections
    assert (np.asarray(groups[3].get_offsets()) == points[labels == 3]).all()
    assert sum(len(group.get_offsets()) for group in groups) == 20
    looks = {(tuple(g.get_facecolor()[0]), len(g.get_paths()[0].vertices)) for g in groups}
    assert len(looks) == 10
    assert [text.get_text() for text in figure.axes[0].texts] == [str(label) for label in range(10)]


def test_names_are_taken_literally() -> None:
    figure = embedding_figure(RNG.normal(size=(6, 2)), [0, 1, 2, 0, 1, 2], class_names=NAMES)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == NAMES


def test_pictures_stand_at_their_points() -> None:
    # Two pictures at one place, a third far away: the second would cover the first.
    points = np.array([[0.0, 0.0], [0.1, 0.0], [48.0, 0.0]])
    images = [np.full((4, 8, 3), level, np.uint8) for level in (10, 20, 30)]
    figure = embedding_figure(points, [0, 1, 1], class_names=["a", "b"], images=images)
    axes = figure.axes[0]
    assert [image.get_array()[0, 0, 0] for image in axes.images] == [10, 30]
    # A cell is 48 / 24 = 2 wide; the picture nine tenths of it, and half as high.
    assert axes.images[1].get_extent() == pytest.approx([47.1, 48.9, -0.45, 0.45])
    assert axes.get_xlabel() == "2 of 3 pictures, where they do not overlap"
    assert sum(len(group.get_offsets()) for group in axes.collections) == 3
    with pytest.raises(InputError, match="3 points and 2 pictures"):
        embedding_figure(points, images=images[:2])


def test_names_in_each_others_way_are_left_to_the_legend() -> None:
    points = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 9.0]])
    figure = embedding_figure(points, [0, 1, 2], class_names=["first", "second", "third"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["first", "third"]
    assert len(figure.axes[0].get_legend().get_texts()) == 3


def test_points_without_classes_are_all_alike() -> None:
    figure = embedding_figure(RNG.normal(size=(6, 2)))
    assert figure.axes[0].get_legend() is None
    assert len(figure.axes[0].collections) == 1

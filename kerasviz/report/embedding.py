"""The section of the embedding: pictures as points, near each other where the network finds them alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from kerasviz.embeddings import embed, pca
from kerasviz.probe import feature_layer
from kerasviz.report.markup import Html, join, tag
from kerasviz.report.predictions import spread
from kerasviz.report.subject import Subject

MOST_POINTS = 1000
# The size of a letter of the names that stand at the points.
_LETTER = (7.5, 13)
_BATCH = 100
_SIDE, _HEIGHT, _MARGIN = 480, 340, 12
# Colours of the style sheet; after them they begin again, with another marker.
_COLORS = 8
_MARKERS = (
    "M{x:g} {y:g}m-2.6 0a2.6 2.6 0 1 0 5.2 0a2.6 2.6 0 1 0-5.2 0z",  # circle
    "M{x:g} {y:g}m0-3.4l3.2 5.6h-6.4z",  # triangle
    "M{x:g} {y:g}m-2.4-2.4h4.8v4.8h-4.8z",  # square
    "M{x:g} {y:g}m0-3.6l3 3.6l-3 3.6l-3-3.6z",  # diamond
)


def embedding(subject: Subject) -> Html:
    """Return the pictures as points: what the last layer before the classifier makes of them, by PCA."""
    chosen = spread(np.arange(len(subject.split)), MOST_POINTS)
    layer = feature_layer(subject.model, subject.batch(chosen[:1]))
    found = embed(subject.model, _batches(subject, chosen), layer, preprocessed=True)
    points, shares = pca(found.vectors)
    total = len(subject.split)
    which = "" if len(chosen) == total else f", of {total:,} pictures evenly spread"
    text = (
        f"{found.describe()}{which}. Each "
        "point is a picture, coloured by its true class; the axes are the directions of the largest variance "
        f"(PCA): {shares[0]:.0%} across and {shares[1]:.0%} upward."
    )
    return join(
        [tag("p", text), scatter(points, subject.evaluation.labels[chosen], subject.evaluation.class_names)]
    )


def scatter(points: np.ndarray, labels: np.ndarray, class_names: Sequence[str]) -> Html:
    """Return a figure of points `(n, 2)`, a colour and a marker for each class, both axes on one scale.

    >>> drawn = scatter(np.array([[0.0, 0.0], [2.0, 1.0]]), np.array([0, 1]), ["a", "b"])
    >>> drawn.count("<path"), "M12 284" in drawn, "M468 56" in drawn  # with a sample of each in the legend
    (4, True, True)
    """
    places = _places(points)
    present = np.unique(labels).tolist()
    parts, keys = [], []
    for label in present:
        own = places[labels == label]
        marker = _MARKERS[label // _COLORS % len(_MARKERS)]
        color = f"c{label % _COLORS}"
        parts.append(tag("path", class_=f"dot {color}", d="".join(marker.format(x=x, y=y) for x, y in own)))
        sample = tag("path", class_=f"dot {color}", d=marker.format(x=5, y=5))
        keys.append(tag("span", tag("svg", sample, viewBox="0 0 10 10"), class_names[label], class_="key"))
    middles = [(class_names[label], np.median(places[labels == label], axis=0)) for label in present]
    svg = tag(
        "svg",
        *parts,
        *_texts(middles),
        viewBox=f"0 0 {_SIDE} {_HEIGHT}",
        role="img",
        aria_label="Pictures as points",
    )
    return tag("figure", svg, tag("figcaption", *keys), class_="scatter")


def _texts(middles: Sequence[tuple[str, np.ndarray]]) -> list[Html]:
    """Return the names at their places, but for long ones and those that would lie on an earlier one."""
    texts: list[Html] = []
    taken: list[tuple[np.ndarray, float]] = []
    for name, place in middles:
        width = len(name) * _LETTER[0]
        x = float(np.clip(place[0], width / 2, max(_SIDE - width / 2, width / 2)))
        here = np.array([x, place[1]])
        gaps = [(np.abs(here - other), (width + length) / 2) for other, length in taken]
        if width <= _SIDE / 2 and all(gap[0] >= least or gap[1] >= _LETTER[1] for gap, least in gaps):
            taken.append((here, width))
            texts.append(tag("text", name, x=f"{x:.1f}", y=f"{place[1]:.1f}", class_="name"))
    return texts


def _batches(subject: Subject, indices: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(indices), _BATCH):
        yield subject.batch(indices[start : start + _BATCH])


def _places(points: np.ndarray) -> np.ndarray:
    """Return where points stand in the chart: centred, as large as fits."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.array([_SIDE, _HEIGHT]) - 2 * _MARGIN
    widths = np.where(high > low, high - low, 1.0)
    factor = float((room / widths).min())
    middle = np.array([_SIDE, _HEIGHT]) / 2
    return (middle + (points - (low + high) / 2) * np.array([factor, -factor])).round(1)

"""The sections of predictions: samples, confident mistakes, and where the network looked."""

from __future__ import annotations

import numpy as np

from kerasviz.errors import InputError
from kerasviz.explanation import Probe, Trace
from kerasviz.images import Box
from kerasviz.pictures import SEQUENTIAL, Scale, all_zero, overlay
from kerasviz.pictures.figures import confident_mistakes
from kerasviz.probe import default_layer
from kerasviz.report.charts import color_bar
from kerasviz.report.inline_picture import img
from kerasviz.report.markup import Html, breakable, join, tag
from kerasviz.report.subject import Subject

SAMPLES, MISTAKES, CAMS = 24, 16, 6


def samples(subject: Subject) -> Html:
    """Return pictures from all over the split under what was predicted, the wrong ones marked."""
    chosen = spread(np.arange(len(subject.split)), SAMPLES)
    text = f"{len(chosen)} of {len(subject.split):,} pictures, evenly spread; ✗ marks wrong predictions."
    return join([tag("p", text), _cards(subject, chosen)])


def mistakes(subject: Subject) -> Html:
    """Return the most confident of the wrong predictions."""
    chosen = _mistakes(subject, MISTAKES)
    wrong = len(subject.split) - len(subject.right())
    if not wrong:
        return tag("p", f"All {len(subject.split):,} predictions are right.")
    text = f"The {len(chosen)} most confident of {wrong:,} wrong predictions among {len(subject.split):,}."
    return join([tag("p", text), _cards(subject, chosen)])


def cams(subject: Subject) -> Html:
    """Return class activation maps of some right predictions and of the most confident wrong ones."""
    right, wrong = spread(subject.right(), CAMS), _mistakes(subject, CAMS)
    chosen = np.concatenate([right, wrong]).astype(int)
    batch = subject.batch(chosen)
    layer = default_layer(subject.model, batch)
    probe = Probe(subject.model, layer, preprocessed=True)
    predicted = _Maps(probe.trace(batch, subject.evaluation.predictions[chosen].tolist()))
    true = _Maps(probe.trace(batch, subject.evaluation.labels[chosen].tolist()))
    cards = [_cam_card(subject, int(index), at, predicted, true) for at, index in enumerate(chosen)]
    text = (
        f"Grad-CAM at {layer}: where the evidence for a class lies. Each map has its own scale, from 0 to "
        f"its largest value; the {predicted.kind} is the network's score of the class."
    )
    parts = [tag("p", text)]
    for title, some, kind in (
        ("Right predictions", cards[: len(right)], "two"),
        ("Wrong predictions", cards[len(right) :], "wide"),
    ):
        shown = tag("div", *some, class_=f"cards {kind}") if some else tag("p", "There are none.")
        parts += [tag("h3", title), shown]
    return join(parts)


def spread(indices: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of the indices, evenly spread."""
    places = np.linspace(0, max(len(indices) - 1, 0), min(count, len(indices)))
    return indices[places.round().astype(int)]


class _Maps:
    """The maps of a trace, with the scores they explain."""

    def __init__(self, trace: Trace) -> None:
        found = trace.cam()
        if found.maps.ndim != 3:
            raise InputError("the last spatial layer has no maps (h, w) to lay over a picture.")
        self.maps, self.scores, self.kind = found.maps, found.scores, found.score_kind


def _cam_card(subject: Subject, index: int, at: int, predicted: _Maps, true: _Maps) -> Html:
    said, label, share, is_right = _answer(subject, index)
    box = subject.box(index)
    image = box.dimmed(subject.enlarged(index))
    views = [tag("div", img(image, f"Picture of {label}"), "picture")]
    views.append(_view(image, box, predicted, at, said))
    if not is_right:
        views.append(_view(image, box, true, at, label))
    sign = join([] if is_right else [tag("span", "✗ ", class_="sign")])
    caption = tag("figcaption", sign, f"predicted {said} ({share:.0%}), true class {label}")
    kind = "card" if is_right else "card wrong"
    return tag("figure", tag("div", *views, class_="views"), caption, class_=kind)


def _view(image: np.ndarray, box: Box, explained: _Maps, at: int, name: str) -> Html:
    heatmap = box.placed(explained.maps[at], (image.shape[0], image.shape[1]), fill=0.0)
    scale = Scale(0.0, float(heatmap.max()))
    drawn = img(
        overlay(image, heatmap, 0.5, colormap=SEQUENTIAL, scale=scale), f"Where the evidence for {name} lies"
    )
    score = join(["for ", breakable(name), f": {explained.kind} {explained.scores[at]:.2f}"])
    if all_zero(heatmap):
        return tag("div", drawn, tag("span", "no evidence "), score)
    return tag("div", drawn, color_bar(scale, SEQUENTIAL, "CAM"), score)


def _cards(subject: Subject, indices: np.ndarray) -> Html:
    cards = []
    for index in indices.tolist():
        said, label, share, is_right = _answer(subject, index)
        text = join([f"{said} {share:.0%}"])
        if not is_right:
            text = join([tag("span", "✗ ", class_="sign"), text, ", is ", label])
        picture = img(subject.shown(index), f"Picture of {label}, predicted {said}")
        kind = "card" if is_right else "card wrong"
        cards.append(tag("figure", picture, tag("figcaption", text), class_=kind))
    return tag("div", *cards, class_="cards one")


def _answer(subject: Subject, index: int) -> tuple[str, str, float, bool]:
    """Return the predicted and the true class, the probability of the former, and whether they agree."""
    probabilities = subject.evaluation.probabilities[index]
    said, label = int(probabilities.argmax()), int(subject.evaluation.labels[index])
    return subject.name(said), subject.name(label), float(probabilities[said]), said == label


def _mistakes(subject: Subject, count: int) -> np.ndarray:
    evaluation = subject.evaluation
    return confident_mistakes(evaluation.labels.tolist(), evaluation.probabilities, count)

"""What a model predicts of a picture, in words: a class with its probability, or where in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kerasviz.cli.parts.class_choice import class_label

if TYPE_CHECKING:
    import keras
    import numpy as np

    from kerasviz.explanation import Explanation
    from kerasviz.probe import Places, Target


class Prediction(NamedTuple):
    """The predicted class, and the probability of the explained one; "?" where the output is no such thing.

    Of a segmentation network `predicted` is the explained class and the `share` of the picture that is
    predicted as it, and the probability is its mean there. Elsewhere `share` is "".
    """

    predicted: str
    probability: str
    share: str = ""


def predictions(
    explanation: Explanation, model: keras.Model, target: Target, names: Sequence[str] | None
) -> list[Prediction]:
    """Return what the model predicts of each picture of an explanation."""
    from kerasviz.probe import predicted_places

    places = predicted_places(model, explanation, target)
    if places is not None:
        return [_of_places(int(index), at, places, names) for at, index in enumerate(explanation.classes)]
    shares = _scores(explanation, model, target)
    if shares is None:
        return [Prediction("?", "?")] * len(explanation)
    known = explanation.score_kind != "output"
    return [
        Prediction(
            class_label(int(row.argmax()), names), f"{row[index]:.3f}" if known and index >= 0 else "?"
        )
        for row, index in zip(shares, explanation.classes, strict=True)
    ]


def names_that_fit(
    names: Sequence[str] | None, explanation: Explanation, model: keras.Model, target: Target
) -> Sequence[str] | None:
    """Return the names where they are as many as the classes of the explained output, else None.

    Of a model with several outputs they are those of one: of the others they would say what is not so.
    """
    import numpy as np

    from kerasviz.probe import pick

    outputs = pick(model, explanation.outputs, target.output)
    if names is None or not isinstance(outputs, np.ndarray):
        return names
    count = outputs.shape[-1]
    return names if len(names) == (2 if count == 1 else count) else None


def _of_places(index: int, at: int, places: Places, names: Sequence[str] | None) -> Prediction:
    """Return that of one picture, the number `at`, of which a class is explained."""
    if index < 0:
        return Prediction(class_label(index, names), "?")
    here = places.classes[at] == index
    share = f"{here.mean():.1%}"
    probability = "?"
    if places.probabilities is not None and here.any():
        probability = f"{places.probabilities[at][here].mean():.3f}"
    return Prediction(f"{class_label(index, names)} on {share}", probability, share)


def _scores(explanation: Explanation, model: keras.Model, target: Target) -> np.ndarray | None:
    """Return a number for each class, `(N, classes)`: probabilities, or what the model returns as it is.

    None where the explained output is no such thing.
    """
    import numpy as np

    from kerasviz.probe import pick

    outputs = pick(model, explanation.outputs, target.output)
    if not isinstance(outputs, np.ndarray) or outputs.ndim != 2:
        return None
    if outputs.shape[1] > 1:
        return outputs
    return None if explanation.score_kind == "output" else np.concatenate([1 - outputs, outputs], axis=1)

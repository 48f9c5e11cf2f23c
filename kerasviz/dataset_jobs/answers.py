"""What a classifier's outputs mean: probabilities or logits, decided once for a whole data set."""

from __future__ import annotations

import numpy as np

from kerasviz.errors import UnsupportedModelError

PROBABILITIES, LOGITS = "probabilities", "logits"
_TOP = 5


def kind_of_outputs(outputs: object, score_kind: str) -> str:
    """Return whether a classifier returns probabilities or logits.

    It says so itself where it ends in a softmax or sigmoid: then what is explained is a `"logit"`. Else the
    values say it: probabilities are in 0..1, and those of a picture sum to 1.

    Raises:
        UnsupportedModelError: the outputs are not `(N, K)`.

    >>> [kind_of_outputs(np.array([[0.25, other]]), "output") for other in (0.75, 3.0)]
    ['probabilities', 'logits']
    """
    values = _checked(outputs)
    if score_kind == "logit":
        return PROBABILITIES
    if values.min() < 0 or values.max() > 1:
        return LOGITS
    sums = values.sum(axis=1)
    return PROBABILITIES if values.shape[1] == 1 or np.allclose(sums, 1, atol=1e-2) else LOGITS


def probabilities(outputs: object, kind: str) -> np.ndarray:
    """Return the probabilities of all classes, float32 `(N, K)`; one unit speaks for the second of two.

    >>> probabilities(np.array([[0.0], [100.0]], np.float32), LOGITS).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    values = _checked(outputs)
    if values.shape[1] == 1:
        second = values if kind == PROBABILITIES else np.exp(-np.logaddexp(np.float32(0), -values))
        return np.concatenate([1 - second, second], axis=1)
    if kind == PROBABILITIES:
        return values
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def top_classes(shares: np.ndarray) -> np.ndarray:
    """Return the 5 most probable classes of each picture, or all, the most probable first: int32 `(N, k)`.

    Of equal ones the first comes first, as with `argmax`.
    """
    return np.argsort(-shares, axis=1, kind="stable")[:, :_TOP].astype(np.int32)


def _checked(outputs: object) -> np.ndarray:
    if not isinstance(outputs, np.ndarray) or outputs.ndim != 2:
        shape = getattr(outputs, "shape", None)
        said = type(outputs).__name__ if shape is None else f"the shape {tuple(shape)}"
        raise UnsupportedModelError(
            f"The model returns {said}; data sets are explained for classifiers, which return (N, K)."
        )
    return outputs

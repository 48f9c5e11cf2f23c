"""Every method on every kind of model: it works, or says the sentence that is declared for it."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np
import pytest
from contract_page import PAGE, page
from model_kind import Case, Kind
from model_kinds import KINDS

from kerasviz.explanation import METHODS, Explanation, explain
from kerasviz.probe import class_score

# Few passes: what is tested is that a method runs on a model, not what it finds.
QUICK: dict[str, dict[str, Any]] = {
    "score_cam": {"channels": 3},
    "rise": {"masks": 8, "cells": 2},
    "integrated_gradients": {"steps": 4},
    "smooth_grad": {"samples": 2},
}
REPEATED = tuple(method.name for method in METHODS if "progress" in {o.name for o in method.options})
# From what a network shows before its end to what it returns.
HEADS = {
    "softmax": lambda logits: np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
    "sigmoid": lambda logits: 1 / (1 + np.exp(-logits)),
    "linear": lambda logits: logits,
}


class Known:
    """A case, with what Keras alone and the logits of all its classes say of its pictures."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.case: Case = kind.build()
        self.outputs = floats(self.case.model.predict(self.case.fed(self.case.images), verbose=0))
        self.before = snapshot(self.case.model)

    @functools.cached_property
    def predicted(self) -> np.ndarray:
        """The output that is explained."""
        return keras.tree.flatten(self.outputs)[self.case.output or 0]

    @functools.cached_property
    def scores(self) -> np.ndarray:
        """The score of every class (N, classes), of one unit those of 0 and 1.

        They are asked for class by class, and must be what the head makes the prediction of.
        """
        case, predicted = self.case, self.predicted
        columns = [
            explain(case.model, case.images, "saliency", target=class_score(k, output=case.output)).scores
            for k in range(max(predicted.shape[1], 2))
        ]
        scores = np.stack(columns, axis=1)
        if predicted.shape[1] == 1:
            np.testing.assert_array_equal(scores[:, 0], -scores[:, 1])
        made = HEADS[case.head](scores[:, -predicted.shape[1] :])
        np.testing.assert_allclose(made, predicted, atol=case.tolerance)
        return scores

    def said(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the class and the score that explain has to name for each picture."""
        if self.case.said is not None:
            return self.case.said(self.outputs)
        classes = self.scores.argmax(axis=1)
        rows = np.arange(len(classes))
        if self.predicted.shape[1] > 1:
            # Not its argmax: an untrained network may give probabilities equal to the last digit.
            assert (self.predicted[rows, classes] >= self.predicted.max(axis=1) - 1e-7).all()
        return classes, self.scores[rows, classes]


def floats(outputs: Any) -> Any:
    return keras.tree.map_structure(lambda values: np.asarray(values, np.float32), outputs)


def snapshot(model: keras.Model) -> dict[str, Any]:
    """Return what no explanation may change."""
    layers = model._flatten_layers()
    return {
        "weights": [np.asarray(weight.numpy()).tobytes() for weight in model.weights],
        "configs": [
            str(layer.get_config()) for layer in layers if type(layer).__module__.startswith("keras.")
        ],
        "layers": [(layer.name, layer.trainable, layer.dtype_policy.name, id(layer)) for layer in layers],
        "replaced": [name for layer in layers for name in ("call", "__call__") if name in vars(layer)],
        "policy": keras.config.dtype_policy().name,
        "random": str(np.random.get_state()),  # noqa: NPY002,
    }


# The methods of one kind run one after the other.
@functools.lru_cache(maxsize=1)
def known_of(name: str) -> Known:
    # Names that Keras gives count from 0: sentences name layers.
    keras.backend.clear_session()
    return Known(next(kind for kind in KINDS if kind.name == name))


def _pairs() -> list[Any]:
    return [
        pytest.param(
            kind.name,
            method.name,
            id=f"{kind.name}-{method.name}",
            marks=() if method.name in kind.quickly else pytest.mark.slow,
        )
        for kind in KINDS
        for method in METHODS
    ]


@pytest.mark.parametrize(("kind", "method"), _pairs())
@pytest.mark.filterwarnings("ignore:Integrated gradients miss")
def test_a_method_explains_or_says_why_not(kind: str, method: str) -> None:
    known = known_of(kind)
    refusal = known.kind.refusal(method)
    try:
        if refusal is None:
            check(asked(known.case, method), known)
        else:
            with pytest.raises(refusal.error) as refused:
                asked(known.case, method)
            assert str(refused.value) == refusal.said
            assert type(refused.value) is refusal.error
    finally:
        assert snapshot(known.case.model) == known.before


def asked(case: Case, method: str, **options: Any) -> Explanation:
    options |= QUICK.get(method, {})
    if method in REPEATED:
        options["progress"] = False
    if method == "occlusion":
        options |= {"patch": min(case.size), "stride": min(case.size)}
    return explain(case.model, case.images, method, **case.asked, **options)


def check(found: Explanation, known: Known) -> None:
    case = known.case
    count = len(keras.tree.flatten(case.images)[0])
    assert found.maps.shape == (count, *case.size)
    assert found.maps.dtype == np.float32
    assert np.isfinite(found.maps).all()
    # An untrained network may have nothing but evidence against a class.
    signed = found if found.maps.any() else asked(case, found.method, relu=False)
    assert signed.maps.any()
    keras.tree.map_structure(
        lambda ours, theirs: np.testing.assert_allclose(ours, theirs, atol=case.tolerance),
        floats(found.outputs),
        known.outputs,
    )
    classes, scores = known.said()
    np.testing.assert_array_equal(found.classes, classes)
    np.testing.assert_allclose(found.scores, scores, atol=case.tolerance, rtol=case.tolerance)
    if case.pixels is not None:
        np.testing.assert_array_equal(found.pictures(), case.pixels)


def test_the_page_is_what_is_declared() -> None:
    assert PAGE.read_text() == page(), "write it anew: python tests/contract/contract_page.py"

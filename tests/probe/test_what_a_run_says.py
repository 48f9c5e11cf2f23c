"""Every run that explains also says what the model answered: nobody needs a second pass."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kerasviz.probe import as_target, cached_cut, class_score, frozen_forward, input_gradients

IMAGES = np.random.default_rng(0).random((5, 12, 12, 3), np.float32)


def finish(activations, gradients, shapes):
    return activations["conv2"][:, 0, 0, 0]


def runs_of(model: keras.Model, target, size: int = 2) -> list:
    """Return what each kind of run says, of the five pictures in batches of `size`."""
    parts = [IMAGES[at : at + size] for at in range(0, 5, size)]
    gradients, forward = input_gradients(model), frozen_forward(model)
    return [
        list(cached_cut(model, "conv2").finished(IMAGES, target, size, finish)),
        list(cached_cut(model, "conv2").traces(IMAGES, target, size)),
        [gradients(part, target, target.parameters(model, len(part))) for part in parts],
        [forward.scored(part, target) for part in parts],
    ]


def joined(parts: list, name: str) -> np.ndarray:
    return np.concatenate([getattr(part, name) for part in parts])


@pytest.mark.parametrize("name", ["functional", "sequential"])
def test_scores_classes_outputs_and_the_kind_of_score(build, name: str) -> None:
    model = build[name]()
    expected = model.predict_on_batch(IMAGES)
    for parts in runs_of(model, as_target(None)):
        np.testing.assert_allclose(joined(parts, "outputs"), expected, atol=1e-5)
        np.testing.assert_array_equal(joined(parts, "classes"), expected.argmax(axis=1))
        assert {part.score_kind for part in parts} == {"logit"}
        logits = joined(parts, "scores")
        second = np.concatenate(
            [frozen_forward(model).scores(IMAGES[at : at + 1], class_score(0)) for at in range(5)]
        )
        ratio = np.log(expected.max(axis=1) / expected[:, 0])
        np.testing.assert_allclose(logits - second, ratio, atol=1e-4)


def test_outputs_keep_the_structure_of_the_model(build) -> None:
    model = build["multi_output"]()
    expected = model.predict_on_batch(IMAGES)
    target = class_score(2, output="kind", probability=True)
    for parts in runs_of(model, target):
        assert set(parts[0].outputs) == {"kind", "age"}
        for key, values in expected.items():
            found = np.concatenate([part.outputs[key] for part in parts])
            np.testing.assert_allclose(found, values, atol=1e-5)
        np.testing.assert_allclose(joined(parts, "scores"), expected["kind"][:, 2], atol=1e-5)
        assert joined(parts, "classes").tolist() == [2] * 5
        assert parts[0].score_kind == "probability"


def test_a_finished_run_names_the_layer_that_was_chosen(build) -> None:
    (found,) = cached_cut(build["functional"](), None).finished(IMAGES, as_target(0), 8, finish)
    assert found.paths == ("conv2",)
    assert found.values.shape == (5,)

from __future__ import annotations

import weakref

import keras
import numpy as np
import pytest
from keras import layers as kl

import kerasviz as kv
from kerasviz.errors import InputError, TargetError
from kerasviz.models import NamedDense
from kerasviz.probe import Probe, Target, as_target, class_score, frozen_forward, region_score, top_class

IMAGES = np.array([1.0, -2.0], np.float32).reshape(2, 1, 1, 1) * np.ones((1, 2, 2, 1), np.float32)


def linear(weights: list[float], activation: str | None) -> keras.Model:
    """Scores are the picture's mean times the weights: by hand, weight * value."""
    model = keras.Sequential([keras.Input((2, 2, 1)), kl.Activation("linear", name="maps")])
    model.add(kl.GlobalAveragePooling2D())
    kernel = keras.initializers.Constant(np.array([weights]))
    model.add(kl.Dense(len(weights), activation=activation, kernel_initializer=kernel, name="scores"))
    return model


def trace(weights, activation, target):
    return Probe(linear(weights, activation), "maps").trace(IMAGES, target)


def test_logits_of_a_softmax_and_its_probabilities() -> None:
    found = trace([3.0, 1.0, 2.0], "softmax", None)
    assert found.classes.tolist() == [0, 1]
    assert found.scores.tolist() == [3.0, -2.0]
    assert found.score_kind == "logit"
    found = trace([3.0, 1.0, 2.0], "softmax", class_score(0, probability=True))
    expected = np.exp([3, -6]) / [np.exp([3, 1, 2]).sum(), np.exp([-6, -2, -4]).sum()]
    np.testing.assert_allclose(found.scores, expected, rtol=1e-5)
    assert found.score_kind == "probability"
    assert trace([3.0, 1.0, 2.0], None, 0).score_kind == "output"


def test_ranks_and_a_class_per_picture() -> None:
    assert trace([3.0, 1.0, 2.0], "softmax", top_class(2)).classes.tolist() == [2, 2]
    assert trace([3.0, 1.0, 2.0], "softmax", [1, 0]).scores.tolist() == [1.0, -6.0]
    assert trace([3.0, 1.0, 2.0], "softmax", top_class(3)).scores.tolist() == [1.0, -6.0]


def test_a_head_of_one_unit_has_two_sides() -> None:
    found = trace([3.0], "sigmoid", None)
    assert found.classes.tolist() == [1, 0]
    assert found.scores.tolist() == [3.0, 6.0]
    assert np.unique(found.gradients["maps"][0]).tolist() == [0.75]
    assert np.unique(found.gradients["maps"][1]).tolist() == [-0.75]
    found = trace([3.0], "sigmoid", class_score(0, probability=True))
    p = 1 / (1 + np.exp([-3.0, 6.0]))
    np.testing.assert_allclose(found.scores, 1 - p, rtol=1e-5)
    np.testing.assert_allclose(found.gradients["maps"][:, 0, 0, 0], -0.75 * p * (1 - p), rtol=1e-4)


def test_labels_come_from_the_call_or_the_model() -> None:
    assert trace([3.0, 1.0], "softmax", class_score("b", class_names=["a", "b"])).scores.tolist() == [
        1.0,
        -2.0,
    ]
    model = linear([3.0, 1.0], "softmax")
    model.layers[-1].class_names = ["cat", "dog"]
    assert Probe(model, "maps").trace(IMAGES, "dog").classes.tolist() == [1, 1]
    with pytest.raises(TargetError, match=r"no class 'dgo'\. Did you mean dog"):
        Probe(model, "maps").trace(IMAGES, "dgo")
    with pytest.raises(TargetError, match="stores no class names"):
        trace([3.0, 1.0], "softmax", "dog")


@pytest.mark.parametrize("names", [["a", "b", "c"], ["a"]])
@pytest.mark.parametrize("label", ["a", 1])
def test_names_that_are_not_as_many_as_the_classes_are_refused(names, label) -> None:
    target = class_score(label, class_names=names)
    with pytest.raises(TargetError, match=f"{len(names)} class_names, but the output has 2 classes"):
        trace([3.0, 1.0], "softmax", target)
    model = linear([3.0, 1.0], "softmax")
    model.class_names = names
    with pytest.raises(InputError, match=f"{len(names)} class names, but the model tells 2"):
        kv.explain(model, IMAGES, layer="maps")
    with pytest.raises(InputError, match=f"there are {len(names)} class names"):
        Probe(model, "maps").trace(IMAGES, "a")


def test_names_of_a_head_that_was_replaced_are_not_those_of_the_classes() -> None:
    inputs = keras.Input((4,))
    old = NamedDense(["cat", "dog"])(inputs)
    assert kv.class_names(keras.Model(inputs, old)) == ["cat", "dog"]
    assert kv.class_names(keras.Model(inputs, keras.layers.Dense(3)(old))) is None


def test_a_callable_sees_the_outputs_as_they_are() -> None:
    found = trace([3.0, 1.0], "softmax", lambda outputs: outputs[:, 0] - outputs[:, 1])
    np.testing.assert_allclose(found.scores, found.outputs[:, 0] - found.outputs[:, 1], rtol=1e-6)
    assert found.classes.tolist() == [-1, -1]
    assert found.score_kind == "output"
    with pytest.raises(TargetError, match="expected one per picture"):
        trace([3.0, 1.0], "softmax", lambda outputs: outputs)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (2, r"has 2 classes, 0..1; got class 2"),
        (-5, "expected 0 or above"),
        (2**64, "no output has so many classes"),
        ([1, [2]], "expected one, or one for each picture"),
        ([0, 1, 1], "Got 3 classes for 2 pictures"),
        (top_class(3), "none of rank 3"),
        (class_score(0, output="other"), "no output 'other'"),
        (1.5, "index or a label"),
    ],
)
def test_targets_that_do_not_fit(target, message) -> None:
    with pytest.raises(TargetError, match=message):
        trace([3.0, 1.0], "softmax", target)


def small_network() -> keras.Model:
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 3))
    features = kl.Conv2D(6, 3)(image)
    features = kl.BatchNormalization(beta_initializer="ones", gamma_initializer="random_normal")(features)
    pooled = kl.GlobalAveragePooling2D()(kl.ReLU()(features))
    return keras.Model(image, kl.Dense(4, activation="softmax")(pooled))


@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("bfloat16", 1e-2)])
def test_the_frozen_forward_follows_the_weights(precision: str, tolerance: float) -> None:
    model = small_network()
    images = np.random.default_rng(0).random((3, 8, 8, 3), np.float32)
    forward = frozen_forward(model, precision)
    for change in (0.0, 0.1):
        for variable in model.variables:
            variable.assign(np.asarray(variable.numpy()) + change)
        np.testing.assert_allclose(forward(images), model.predict_on_batch(images), atol=tolerance)
    logits = np.log(model.predict_on_batch(images))
    scores = forward.scores(images, class_score(1)) - forward.scores(images, class_score(0))
    np.testing.assert_allclose(scores, logits[:, 1] - logits[:, 0], atol=20 * tolerance)


def test_held_weights_are_looked_at_once() -> None:
    model = small_network()
    images = np.ones((1, 8, 8, 3), np.float32)
    forward = frozen_forward(model)
    with forward.held():
        first = forward(images)
        model.layers[-1].bias.assign([5.0, 0, 0, 0])
        np.testing.assert_array_equal(forward(images), first)
    assert forward(images)[0, 0] > first[0, 0] + 0.1
    with pytest.raises(ValueError, match="float32 or bfloat16"):
        frozen_forward(model, "float8")


def test_what_a_program_keeps_scores_the_same_and_holds_no_function_alive() -> None:
    function = lambda outputs: 2 * outputs[:, 1]  # noqa: E731
    gone, lasting = weakref.ref(function), as_target(function).lasting()
    values = np.array([[1.0, 3.0]], np.float32)
    assert np.asarray(lasting.score(values, "output").scores).tolist() == [6.0]
    del function
    assert gone() is None
    with pytest.raises(ReferenceError, match="no longer exists"):
        lasting.score(values, "output")


@pytest.mark.parametrize("target", [class_score([0, 1]), top_class(2), region_score(np.ones((2, 2)))])
def test_what_a_program_keeps_shares_the_function_of_its_target(target: Target) -> None:
    assert target.lasting().key() == target.key()
    assert target.lasting().specs() == target.specs()

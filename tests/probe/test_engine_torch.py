"""The engine on PyTorch against numbers by hand and by PyTorch itself; and what it leaves alone."""

from __future__ import annotations

import contextlib
import gc
import weakref
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers as kl
from keras import ops

import kerasviz as kv
from kerasviz.errors import InputError, TargetError, UnsupportedModelError
from kerasviz.probe import clear_caches, frozen_forward

pytestmark = pytest.mark.engine

if keras.backend.backend() != "torch":
    pytest.skip("Keras does not run on PyTorch here", allow_module_level=True)

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

# What a layer returns: x, of two pictures of one line of two pixels.
IMAGES = np.array([[[1.0], [2.0]], [[-3.0], [4.0]]], np.float32)[:, None]


def square(activation: str | None = "softmax") -> keras.Model:
    """Return a model of logits (s, -s), s the sum of 2 x over the pixels where x > 0."""
    kernel = keras.initializers.Constant([[1.0, -1.0]])
    return keras.Sequential(
        [
            keras.Input((1, 2, 1)),
            kl.Conv2D(1, 1, kernel_initializer=keras.initializers.Constant(2.0), name="conv"),
            kl.ReLU(name="relu"),
            kl.Lambda(lambda x: ops.sum(x, (1, 2)), output_shape=(1,), name="sum"),
            kl.Dense(2, activation=activation, kernel_initializer=kernel, name="classes"),
        ]
    )


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 3))
    first = kl.Conv2D(4, 3, activation="relu", name="first", activity_regularizer="l2")(image)
    normed = kl.BatchNormalization(name="norm")(first)
    second = kl.Conv2D(5, 3, activation="relu", name="second")(normed)
    scores = kl.Dense(3, activation="softmax", name="classes")(kl.GlobalAveragePooling2D()(second))
    return keras.Model(image, scores)


def photos(count: int = 2) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, 8, 8, 3)).astype(np.float32)


def test_activations_logits_and_gradients_by_hand() -> None:
    trace = kv.Probe(square(), ["conv", "relu"]).trace(IMAGES, target=1)
    np.testing.assert_array_equal(trace.activations["conv"], 2 * IMAGES)
    np.testing.assert_array_equal(trace.activations["relu"], np.maximum(2 * IMAGES, 0))
    assert trace.scores.tolist() == [-6.0, -8.0]
    assert trace.score_kind == "logit"
    np.testing.assert_array_equal(trace.gradients["conv"], -(IMAGES > 0).astype(np.float32))
    np.testing.assert_array_equal(trace.gradients["relu"], np.full_like(IMAGES, -1))
    # The derivative at "conv" depends on where x > 0; at "relu" it is the same for every picture.
    assert trace.linear == {"relu"}
    np.testing.assert_allclose(trace.outputs[:, 1], 1 / (1 + np.exp([12.0, 16.0])), rtol=1e-5)


def test_gradients_by_the_pictures_by_hand() -> None:
    found = kv.explain(square(), IMAGES, "input_x_gradient", target=0, channels="sum")
    np.testing.assert_array_equal(found.maps, np.where(IMAGES > 0, 2 * IMAGES, 0)[..., 0])


def test_guided_backpropagation_stops_what_is_negative() -> None:
    options = {"channels": "sum"}
    plus = kv.explain(square(), IMAGES, "guided_backpropagation", target=0, **options)
    np.testing.assert_array_equal(plus.maps, np.where(IMAGES > 0, 2, 0)[..., 0])
    minus = kv.explain(square(), IMAGES, "guided_backpropagation", target=1, **options)
    assert not np.any(minus.maps)


def test_slopes_are_those_of_pytorch() -> None:
    model, images = network(), photos()
    trace = kv.Probe(model, ["first", "second"]).trace(images, target=2)
    first = torch.tensor(trace.activations["first"], requires_grad=True)
    normed = model.get_layer("norm")(first)
    second = model.get_layer("second")(normed)
    classes = model.get_layer("classes")
    logits = second.mean((1, 2)) @ classes.kernel.value + classes.bias.value
    np.testing.assert_allclose(trace.scores, logits[:, 2].detach(), atol=1e-6)
    slopes = torch.autograd.grad(logits[:, 2].sum(), [first, second])
    for path, slope in zip(["first", "second"], slopes, strict=True):
        np.testing.assert_allclose(trace.gradients[path], slope, atol=1e-6)


@pytest.mark.parametrize("target", [0, lambda outputs: 1 / 0, 7, lambda outputs: outputs])
def test_nothing_of_the_callers_is_touched_also_not_by_errors(target: Any) -> None:
    model, images = network(), photos()
    model.get_layer("second").trainable = False
    parameters = [variable.value for variable in model.variables]
    model(images).sum().backward()
    model.train()
    gradients = [None if p.grad is None else p.grad.clone() for p in parameters]
    flags, copy, numbers = [p.requires_grad for p in parameters], images.copy(), torch.get_rng_state()
    values, losses = [p.detach().clone() for p in parameters], len(model.losses)
    for mode in (torch.enable_grad, torch.no_grad, torch.inference_mode):
        with mode(), torch.autocast("cpu", torch.bfloat16):
            before = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            for method in ("grad_cam", "saliency", "guided_backpropagation", "occlusion"):
                with contextlib.suppress(ZeroDivisionError, TargetError):
                    kv.explain(model, images, method, target=target)
            assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == before
            assert torch.is_autocast_enabled("cpu")
    assert torch.is_grad_enabled()
    assert not torch.is_autocast_enabled("cpu")
    assert [p.requires_grad for p in parameters] == flags
    assert all(layer.training for layer in model.modules())
    assert torch.equal(torch.get_rng_state(), numbers)
    assert len(model.losses) == losses
    np.testing.assert_array_equal(images, copy)
    for parameter, value, gradient in zip(parameters, values, gradients, strict=True):
        assert torch.equal(parameter, value)
        assert (parameter.grad is None and gradient is None) or torch.equal(parameter.grad, gradient)


def test_the_part_before_the_cut_is_never_differentiated() -> None:
    seen = []

    class Noting(kl.Layer):
        def call(self, inputs: Any) -> Any:
            result = inputs * 1.0
            seen.append((torch.is_grad_enabled(), result.requires_grad))
            return result

    before, after = Noting(), Noting()
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), kl.Conv2D(2, 3), before, kl.Conv2D(2, 3, name="cut"), after, kl.Flatten()]
    )
    model.add(kl.Dense(2))
    seen.clear()
    kv.Probe(model, "cut").trace(np.ones((1, 6, 6, 1), np.float32))
    assert seen == [(False, False), (True, True)] * 2  # the recorded run, and the real one


def test_models_and_functions_are_let_go() -> None:
    model, images = network(), photos()
    scores = lambda outputs: outputs[:, 0]  # noqa: E731
    for method in ("grad_cam", "saliency", "guided_backpropagation", "occlusion"):
        kv.explain(model, images, method, target=scores)
    kv.Probe(model, ["first", "second"]).trace(images)
    gone, forgotten = weakref.ref(model), weakref.ref(scores)
    del scores
    gc.collect()
    assert forgotten() is None
    del model
    gc.collect()
    assert gone() is None


def test_what_is_written_over_later_is_shown_as_it_was() -> None:
    class Over(kl.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs.mul_(-1.0)

    model = keras.Sequential(
        [keras.Input((2, 2, 1)), kl.Conv2D(1, 1, kernel_initializer="ones", name="conv")]
    )
    model.add(Over())
    model.add(kl.GlobalAveragePooling2D())
    model.add(kl.Dense(1, kernel_initializer="ones"))
    images = np.ones((1, 2, 2, 1), np.float32)
    probe = kv.Probe(model, "conv")
    np.testing.assert_array_equal(probe.activations(images)["conv"], images)
    trace = probe.trace(images, target=1)
    np.testing.assert_array_equal(trace.activations["conv"], images)
    np.testing.assert_array_equal(trace.gradients["conv"], -images / 4)


def test_what_is_handed_out_is_no_weight() -> None:
    class Shown(kl.Layer):
        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=(1, 2, 2, 1), initializer="ones", name="table")

        def call(self, inputs: Any) -> Any:
            return self.table.value

    image = keras.Input((2, 2, 1))
    shown = Shown(name="shown")
    model = keras.Model(image, kl.GlobalAveragePooling2D()(image + shown(image)))
    kv.Probe(model, "shown").activations(np.ones((1, 2, 2, 1), np.float32))["shown"][:] = 7
    assert np.all(np.asarray(shown.table) == 1)


def test_held_weights_are_those_of_the_moment() -> None:
    model, images = network(), photos()
    forward = frozen_forward(model)
    expected = model.predict_on_batch(images)
    with forward.held():
        np.testing.assert_allclose(forward(images), expected, atol=1e-6)
        with torch.no_grad():
            for variable in model.variables:
                variable.value.data.add_(0.5)
        np.testing.assert_allclose(forward(images), expected, atol=1e-6)
    changed = forward(images)
    np.testing.assert_allclose(changed, model.predict_on_batch(images), atol=1e-6)
    assert np.abs(changed - expected).max() > 1e-3


def test_modules_of_pytorch_run_in_evaluation_and_are_set_back() -> None:
    module = torch.nn.Sequential(
        torch.nn.Flatten(),
        torch.nn.Linear(4, 6),
        torch.nn.ReLU6(),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(6, 2),
    )
    wrapped = kl.TorchModuleWrapper(module, name="module")
    model = keras.Sequential([kl.Conv2D(1, 1, name="conv"), wrapped])
    images = np.random.default_rng(0).normal(size=(2, 2, 2, 1)).astype(np.float32)
    model(images)
    model.train()
    trace = kv.Probe(model, "conv").trace(images, target=1)
    assert all(part.training for part in model.modules())
    features = torch.tensor(trace.activations["conv"], requires_grad=True)
    scores = module.eval()(features)[:, 1]
    np.testing.assert_allclose(trace.scores, scores.detach(), atol=1e-6)
    np.testing.assert_allclose(
        trace.gradients["conv"], torch.autograd.grad(scores.sum(), features)[0], atol=1e-6
    )
    assert np.any(kv.explain(model, images, "guided_backpropagation", target=1).maps)


def test_the_logits_of_a_softmax_that_a_model_calls_itself() -> None:
    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            kernel = keras.initializers.Constant([[1.0, 2.0]])
            self.dense = kl.Dense(2, kernel_initializer=kernel, name="dense")

        def call(self, inputs: Any) -> Any:
            return torch.softmax(self.dense(inputs), -1)

    trace = kv.Probe(Own(), "dense").trace(np.array([[3.0], [-1.0]], np.float32), target=1)
    assert trace.score_kind == "logit"
    assert trace.scores.tolist() == [6.0, -2.0]


def test_refusals_are_those_of_every_backend() -> None:
    model, images = network(), photos()
    with pytest.raises(TargetError, match="has no part in the explained score"):
        kv.Probe(model, "first").trace(images, target=lambda outputs: ops.zeros((len(outputs),)))
    with pytest.raises(TargetError, match=r"The output has 3 classes, 0\.\.2; got class 5"):
        kv.explain(model, images, target=5)
    shared = kl.Conv2D(3, 3, padding="same", name="shared")
    image = keras.Input((8, 8, 3))
    twice = keras.Model(image, kl.GlobalAveragePooling2D()(shared(shared(image))))
    with pytest.raises(InputError, match="Layer shared is called 2 times: ask for one call"):
        kv.Probe(twice, "shared").activations(images)
    with pytest.raises(UnsupportedModelError, match="The model has no ReLU"):
        kv.explain(twice, images, "guided_backpropagation", target=0)


def test_caches_may_be_cleared() -> None:
    model, images = network(), photos()
    before = kv.explain(model, images, target=1)
    clear_caches()
    np.testing.assert_array_equal(kv.explain(model, images, target=1), before)

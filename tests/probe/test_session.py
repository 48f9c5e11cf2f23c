"""What is compiled for a model is found again, and forgotten when the model changes or goes."""

from __future__ import annotations

import gc
import resource
import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from counted_runs import Counted
from keras import layers as kl

import kerasviz as kv
from kerasviz.errors import TargetError
from kerasviz.probe import as_target, clear_caches, frozen_forward

IMAGES = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype(np.float32)
METHODS = {
    "grad_cam": {"layer": "conv", "relu": False},
    "saliency": {},
    "guided_backpropagation": {},
    "rise": {"masks": 4, "progress": False},
}


def small(activation: Any = "elu", **options: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            Counted(),
            kl.Conv2D(4, 3, activation=activation, name="conv", **options),
            kl.ReLU(name="relu"),
            kl.GlobalAveragePooling2D(),
            kl.Dense(3, activation="softmax", name="classes"),
        ]
    )


def deep() -> keras.Model:
    """Return a model that takes long to trace."""
    keras.utils.set_random_seed(0)
    stack = [kl.Activation("elu") for _ in range(50)]
    ends = [kl.Conv2D(4, 3, name="conv"), kl.GlobalAveragePooling2D(), kl.Dense(3)]
    return keras.Sequential([keras.Input((8, 8, 3)), Counted(), *stack, *ends])


def maps(model: keras.Model, method: str) -> np.ndarray:
    return np.asarray(kv.explain(model, IMAGES, method, target=1, **METHODS[method]))


def swap_activation(model: keras.Model) -> None:
    model.get_layer("conv").activation = keras.activations.tanh


def set_number(model: keras.Model) -> None:
    model.get_layer("conv").dilation_rate = (2, 2)


def adapt(model: keras.Model) -> None:
    layer = model.get_layer("conv")
    layer.enable_lora(1)
    for variable in (layer.lora_kernel_a, layer.lora_kernel_b):
        variable.assign(0.3 * np.ones(variable.shape))


def swap_layer(model: keras.Model) -> None:
    softmax = model.layers[-1]
    model.pop()
    other = kl.Dense(
        3, activation="softmax", kernel_initializer=keras.initializers.Constant(0.3 * np.eye(4, 3))
    )
    model.add(other)
    assert model.layers[-1] is not softmax


@pytest.mark.parametrize("change", [swap_activation, set_number, adapt, swap_layer])
@pytest.mark.parametrize("method", METHODS)
def test_a_changed_model_is_explained_as_it_is_now(method: str, change: Any) -> None:
    model, fresh = small(), small()
    before = maps(model, method)
    change(model)
    change(fresh)
    after = maps(model, method)
    np.testing.assert_allclose(after, maps(fresh, method), atol=1e-6)
    assert np.abs(after - before).max() > 1e-3


def test_a_custom_layer_that_asks_whether_it_is_frozen() -> None:
    class Moody(kl.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs if self.trainable else -inputs

    moody = Moody()
    model = keras.Sequential([keras.Input((2, 2, 1)), moody, kl.Flatten(), kl.Dense(1)])
    images = np.ones((1, 2, 2, 1), np.float32)
    first = kv.explain(model, images, "saliency", target=1, channels="sum")
    moody.trainable = False
    np.testing.assert_allclose(
        kv.explain(model, images, "saliency", target=1, channels="sum"), -np.asarray(first)
    )


def test_freezing_and_training_settings_compile_nothing_anew() -> None:
    model = small()
    counted = model.layers[0]
    maps(model, "grad_cam")
    traced = counted.traced
    model.get_layer("conv").trainable = False
    model.compile("sgd", "categorical_crossentropy")
    maps(model, "grad_cam")
    assert counted.traced == traced


def test_a_change_that_is_taken_back_finds_its_functions_again() -> None:
    model = small()
    conv, counted = model.get_layer("conv"), model.layers[0]
    first, activation = maps(model, "grad_cam"), conv.activation
    conv.activation = keras.activations.tanh
    maps(model, "grad_cam")
    traced = counted.traced
    conv.activation = activation
    np.testing.assert_array_equal(maps(model, "grad_cam"), first)
    assert counted.traced == traced


@pytest.mark.parametrize("method", ["layer_cam", "hires_cam", "eigen_cam", "grad_cam_plus_plus"])
def test_a_second_method_traces_no_large_model_and_is_what_it_is_alone(method: str) -> None:
    model, fresh = deep(), deep()
    counted = model.layers[0]
    kv.explain(model, IMAGES, "grad_cam", layer="conv")
    traced = counted.traced
    found = kv.explain(model, IMAGES, method, layer="conv")
    kv.explain(model, IMAGES, method, layer="conv", raw=True)
    kv.Probe(model, "conv").trace(IMAGES)
    assert counted.traced == traced
    np.testing.assert_allclose(found, kv.explain(fresh, IMAGES, method, layer="conv"), atol=1e-6)


def test_the_least_recently_used_is_forgotten() -> None:
    model = small()
    counted = model.layers[0]
    targets = [lambda outputs, at=at: outputs[:, 0] + at for at in range(40)]
    for target in targets:
        kv.explain(model, IMAGES, layer="conv", target=target)
        kv.explain(model, IMAGES, layer="conv", target=0)  # used all along, and compiled before all others
    traced = counted.traced
    kv.explain(model, IMAGES, layer="conv", target=0)
    kv.explain(model, IMAGES, layer="conv", target=targets[-1])
    assert counted.traced == traced
    kv.explain(model, IMAGES, layer="conv", target=targets[0])
    assert counted.traced == traced + 1


def holding(model: keras.Model, factor: float) -> Callable[[Any], Any]:
    """Return a target that refers to the model it explains."""
    return lambda outputs: outputs[:, 0] * factor * len(model.layers)


def test_a_thousand_targets_that_hold_the_model_leave_nothing() -> None:
    image = keras.Input((2, 2, 1))
    model = keras.Model(image, kl.GlobalAveragePooling2D()(kl.ReLU(name="relu")(image)))
    images = np.ones((1, 2, 2, 1), np.float32)
    peaks = []
    for number in range(1000):
        frozen_forward(model).scored(images, as_target(holding(model, number)))
        if number % 20 == 0:
            kv.explain(model, images, layer="relu", target=holding(model, number))
            kv.explain(model, images, "saliency", target=holding(model, number))
        if number in (200, 999):
            gc.collect()
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    assert peaks[1] - peaks[0] < 30, f"grew from {peaks[0]:.0f} MB to {peaks[1]:.0f} MB"
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_methods_of_objects_are_targets_that_are_found_again() -> None:
    class First:
        def score(self, outputs: Any) -> Any:
            return outputs[:, 0]

    model, first = small(), First()
    kv.explain(model, IMAGES, layer="conv", target=first.score)
    traced = model.layers[0].traced
    kv.explain(model, IMAGES, layer="conv", target=first.score)
    assert model.layers[0].traced == traced


def test_cleared_caches_are_empty_and_all_goes_on() -> None:
    model = small()
    counted, forward = model.layers[0], frozen_forward(model)
    with forward.held():
        first = forward(IMAGES)
        traced = counted.traced
        kv.clear_caches()
        np.testing.assert_array_equal(forward(IMAGES), first)
    assert counted.traced == traced + 1
    probe = kv.Probe(model, "conv")
    before = probe.activations(IMAGES)["conv"]
    clear_caches()
    np.testing.assert_array_equal(probe.activations(IMAGES)["conv"], before)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("grad_cam", 3),
        ("grad_cam", [0, 7]),
        ("saliency", kv.class_score(5)),
        ("saliency", kv.class_score(-1)),
        ("occlusion", [0, 7]),
    ],
)
def test_a_wrong_class_is_refused_before_the_model_runs(method: str, target: Any) -> None:
    model = small()
    for _ in range(2):
        with pytest.raises(TargetError, match=r"[Gg]ot class"):
            kv.explain(model, IMAGES, method, target=target)
        assert model.layers[0].ran == 0
    kv.explain(model, IMAGES, method, target=1)
    assert model.layers[0].ran > 0

"""Two threads tap the same model and do not see each other."""

from __future__ import annotations

import threading
from typing import Any

import keras
import numpy as np
from keras import layers as kl

from kerasviz.probe import Probe, tapped


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((6, 6, 1)), kl.Conv2D(2, 3, name="conv"), kl.ReLU(name="relu")])


def test_a_tap_sees_only_the_calls_of_its_own_thread() -> None:
    model, images = network(), np.ones((1, 6, 6, 1), np.float32)
    relu, seen = model.get_layer("relu"), {"one": 0, "other": 0}
    expected = np.asarray(model(images))
    inside, done = threading.Event(), threading.Event()
    untapped: list[np.ndarray] = []

    def bystander() -> None:
        assert inside.wait(20)
        untapped.append(np.asarray(model(images)))
        done.set()

    def note(layer: Any, call: int, value: Any) -> Any:
        seen["one"] += 1
        return value * 0 - 1

    thread = threading.Thread(target=bystander)
    thread.start()
    with tapped([relu], note):
        inside.set()
        assert done.wait(20)
        assert np.asarray(model(images)).max() == -1
    thread.join()
    np.testing.assert_array_equal(untapped[0], expected)
    assert seen["one"] == 1
    np.testing.assert_array_equal(np.asarray(model(images)), expected)


def test_taps_of_two_threads_at_once() -> None:
    model, images = network(), np.ones((1, 6, 6, 1), np.float32)
    expected = np.asarray(model(images))
    start = threading.Barrier(2)
    found: dict[int, list[np.ndarray]] = {1: [], 2: []}

    def tap(factor: int) -> None:
        start.wait(20)
        for _ in range(40):
            with tapped(model.layers, lambda layer, call, value: value * factor):
                found[factor].append(np.asarray(model(images)))

    threads = [threading.Thread(target=tap, args=(factor,)) for factor in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for factor, maps in found.items():
        assert len(maps) == 40
        for values in maps:
            np.testing.assert_allclose(values, expected * factor**2, rtol=1e-5)
    assert all("call" not in vars(layer) for layer in model.layers)


def test_probes_of_two_threads_compile_the_same_model() -> None:
    model, images = network(), np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype(np.float32)
    expected = {layer: Probe(network(), layer).activations(images)[layer] for layer in ("conv", "relu")}
    start = threading.Barrier(2)
    found: dict[str, np.ndarray] = {}

    def run(layer: str) -> None:
        start.wait(20)
        found[layer] = Probe(model, layer).activations(images)[layer]

    threads = [threading.Thread(target=run, args=(layer,)) for layer in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for layer, values in expected.items():
        np.testing.assert_allclose(found[layer], values, atol=1e-6)

"""The seam: which engine is taken, what it must offer, and what happens where there is none."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers as kl

import kerasviz as kv
from kerasviz.errors import UnsupportedModelError
from kerasviz.probe import engine as seam

FOLDER = Path(seam.__file__).parent
ENGINES = sorted(path.parent.name for path in FOLDER.glob("*/__init__.py"))


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    conv = kl.Conv2D(2, 3, activation="relu", name="conv")
    return keras.Sequential([keras.Input((6, 6, 1)), conv, kl.Flatten(), kl.Dense(2)])


def test_the_engine_is_that_of_the_backend() -> None:
    assert keras.backend.backend() in ENGINES
    assert seam.engine() is importlib.import_module(f"{seam.__name__}.{keras.backend.backend()}")


def test_an_engine_offers_what_the_protocol_asks() -> None:
    wanted = {name: value for name, value in vars(seam.Engine).items() if inspect.isfunction(value)}
    for name, value in wanted.items():
        if name.startswith("_"):
            continue
        offered = getattr(seam.engine(), name)
        if inspect.isfunction(offered):
            expected = [p for p in inspect.signature(value).parameters if p != "self"]
            assert list(inspect.signature(offered).parameters) == expected, name


def test_a_backend_without_an_engine_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), kl.Conv2D(2, 3, name="conv"), kl.Flatten(), kl.Dense(2)]
    )
    images = np.ones((1, 6, 6, 1), np.float32)
    monkeypatch.setattr(keras.backend, "backend", lambda: "abacus")
    for run in (
        lambda: kv.explain(model, images),
        lambda: kv.explain(model, images, "saliency"),
        lambda: kv.explain(model, images, "rise", masks=2),
        lambda: kv.Probe(model, "conv").activations(images),
        lambda: kv.layers(model),
    ):
        with pytest.raises(UnsupportedModelError, match=r"runs on abacus, .*KERAS_BACKEND=tensorflow"):
            run()


def test_the_rules_for_relus_may_be_loaded_again() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), kl.Conv2D(2, 3, activation="relu"), kl.Flatten(), kl.Dense(2)]
    )
    images = np.random.default_rng(0).normal(size=(2, 6, 6, 1)).astype(np.float32)
    before = kv.explain(model, images, "guided_backpropagation", target=1)
    for name in ("relu_rules", "normalisation"):
        importlib.reload(importlib.import_module(f"kerasviz.probe.engine.tensorflow.{name}"))
    kv.clear_caches()
    np.testing.assert_array_equal(kv.explain(model, images, "guided_backpropagation", target=1), before)

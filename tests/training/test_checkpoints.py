"""The best model of a run is for use: without the optimizer, and with what was recorded in it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from keras import layers

import kerasviz as kv
from kerasviz.training import Checkpoints


def test_the_best_of_a_sequential_has_no_optimizer_and_keeps_its_record(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Flatten(name="flat"), layers.Dense(64, name="wide"), layers.Dense(2)]
    )
    model.input_range, model.class_names = (0, 1), ["cat", "dog"]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = np.random.default_rng(0).random((8, 8, 8, 3)), np.arange(8) % 2
    for epochs in (1, 2):
        callbacks = [Checkpoints(tmp_path, monitor="accuracy")]
        model.fit(images, labels, epochs=epochs, verbose=0, callbacks=callbacks)
    assert model.get_layer("wide").output.shape == (None, 64)  # the layers were not called anew
    best, last = tmp_path / "best.keras", tmp_path / "last.keras"
    assert best.stat().st_size < 0.5 * last.stat().st_size
    assert kv.load_model(last, compile=True).optimizer is not None
    loaded = kv.load_model(best, compile=True)
    assert getattr(loaded, "optimizer", None) is None
    assert [layer.name for layer in loaded.layers[1:]] == [layer.name for layer in model.layers]
    for one in (loaded, kv.load_model(last)):
        assert kv.class_names(one) == ["cat", "dog"]
        assert kv.PictureForm.of(one).input_range == (0.0, 1.0)

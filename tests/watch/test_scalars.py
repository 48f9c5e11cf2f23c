from __future__ import annotations

import keras
import numpy as np
import pytest

import kerasviz as kv
from kerasviz.watch.training_log import HISTOGRAM_VALUES, evaluate_batch

pytestmark = pytest.mark.engine


class EveryBatch(keras.callbacks.Callback):
    """Keras's own running means, and each batch's own loss worked out before the step."""

    def __init__(self, images, labels) -> None:
        super().__init__()
        self.images, self.labels, self.losses = images, labels, []

    def on_train_batch_begin(self, batch, logs=None) -> None:
        slice_ = np.s_[2 * batch : 2 * batch + 2]
        self.losses.append(evaluate_batch(self.model, self.images[slice_], self.labels[slice_])["loss"])


def test_batch_values_are_means_since_the_last(tmp_path, small_model, pictures) -> None:
    images, labels = pictures
    check = EveryBatch(images, labels)
    log = kv.TrainingLog(tmp_path, every=4)
    small_model().fit(
        images, labels, batch_size=2, epochs=2, shuffle=False, verbose=0, callbacks=[check, log]
    )
    values = dict(kv.open_log(tmp_path).scalars("batch_loss", run="train"))
    assert sorted(values) == [4, 8, 12]
    assert values[4] == pytest.approx(np.mean(check.losses[0:4]), rel=1e-4)
    # Keras's means start again at step 6, where the second epoch begins
    assert values[8] == pytest.approx(np.mean(check.losses[6:8]), rel=1e-4)
    assert values[12] == pytest.approx(np.mean(check.losses[8:12]), rel=1e-4)


def test_validation_batches_are_gone_through_in_turn_and_metrics_left_alone(
    tmp_path, small_model, pictures
) -> None:
    images, labels = pictures
    held_out = [(images[i : i + 4], labels[i : i + 4]) for i in (0, 4)]
    model, plain = small_model(learning_rate=0.0), small_model(learning_rate=0.0)
    expected = [evaluate_batch(model, *batch)["loss"] for batch in held_out]
    log = kv.TrainingLog(tmp_path, every=2, validation_data=held_out)
    history = model.fit(images, labels, batch_size=2, shuffle=False, verbose=0, callbacks=[log])
    logged = [value for _, value in kv.open_log(tmp_path).scalars("batch_loss", run="validation")]
    np.testing.assert_allclose(logged, [expected[0], expected[1], expected[0]], rtol=1e-5)
    unwatched = plain.fit(images, labels, batch_size=2, shuffle=False, verbose=0)
    assert history.history == unwatched.history


def test_epoch_values_are_kerass(tmp_path, small_model, pictures) -> None:
    images, labels = pictures
    history = small_model().fit(
        images,
        labels,
        epochs=3,
        verbose=0,
        validation_data=(images, labels),
        callbacks=[kv.TrainingLog(tmp_path)],
    )
    log = kv.open_log(tmp_path)
    for run, prefix in (("train", ""), ("validation", "val_")):
        for name in ("loss", "accuracy"):
            logged = log.scalars(f"epoch_{name}", run=run)
            assert [step for step, _ in logged] == [0, 1, 2]
            np.testing.assert_allclose([v for _, v in logged], history.history[prefix + name], rtol=1e-6)


def test_histograms_can_be_left_out_and_large_ones_are_thinned(tmp_path, pictures) -> None:
    images, labels = pictures
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(2000, name="wide"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(2, activation="softmax", name="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.get_layer("wide").kernel.shape[0] * 2000 > HISTOGRAM_VALUES
    for name, wanted in (("with", True), ("without", False)):
        callback = kv.TrainingLog(tmp_path / name, histograms=wanted)
        model.fit(images, labels, verbose=0, callbacks=[callback])
        tags = {info.tag for info in kv.open_log(tmp_path / name).tags() if info.kind == "histogram"}
        layers = {"wide/kernel", "wide/bias", "softmax/kernel", "softmax/bias"}
        assert tags == (layers if wanted else set())

"""On JAX `fit` holds the weights; they come into the model when a look is due, and at no other step."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kerasviz as kv

pytestmark = pytest.mark.engine


@pytest.fixture
def syncs(monkeypatch) -> list[int]:
    """The optimizer steps after which the trainer's state was copied into the model within an epoch."""
    if keras.backend.backend() != "jax":
        pytest.skip("only on JAX does the trainer hold the weights")
    counted: list[int] = []
    sync = keras.Model.jax_state_sync

    def counting(model: keras.Model) -> None:
        before = getattr(model, "_jax_state_synced", True)
        sync(model)
        if not before and model._jax_state_synced:
            counted.append(int(model.optimizer.iterations))

    monkeypatch.setattr(keras.Model, "jax_state_sync", counting)
    return counted


@pytest.mark.parametrize(
    ("every", "expected"),
    # The last of an epoch's six steps is Keras's own; at 6 and 12 a look adds none to it.
    [(2, [2, 4, 6, 8, 10, 12]), (3, [3, 6, 9, 12]), (5, [5, 6, 10, 12]), (100, [6, 12])],
)
def test_weights_come_into_the_model_at_looks_only(
    tmp_path, small_model, pictures, syncs, every, expected
) -> None:
    watch = [kv.watch.kernels("conv1"), kv.watch.kernels("softmax"), kv.watch.drift()]
    evolution = kv.Evolution(tmp_path, watch, every=every)
    images, labels = pictures
    small_model().fit(images, labels, batch_size=2, epochs=2, verbose=0, callbacks=[evolution])
    assert syncs == expected
    looks = [frame.step for frame in kv.open_log(tmp_path).frames("kernels/conv1")]
    assert looks == sorted({0, 12, *range(every, 13, every)})


def test_scalars_alone_need_no_weights(tmp_path, small_model, pictures, syncs) -> None:
    images, labels = pictures
    log = kv.TrainingLog(tmp_path, every=1)
    small_model().fit(images, labels, batch_size=2, epochs=2, verbose=0, callbacks=[log])
    # The first says whether the optimizer counts; the others are the ends of the epochs.
    assert syncs == [1, 6, 12]
    steps = [step for step, _ in kv.open_log(tmp_path).scalars("batch_loss", run="train")]
    assert steps == list(range(1, 13))


def test_scalars_of_validation_batches_leave_training_as_it_is(tmp_path, small_model, pictures) -> None:
    images, labels = pictures
    watched, plain = small_model(3), small_model(3)
    held_out = [(images[:4], labels[:4]), (images[4:7], labels[4:7])]
    log = kv.TrainingLog(tmp_path, every=2, validation_data=held_out)
    options = {"batch_size": 2, "epochs": 2, "shuffle": False, "verbose": 0}
    histories = [
        model.fit(images, labels, callbacks=callbacks, **options).history
        for model, callbacks in ((watched, [log]), (plain, []))
    ]
    assert histories[0] == histories[1]
    for one, other in zip(watched.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    steps = [step for step, _ in kv.open_log(tmp_path).scalars("batch_loss", run="validation")]
    assert steps == [2, 4, 6, 8, 10, 12]

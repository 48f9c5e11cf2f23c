"""Training without an optimizer that counts: loops of one's own, and models with optimizers of their own."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kerasviz as kv
from kerasviz.errors import InputError, LayerNotFoundError

KERNELS = "kernels/conv1"


def frames(log_dir, tag: str = KERNELS) -> dict[int, np.ndarray]:
    return {frame.step: frame.image for frame in kv.open_log(log_dir).frames(tag)}


def tape_step(model, optimizer, images, labels) -> None:
    with tf.GradientTape() as tape:
        loss = keras.losses.sparse_categorical_crossentropy(labels, model(images, training=True))
        loss = keras.ops.mean(loss)
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)


def test_a_tape_loop_is_watched_like_a_fit(tmp_path, small_model, pictures) -> None:
    images, labels = pictures
    fitted = small_model(3)
    watch = [kv.watch.kernels("conv1"), kv.watch.responses(images[0], "conv1"), kv.watch.drift()]
    fitted.fit(
        images,
        labels,
        batch_size=2,
        shuffle=False,
        verbose=0,
        callbacks=[kv.Evolution(tmp_path / "fit", watch, every=4)],
    )
    looped, optimizer = small_model(3), keras.optimizers.SGD(0.1)
    with kv.Evolution(tmp_path / "loop", watch, every=4).watching(looped, optimizer=optimizer) as evolution:
        for start in range(0, 12, 2):
            tape_step(looped, optimizer, images[start : start + 2], labels[start : start + 2])
            evolution.step()
    for tag in (KERNELS, "responses/conv1"):
        one, other = frames(tmp_path / "fit", tag), frames(tmp_path / "loop", tag)
        assert list(one) == list(other) == [0, 4, 6]
        for step in one:  # float differences may move a grey level
            assert np.abs(one[step].astype(int) - other[step]).max() <= 1


def test_a_later_loop_goes_on_with_the_optimizer(tmp_path, small_model, pictures) -> None:
    images, labels = pictures
    model, optimizer = small_model(), keras.optimizers.SGD(0.1)
    for _ in range(2):
        with kv.Evolution(tmp_path, kv.watch.kernels("conv1"), every=2).watching(
            model, optimizer=optimizer
        ) as evolution:
            for _ in range(3):
                tape_step(model, optimizer, images[:2], labels[:2])
                evolution.step()
    assert list(frames(tmp_path)) == [0, 2, 3, 4, 6]


def test_train_on_batch_needs_no_optimizer_named(tmp_path, small_model, pictures) -> None:
    model = small_model()
    with kv.Evolution(tmp_path, kv.watch.kernels("conv1"), every=2).watching(model) as evolution:
        for _ in range(3):
            model.train_on_batch(*pictures)
            evolution.step()
    assert list(frames(tmp_path)) == [0, 2, 3]
    assert "steps" not in {info.tag for info in kv.open_log(tmp_path).tags()}


def test_what_fails_within_the_loop_is_not_hidden_and_its_frames_are_kept(tmp_path, small_model) -> None:
    evolution = kv.Evolution(tmp_path, kv.watch.kernels("conv1"), every=1).watching(small_model())

    def loop() -> None:
        with evolution:
            evolution.step()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loop()
    assert list(frames(tmp_path)) == [0, 1]


def test_mistakes_in_loops_are_refused(tmp_path, small_model) -> None:
    evolution = kv.Evolution(tmp_path, kv.watch.kernels("nothing"))
    with pytest.raises(InputError, match="watching"):
        evolution.step()
    with pytest.raises(InputError, match="watching"), evolution:
        pass
    with pytest.raises(LayerNotFoundError), evolution.watching(small_model()):
        pass


class Gan(keras.Model):
    """The form of the GAN in Keras's guide: two networks, two optimizers, the model's own left at step 0."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = keras.Sequential(
            [
                keras.Input((8,)),
                layers.Dense(192),
                layers.Reshape((8, 8, 3)),
                layers.Conv2D(3, 3, padding="same", name="paint"),
            ],
            name="generator",
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                layers.Conv2D(4, 3, name="look"),
                layers.GlobalAveragePooling2D(),
                layers.Dense(1),
            ],
            name="discriminator",
        )

    def compile(self) -> None:
        super().compile()
        self.d_optimizer, self.g_optimizer = keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01)

    def train_step(self, images):
        noise = keras.random.normal((keras.ops.shape(images)[0], 8))
        for network, optimizer, sign in (
            (self.discriminator, self.d_optimizer, 1.0),
            (self.generator, self.g_optimizer, -1.0),
        ):
            with tf.GradientTape() as tape:
                fake = self.discriminator(self.generator(noise))
                loss = sign * keras.ops.mean(fake - self.discriminator(images))
            optimizer.apply(tape.gradient(loss, network.trainable_weights), network.trainable_weights)
        return {"loss": loss}


def test_a_gan_is_watched_from_step_0_and_later_fits_go_on(tmp_path, pictures) -> None:
    model = Gan()
    model.compile()
    paint = model.generator.get_layer("paint")
    watch = [kv.watch.kernels(["generator/paint", "discriminator/look"]), kv.watch.drift("*paint")]
    start = np.array(paint.kernel)
    for number in range(3):
        # Another process would make a new Evolution, too.
        evolution = kv.Evolution(tmp_path, watch, every=4)
        log = kv.TrainingLog(tmp_path, every=2, histograms=False)
        model.fit(pictures[0], batch_size=2, verbose=0, callbacks=[evolution, log])
        assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 0
        steps = list(frames(tmp_path / "evolution", "kernels/generator/paint"))
        assert steps == [step for step in (0, 4, 6, 8, 12, 16, 18) if step <= 6 * (number + 1)]
    losses = kv.open_log(tmp_path / "train").scalars("batch_loss")
    assert [step for step, _ in losses] == list(range(2, 19, 2))
    moved = np.linalg.norm(np.array(paint.kernel) - start) / np.linalg.norm(start)
    drift = dict(kv.open_log(tmp_path / "evolution").scalars("drift/generator/paint"))
    assert drift[0] == 0
    assert drift[18] == pytest.approx(moved, rel=1e-5)


def test_a_part_of_a_gan_is_watched_in_a_loop(tmp_path, pictures) -> None:
    model = Gan()
    model.compile()
    source = kv.watch.responses(pictures[0][0], "look", name="first")
    for _ in range(2):
        with kv.Evolution(tmp_path, source, every=2).watching(model.discriminator) as evolution:
            for _ in range(3):
                model.train_step(pictures[0][:2])
                evolution.step()
    assert list(frames(tmp_path, "responses/first/look")) == [0, 2, 3, 4, 6]


def test_an_optimizer_on_several_devices_is_read() -> None:
    from kerasviz.watch.steps import optimizer_step

    devices = tf.config.list_logical_devices("CPU")
    with tf.distribute.MirroredStrategy([device.name for device in devices]).scope():
        optimizer = keras.optimizers.SGD()
        optimizer.iterations.assign(7)
    assert optimizer_step(optimizer) == 7
    assert optimizer_step(None) == 0

from __future__ import annotations

import itertools
import logging
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers

import kerasviz as kv
from kerasviz.errors import InputError, LayerNotFoundError, UnsupportedModelError
from kerasviz.events import FrameMeta
from kerasviz.pictures import Scale, filter_tiles, map_tiles, sheet
from kerasviz.watch import Output, Run, Source, Watch, geometric
from kerasviz.watch.scales import Scales


def fit(model, pictures, callbacks, epochs=1, **options):
    images, labels = pictures
    return model.fit(
        images, labels, batch_size=2, shuffle=False, verbose=0, epochs=epochs, callbacks=callbacks, **options
    )


def steps(log_dir: Path, tag: str) -> list[int]:
    return [frame.step for frame in kv.open_log(log_dir).frames(tag)]


class Kept(keras.callbacks.Callback):
    """Keeps the kernel of conv1 at every step, for comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.kernels: list[np.ndarray] = []

    def on_train_begin(self, logs=None) -> None:
        self.kernels.append(np.array(self.model.get_layer("conv1").kernel))

    def on_train_batch_end(self, batch, logs=None) -> None:
        self.kernels.append(np.array(self.model.get_layer("conv1").kernel))


def test_frames_show_the_kernels_of_their_step(tmp_path, small_model, pictures) -> None:
    kept = Kept()
    scale = Scale(-1.0, 1.0)
    fit(
        small_model(),
        pictures,
        [kept, kv.Evolution(tmp_path, [kv.watch.kernels("conv1", scale=scale)], every=2)],
    )
    frames = list(kv.open_log(tmp_path).frames("kernels/conv1"))
    assert [frame.step for frame in frames] == [0, 2, 4, 6]
    for frame in frames:
        expected = sheet(filter_tiles(kept.kernels[frame.step]), scale)
        np.testing.assert_array_equal(frame.image, expected)
    assert frames[0].meta == FrameMeta(
        kind="kernels",
        layer="conv1",
        scale=(-1.0, 1.0),
        tiles={"count": 4, "columns": 2, "height": 3, "width": 3, "gap": 1},
    )


def test_responses_are_the_layers_output_for_the_picture(tmp_path, small_model, pictures) -> None:
    model, image = small_model(), pictures[0][3]
    before = model.get_layer("conv1")(image[None])
    scale = Scale(0.0, 2.0)
    fit(model, pictures, [kv.Evolution(tmp_path, [kv.watch.responses(image, "conv1", scale=scale)])])
    first, last = kv.open_log(tmp_path).frames("responses/conv1")
    after = model.get_layer("conv1")(image[None])
    np.testing.assert_array_equal(first.image, sheet(map_tiles(np.array(before[0])), scale))
    np.testing.assert_array_equal(last.image, sheet(map_tiles(np.array(after[0])), scale))
    assert not np.array_equal(first.image, last.image)


@pytest.mark.parametrize(
    ("every", "expected"), [(4, [0, 4, 6]), (6, [0, 6]), (100, [0, 6]), (geometric(2), [0, 1, 2, 4, 6])]
)
def test_the_first_and_last_step_are_always_there(tmp_path, small_model, pictures, every, expected) -> None:
    fit(small_model(), pictures, [kv.Evolution(tmp_path, [kv.watch.kernels("conv1")], every=every)])
    assert steps(tmp_path, "kernels/conv1") == expected


def test_steps_go_on_over_epochs_fits_and_batches_of_several_steps(tmp_path, small_model, pictures) -> None:
    model = small_model()
    fit(model, pictures, [kv.Evolution(tmp_path, [kv.watch.kernels("conv1")], every=4)], epochs=2)
    assert steps(tmp_path, "kernels/conv1") == [0, 4, 8, 12]
    model.compile(model.optimizer, "sparse_categorical_crossentropy", steps_per_execution=3)
    fit(model, pictures, [kv.Evolution(tmp_path, [kv.watch.kernels("conv1")], every=4)])
    assert steps(tmp_path, "kernels/conv1") == [0, 4, 8, 12, 18]
    assert len(list((tmp_path / "evolution").glob("*tfevents*"))) == 2


def test_a_fixed_scale_goes_on_in_a_later_fit_whatever_comes(tmp_path, small_model, pictures) -> None:
    model = small_model(learning_rate=5.0)
    sources = [kv.watch.kernels("conv1"), kv.watch.kernels("softmax", scale="fixed")]
    for _ in range(2):
        fit(model, pictures, [kv.Evolution(tmp_path, sources, every=1)])
    frames = list(kv.open_log(tmp_path).frames("kernels/softmax"))
    assert len({frame.meta.scale for frame in frames}) == 1
    assert not any(frame.meta.grown_from for frame in frames)
    clipped = [frame.meta.clipped for frame in frames]
    assert max(clipped) > 0.01
    # Where the picture is, its gaps say so.
    orange = [bool((frame.image == (255, 190, 90)).all(axis=-1).any()) for frame in frames]
    assert orange == [share > 0.01 for share in clipped]


def test_a_scale_grows_only_when_too_much_is_beyond_and_says_so(tmp_path, small_model, pictures) -> None:
    model = small_model(learning_rate=5.0)
    for _ in range(2):
        fit(model, pictures, [kv.Evolution(tmp_path, kv.watch.kernels("softmax"), every=1)])
    log = kv.open_log(tmp_path)
    frames = list(log.frames("kernels/softmax"))
    grown = [frame.step for frame in frames if frame.meta.grown_from]
    assert 1 <= len(grown) < len(frames) / 2
    for before, frame in itertools.pairwise(frames):
        assert frame.meta.clipped <= 0.01
        if frame.step in grown:
            assert frame.meta.grown_from == before.meta.scale
            assert frame.meta.scale[1] > before.meta.scale[1]
        else:
            assert frame.meta.scale == before.meta.scale
    said = log.find("scales/kernels/softmax", kind="text")
    assert (said.count, said.first_step) == (len(grown), grown[0])


@pytest.mark.parametrize(
    ("first", "later", "expected"),
    [
        ([0.0, 2.0], [0.0, 2.4], (0.0, 2.5)),  # within the quarter of room
        ([0.0, 2.0], [0.0, 4.0], (0.0, 5.0)),
        ([-2.0, 2.0], [0.0, 4.0], (-5.0, 5.0)),
        ([0.0, 2.0], [-4.0, 0.0], (-5.0, 5.0)),
        ([0.0, 0.0], [0.0, 4.0], (0.0, 5.0)),
    ],
)
def test_how_a_scale_grows(first, later, expected) -> None:
    scales = Scales()
    scales.choose("a", np.array([first] * 9), "growing")
    chosen = scales.choose("a", np.array([later] * 9), "growing").scale
    assert (chosen.low, chosen.high) == pytest.approx(expected, rel=0.01)


def test_kernels_that_begin_at_0_are_mid_grey_and_fix_their_scale_later(
    tmp_path, small_model, pictures
) -> None:
    model = small_model()
    model.get_layer("softmax").kernel.assign(np.zeros(model.get_layer("softmax").kernel.shape))
    source = kv.watch.kernels("softmax", scale="fixed")
    fit(model, pictures, [kv.Evolution(tmp_path, source, every=2)])
    first, *later = kv.open_log(tmp_path).frames("kernels/softmax")
    assert set(np.unique(first.image.reshape(-1, 3), axis=0)[:, 0]) <= {128, 70}
    assert len({tuple(frame.meta.scale) for frame in later}) == 1
    assert later[0].meta.scale[1] < 1.0
    assert later[-1].image.std() > first.image.std()


def test_scale_per_frame_follows_the_weights(tmp_path, small_model, pictures) -> None:
    source = kv.watch.kernels("softmax", scale="frame")
    fit(small_model(learning_rate=5.0), pictures, [kv.Evolution(tmp_path, [source], every=1)])
    frames = list(kv.open_log(tmp_path).frames("kernels/softmax"))
    assert len({tuple(frame.meta.scale) for frame in frames}) == len(frames)


def test_a_fresh_run_takes_its_own_scale(tmp_path, small_model, pictures) -> None:
    for seed in (1, 2):
        fit(
            small_model(seed),
            pictures,
            [kv.Evolution(tmp_path, [kv.watch.kernels("conv1"), kv.watch.drift()], every=6)],
        )
    # the second run started at step 0 too, with other kernels: its first drift is 0
    assert kv.open_log(tmp_path).scalars("drift/conv1")[0] == (0, 0.0)


def test_several_kernels_of_a_layer_and_patterns(tmp_path, small_model, pictures) -> None:
    fit(small_model(), pictures, [kv.Evolution(tmp_path, [kv.watch.kernels("*[!l]")])])
    tags = {info.tag for info in kv.open_log(tmp_path).tags()}
    assert tags == {
        "kernels/conv1",
        "kernels/sep/depthwise_kernel",
        "kernels/sep/pointwise_kernel",
        "kernels/softmax",
    }


def test_drift_is_the_relative_distance_and_survives_a_resumed_run(tmp_path, small_model, pictures) -> None:
    model = small_model()
    start = np.array(model.get_layer("conv1").kernel)
    for _ in range(2):
        fit(model, pictures, [kv.Evolution(tmp_path, [kv.watch.drift("conv1")], every=3)])
        moved = np.array(model.get_layer("conv1").kernel) - start
        logged = dict(kv.open_log(tmp_path).scalars("drift/conv1"))
        assert logged[int(model.optimizer.iterations)] == pytest.approx(
            np.linalg.norm(moved) / np.linalg.norm(start), rel=1e-5
        )
    assert sorted(logged) == [0, 3, 6, 9, 12]
    assert logged[0] == 0


def test_dead_filters_are_counted(tmp_path, small_model, pictures) -> None:
    model = small_model(learning_rate=0.0)
    layer = model.get_layer("conv1")
    layer.bias.assign([-1e6, 0.0, 0.0, -1e6])
    fit(model, pictures, [kv.Evolution(tmp_path, [kv.watch.dead_filters(pictures[0][:4])])])
    assert kv.open_log(tmp_path).scalars("dead_filters/conv1")[0] == (0, 0.5)
    assert {info.tag for info in kv.open_log(tmp_path).tags()} == {"dead_filters/conv1", "dead_filters/sep"}


def test_default_watch_suits_any_model(tmp_path, small_model, pictures) -> None:
    fit(small_model(), pictures, [kv.Evolution(tmp_path)])
    tags = {info.tag for info in kv.open_log(tmp_path).tags()}
    assert {"kernels/conv1", "drift/softmax", "drift/sep/pointwise_kernel"} <= tags
    flat = keras.Sequential([keras.Input((8, 8, 3)), layers.GlobalAveragePooling2D(), layers.Softmax()])
    flat.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(UnsupportedModelError, match="pass `watch`"):
        fit(flat, pictures, [kv.Evolution(tmp_path / "flat")])


def test_a_picture_file_is_resized_to_the_models_input(tmp_path, small_model, pictures) -> None:
    file = tmp_path / "picture.png"
    cv2.imwrite(str(file), np.full((20, 30, 3), 255, np.uint8))
    model = small_model(learning_rate=0.0)
    source = kv.watch.responses(file, "conv1", scale=Scale(0.0, 2.0), input_range=(0, 1))
    fit(model, pictures, [kv.Evolution(tmp_path, source)])
    (frame, _) = kv.open_log(tmp_path).frames("responses/conv1")
    white = np.array(model.get_layer("conv1")(np.ones((1, 8, 8, 3), "float32")))
    np.testing.assert_array_equal(frame.image, sheet(map_tiles(white[0]), Scale(0.0, 2.0)))
    with pytest.raises(InputError, match=r"input_range=\(low, high\)"):
        fit(model, pictures, [kv.Evolution(tmp_path, kv.watch.responses(file, "conv1"))])


def test_nan_weights_are_drawn_and_counted_not_hidden(tmp_path, small_model, pictures) -> None:
    model = small_model(learning_rate=0.0)
    kernel = np.array(model.get_layer("conv1").kernel)
    kernel[0, 0, :, 0] = np.nan
    model.get_layer("conv1").kernel.assign(kernel)
    fit(model, pictures, [kv.Evolution(tmp_path, [kv.watch.kernels("conv1")])])
    frame = next(iter(kv.open_log(tmp_path).frames("kernels/conv1")))
    assert frame.meta.not_finite == 3
    assert tuple(frame.image[0, 0]) == (255, 0, 255)


def test_a_model_without_a_graph(tmp_path, pictures) -> None:
    class Subclassed(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = layers.Conv2D(4, 3, name="conv1")
            self.pool = layers.GlobalAveragePooling2D()

        def call(self, inputs):
            return keras.ops.softmax(self.pool(self.conv1(inputs)))

    model = Subclassed()
    model.compile("sgd", "sparse_categorical_crossentropy")
    watch = [kv.watch.kernels("conv1"), kv.watch.responses(pictures[0][0], "conv1")]
    fit(model, pictures, [kv.Evolution(tmp_path, watch, every=3)])
    # it had no weights before its first batch
    assert steps(tmp_path, "kernels/conv1") == [1, 3, 6]
    assert steps(tmp_path, "responses/conv1") == [1, 3, 6]


def test_mistakes_are_refused_before_training(tmp_path, small_model, pictures) -> None:
    with pytest.raises(InputError, match="no source"):
        kv.Evolution(tmp_path, ["conv1"])
    with pytest.raises(InputError, match="whole number"):
        kv.Evolution(tmp_path, every=0)
    for watch, error, words in [
        (kv.watch.kernels("conv2"), LayerNotFoundError, "conv1"),
        (kv.watch.kernels("conv1", channel=3), InputError, "channel"),
        (kv.watch.kernels("pool"), UnsupportedModelError, "no kernel"),
        (kv.watch.responses(np.zeros((9, 8, 3)), "conv1"), InputError, r"\(N, 8, 8, 3\)"),
    ]:
        with pytest.raises(error, match=words):
            fit(small_model(), pictures, [kv.Evolution(tmp_path, [watch])])


def test_training_survives_a_source_that_fails_to_draw(tmp_path, small_model, pictures, caplog) -> None:
    class Broken(Source, Watch):
        def bind(self, run: Run) -> list[Watch]:
            return [self]

        def collect(self) -> int:
            return 1

        def write(self, collected, step: int, output: Output) -> None:
            raise OSError("disk full")

    with caplog.at_level(logging.WARNING):
        history = fit(small_model(), pictures, [kv.Evolution(tmp_path, [Broken()])])
    assert len(history.history["loss"]) == 1
    assert "disk full" in caplog.text


def test_an_interrupted_fit_keeps_its_frames_and_the_next_works(tmp_path, small_model, pictures) -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None) -> None:
            if batch == 3:
                raise KeyboardInterrupt

    model = small_model()
    evolution = kv.Evolution(tmp_path, [kv.watch.kernels("conv1")], every=1)
    with pytest.raises(KeyboardInterrupt):
        fit(model, pictures, [evolution, Stop()])
    fit(model, pictures, [evolution])
    assert steps(tmp_path, "kernels/conv1") == list(range(11))


def test_training_is_not_changed_by_being_watched(tmp_path, small_model, pictures) -> None:
    watched, plain = small_model(3), small_model(3)
    watch = [kv.watch.kernels("*conv*"), kv.watch.responses(pictures[0][0], "conv1"), kv.watch.drift()]
    fit(watched, pictures, [kv.Evolution(tmp_path, watch, every=1)])
    fit(plain, pictures, [])
    for one, other in zip(watched.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

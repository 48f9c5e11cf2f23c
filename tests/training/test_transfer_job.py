from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import kerasviz as kv
from kerasviz.cli import main
from kerasviz.data import shapes
from kerasviz.errors import InputError
from kerasviz.images import write_png
from kerasviz.training import Phase, Place, Settings, Transfer, train, train_transfer
from kerasviz.training.phases import LateStart, stretches

SETTINGS = {"batch_size": 6, "image_size": 32, "log_every": 1, "watch_every": 2, "histograms": False}


@pytest.fixture(scope="module")
def dataset():
    return shapes.load(18, 8, image_size=32)


def small(mean: np.ndarray) -> keras.Model:
    inputs = keras.Input(mean.shape)
    x = layers.Conv2D(4, 3, strides=4, name="conv")(layers.Rescaling(1 / 255)(inputs))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(layers.ReLU()(layers.BatchNormalization()(x))))
    return keras.Model(inputs, layers.Dense(4, activation="softmax", name="head")(x))


def set_trainable(*names: str):
    def prepare(model: keras.Model) -> None:
        for layer in model.layers:
            layer.trainable = layer.name in names

    return prepare


PHASES = [Phase(0, 1e-2, set_trainable("head")), Phase(2, 1e-3, set_trainable("head", "conv"))]


def run(dataset, folder, epochs: int, resume: bool = False) -> keras.Model:
    return train(
        dataset,
        small,
        Place(folder, resume=resume),
        Settings(epochs=epochs, **SETTINGS),
        watch=[kv.watch.kernels("conv"), kv.watch.drift("conv")],
        phases=PHASES,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory, dataset) -> tuple[keras.Model, Path]:
    """An uninterrupted run of both phases, and its folder."""
    folder = tmp_path_factory.mktemp("whole")
    return run(dataset, folder, 4), folder


def test_phases_go_on_counting_and_train_what_they_say(whole) -> None:
    model, folder = whole
    assert int(model.optimizer.iterations) == 12
    log = kv.open_log(folder)
    drift = dict(log.scalars("drift/conv"))
    assert [drift[step] for step in (0, 2, 4, 6)] == [0.0] * 4
    assert 0 < drift[8] < drift[12]
    assert [step for step, _ in log.scalars("batch_loss", run="train")] == list(range(1, 13))
    assert [step for step, _ in log.scalars("epoch_loss", run="train")] == list(range(4))
    assert [frame.step for frame in log.frames("kernels/conv")] == [0, 2, 4, 6, 8, 10, 12]
    moving = model.layers[3].moving_variance  # batch normalisation stays frozen
    assert keras.ops.convert_to_numpy(moving).tolist() == [1.0] * 4


@pytest.mark.parametrize("stop", [2, 3])
def test_resumed_in_any_phase_equals_uninterrupted(tmp_path, dataset, whole, stop) -> None:
    run(dataset, tmp_path, stop)
    model = run(dataset, tmp_path, 4, resume=True)
    for one, other in zip(whole[0].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    losses = [kv.open_log(folder).scalars("batch_loss", run="train") for folder in (whole[1], tmp_path)]
    assert losses[0] == losses[1]


def test_late_start_makes_adam_act_as_from_step_0() -> None:
    gradients = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    results = []
    for first in (0, 500):
        variable = keras.Variable(np.ones(3, "float32"))
        optimizer = keras.optimizers.Adam(LateStart(0.1, first) if first else 0.1)
        optimizer.iterations.assign(first)
        for gradient in gradients:
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        results.append(keras.ops.convert_to_numpy(variable))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-4)
    assert LateStart.from_config(LateStart(0.1, 7).get_config()).first_step == 7


def test_phases_begin_with_epoch_0_and_rise() -> None:
    for starts in ([], [1], [0, 3, 3]):
        with pytest.raises(InputError, match="phases begin"):
            list(stretches([Phase(start, 1.0) for start in starts], 0, 5))


@pytest.mark.parametrize(
    "change", [{"head_epochs": 0}, {"blocks": 0}, {"hidden": 1.5}, {"fine_tuning_rate": 0}]
)
def test_unusable_plans_are_refused(change) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        Transfer(**change)


def test_train_transfer_on_a_folder(tmp_path, dataset, capsys) -> None:
    for part, split in (("train", dataset.train), ("validation", dataset.validation)):
        for index in range(len(split)):
            name = dataset.class_names[split.labels[index]]
            write_png(tmp_path / "data" / part / name / f"{index}.png", split.image(index))
    options = [
        "--weights",
        "none",
        "--backbone",
        "mobilenet",
        "--nested",
        "--image-size",
        "32",
        "--hidden",
        "8",
    ]
    options += [
        "--epochs",
        "2",
        "--head-epochs",
        "1",
        "--batch-size",
        "9",
        "--blocks",
        "1",
        "--no-histograms",
    ]
    log_dir = tmp_path / "log"
    command = ["train", "transfer", "--data", str(tmp_path / "data"), "--log-dir", str(log_dir), *options]
    assert main(command) == 0
    model = kv.load_model(log_dir / "last.keras", compile=True)
    assert kv.class_names(model) == sorted(dataset.class_names)
    assert (int(model.optimizer.iterations), model.get_layer("fc1").units) == (4, 8)
    tags = {info.tag: info for info in kv.open_log(log_dir).tags()}
    base = next(layer.name for layer in model.layers if isinstance(layer, keras.Model))
    assert tags["drift/fc1"].first_step == 0
    assert {info.first_step for tag, info in tags.items() if tag.startswith(f"drift/{base}/")} == {2}
    assert sum(tag.startswith(f"responses/{base}/") for tag in tags) == 3
    assert any(tag.startswith(f"cams/{base}/") for tag in tags)
    capsys.readouterr()
    assert main([*command, "--resume"]) == 0
    assert "nothing was left to do" in capsys.readouterr().out


def test_the_plan_is_checked_on_resume(tmp_path, dataset) -> None:
    with pytest.raises(InputError, match="NoNet"):
        train_transfer(dataset, Place(tmp_path), Settings(epochs=1, **SETTINGS), Transfer("NoNet", None))

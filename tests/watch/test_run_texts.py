"""TensorBoard's tabs Text and Custom Scalars: settings, the model's summary, one chart for all layers."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2

from kerasviz import watch
from kerasviz.events import open_log
from kerasviz.watch import Evolution, TrainingLog
from kerasviz.watch.run_texts import settings_table

X, Y = np.ones((4, 6, 6, 1), "float32"), np.zeros(4)


def small_model() -> keras.Model:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(2, 3, name="conv"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2, activation="softmax", name="scores"),
        ]
    )
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    return model


def texts_in(folder: Path, tag: str) -> list[tuple[int, str]]:
    """Return the texts of a tag as TensorBoard reads them."""
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return [(event.step, event.tensor_proto.string_val[0].decode()) for event in accumulator.Tensors(tag)]


def test_settings_and_summary(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path, settings={"batch_size": 2, "augmentation": {"flip": True}})
    small_model().fit(X, Y, verbose=0, callbacks=[log])
    ((step, settings),) = texts_in(tmp_path / "train", "settings")
    assert step == 0
    rows = settings.splitlines()
    for row in (
        "| loss | sparse\\_categorical\\_crossentropy |",
        "| optimizer.learning\\_rate | 0.1 |",
        "| batch\\_size | 2 |",
        "| augmentation.flip | True |",
    ):
        assert row in rows
    ((step, summary),) = texts_in(tmp_path / "train", "summary")
    assert step == 0
    assert summary.startswith("```\n")
    for part in ("conv (Conv2D)", "scores (Dense)", "Total params"):
        assert part in summary


def test_a_training_that_goes_on_says_its_settings_again(tmp_path: Path) -> None:
    model = small_model()
    for batch_size in (4, 2):
        log = TrainingLog(tmp_path, settings={"batch_size": batch_size})
        model.fit(X, Y, batch_size=batch_size, verbose=0, callbacks=[log])
    info = open_log(tmp_path / "train").find("settings", kind="text")
    assert (info.count, info.first_step, info.last_step) == (2, 0, 1)
    assert open_log(tmp_path / "train").find("summary", kind="text").count == 1


def test_what_markdown_would_read_stays_text() -> None:
    table = settings_table({"a|b": "<img src=x>", "list": [1, 2], "lines": "one\ntwo"})
    assert table.splitlines()[2:] == [
        r"| a\|b | &lt;img src=x> |",
        r"| list | \[1, 2\] |",
        "| lines | one two |",
    ]


def test_one_chart_for_the_curves_of_all_layers(tmp_path: Path) -> None:
    evolution = Evolution(tmp_path, [watch.drift(), watch.dead_filters(X), watch.kernels("conv")], every=1)
    small_model().fit(X, Y, verbose=0, callbacks=[evolution])
    accumulator = EventAccumulator(str(tmp_path / "evolution"), size_guidance={"tensors": 0}).Reload()
    (event,) = accumulator.Tensors("custom_scalars__config__")
    (category,) = layout_pb2.Layout.FromString(event.tensor_proto.string_val[0]).category
    assert category.title == "Evolution"
    assert [list(chart.multiline.tag) for chart in category.chart] == [["^drift/"], ["^dead_filters/"]]
    assert "custom_scalars__config__" not in {info.tag for info in open_log(tmp_path).tags()}


def test_no_chart_without_curves(tmp_path: Path) -> None:
    small_model().fit(X, Y, verbose=0, callbacks=[Evolution(tmp_path, watch.kernels("conv"), every=1)])
    accumulator = EventAccumulator(str(tmp_path / "evolution")).Reload()
    assert "custom_scalars__config__" not in accumulator.Tags()["tensors"]

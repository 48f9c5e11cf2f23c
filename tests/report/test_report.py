"""The report read back: numbers equal to the evaluation's, every picture there, nothing loaded."""

from __future__ import annotations

import dataclasses
import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import kerasviz as kv
from kerasviz.classification import evaluate
from kerasviz.data import Dataset, Split
from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.events import EventLog
from kerasviz.models import NamedDense
from kerasviz.pictures import filter_tiles, sheet, symmetric
from kerasviz.report import write_report

NAMES = ("cat", "dog & co", "<script>alert(1)</script>", '" onload="alert(2)')
SIDE = 20


def network(
    channels: int = 1, classes: int = 4, side: int | None = SIDE, last: str = "softmax"
) -> keras.Model:
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((side, side, channels)),
            layers.Rescaling(1 / 255, name="rescaling"),
            layers.Conv2D(6, 3, activation="relu", name="conv1"),
            layers.Conv2D(5, 1, activation="relu", name="narrow"),
            layers.Conv2D(7, 5, activation="relu", name="conv2"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(classes, kernel_initializer="he_normal", activation=last, name="fc"),
        ],
        name="small",
    )


def pictures(count: int = 40, channels: int = 1, side: int = SIDE, classes: int = 4) -> Split:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (count, side, side, channels), np.uint8)
    return Split(images, np.arange(count) % classes)


def dataset(split: Split, names: tuple[str, ...] = NAMES) -> Dataset:
    return Dataset("some & data", names, split, split)


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    with EventLog(folder / "train") as log:
        for step in range(700):
            log.scalar("batch_loss", step, 1.0 if step else float("nan"))
        for epoch, loss in enumerate((2.0, 1.0, 0.5)):
            log.scalar("epoch_loss", epoch, loss)
            log.scalar("epoch_accuracy", epoch, 1 - loss / 4)
            log.scalar("epoch_rate", epoch, 0.1)
        log.scalar("speed", 0, 1.0)
    with EventLog(folder / "validation") as log:
        log.scalar("epoch_loss", 0, 3.0)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory, log_dir, read_page):
    model, split = network(), pictures()
    out = tmp_path_factory.mktemp("made") / "new" / "report.html"
    before = [weight.numpy().copy() for weight in model.weights]
    report = write_report(model, dataset(split), out, log_dir=log_dir)
    for old, weight in zip(before, model.weights, strict=True):
        np.testing.assert_array_equal(old, weight.numpy())
    return model, split, report, read_page(out)


def test_every_section_is_there_and_in_the_contents(made) -> None:
    _, _, report, page = made
    assert report.missing == {}
    assert [f"#{name}" for name in page.parts if name] == page.links
    assert len(page.links) == len(set(page.links)) >= 10
    for name, part in page.parts.items():
        assert part.headings, name
    assert str(report) == f"{report.path}: {report.size / 1e6:.1f} MB"
    assert [path.name for path in report.path.parent.iterdir()] == ["report.html"]


def test_numbers_are_those_of_the_evaluation(made) -> None:
    model, split, _, page = made
    found = evaluate(model, split, class_names=NAMES)
    top = page.parts[""].text
    for text in (f"{found.accuracy:.4f}", f"{found.loss:.4f}", f"{model.count_params():,}", "some & data"):
        assert text in top
    assert "small on some & data" in page.parts[""].headings
    head, *rows, total = page.parts["accuracy"].rows
    assert head[0] == "class"
    assert [row[0] for row in rows] == list(NAMES)
    for row, expected in zip(rows, found.rows(), strict=True):
        assert row[1:3] == [str(expected.pictures), str(expected.right)]
        assert row[3:5] == [f"{expected.accuracy:.3f}", f"{expected.loss:.3f}"]
        assert row[5] == (f"{expected.mistaken_for} ({expected.times})" if expected.times else "")
    assert total == [
        "all",
        "40",
        str(np.trace(found.confusion())),
        f"{found.accuracy:.3f}",
        f"{found.loss:.3f}",
        "",
    ]
    matrix = [[int(cell) for cell in row[1:]] for row in page.parts["confusion"].rows[1:]]
    assert matrix == found.confusion().tolist()


def test_the_architecture_lists_every_layer(made) -> None:
    model, _, _, page = made
    head, *rows = page.parts["architecture"].rows
    assert head[0] == "layer"
    assert [(row[0], row[3]) for row in rows] == [
        (info.path, f"{info.parameters:,}") for info in kv.layers(model)
    ]
    assert rows[1][2] == "18 x 18 x 6"


def test_predictions_and_mistakes_are_marked(made) -> None:
    model, split, _, page = made
    found = evaluate(model, split, class_names=NAMES)
    shown = np.linspace(0, 39, 24).round().astype(int)
    samples = page.parts["samples"]
    assert len(samples.pictures) == 24
    for picture, index in zip(samples.pictures, shown, strict=True):  # lossless, at their own size
        np.testing.assert_array_equal(picture[:, :, 0], split.images[index, :, :, 0])
    assert samples.kinds.count("wrong") == (found.predictions[shown] != found.labels[shown]).sum()
    wrong = int((found.predictions != found.labels).sum())
    mistakes = page.parts["mistakes"]
    assert len(mistakes.pictures) == mistakes.kinds.count("wrong") == min(wrong, 16)
    assert f"{len(mistakes.pictures)} most confident of {wrong}" in mistakes.text


def test_kernels_and_their_effects_are_all_drawn(made) -> None:
    model, _, _, page = made
    part = page.parts["kernels"]
    assert part.headings[1:] == [
        "conv1: 6 filters of 3 x 3 x 1",
        "conv2: 7 filters of 5 x 5 x 5, mean over the 5 input channels",
    ]
    tiles = filter_tiles(model.get_layer("conv1").kernel.numpy())
    np.testing.assert_array_equal(part.pictures[0], sheet(tiles, symmetric(tiles), colormap="RdBu_r"))
    filtered = page.parts["filtered"]
    assert len(filtered.pictures) == 2 * (6 + 7)
    assert {picture.shape for picture in filtered.pictures} == {(3, 3, 3), (5, 5, 3), (SIDE, SIDE, 3)}


def test_feature_maps_come_from_several_layers(made) -> None:
    model, split, _, page = made
    part = page.parts["features"]
    assert [heading.split(":")[0] for heading in part.headings[1:]] == ["conv1", "narrow", "conv2"]
    assert len(part.pictures) == 1 + 3
    first = int(np.flatnonzero(evaluate(model, split).predictions == split.labels)[0])
    maps = kv.Probe(model, "conv2").activations(split.images[first : first + 1].astype("float32"))["conv2"][0]
    order = np.argsort(-maps.mean(axis=(0, 1)), kind="stable")
    tiles = np.moveaxis(maps, -1, 0)[order]
    np.testing.assert_array_equal(
        part.pictures[3], sheet(tiles, kv.pictures.sequential(tiles), colormap="inferno")
    )


def test_cams_show_predicted_and_true_class_with_their_scores(made) -> None:
    model, split, _, page = made
    found = evaluate(model, split, class_names=NAMES)
    right, wrong = (found.predictions == found.labels).sum(), (found.predictions != found.labels).sum()
    part = page.parts["cams"]
    assert len(part.pictures) == 2 * min(right, 6) + 3 * min(wrong, 6)
    assert part.kinds.count("card") == min(right, 6) + min(wrong, 6)
    assert "Grad-CAM at conv2" in part.text
    first = int(np.flatnonzero(found.predictions == found.labels)[0])
    trace = kv.Probe(model, "conv2").trace(split.images[first : first + 1].astype("float32"))
    assert f"for {NAMES[found.labels[first]]}: logit {trace.scores[0]:.2f}" in part.text
    assert f"{np.asarray(trace.cam()).max():.3g}" in part.text


def test_no_evidence_is_drawn_as_none_and_said(tmp_path, read_page) -> None:
    model = network()
    layer = model.get_layer("conv2")
    layer.bias.assign(np.full(layer.bias.shape, -1e9))  # a ReLU that is never above 0
    write_report(model, dataset(pictures(8)), tmp_path / "report.html")
    part = read_page(tmp_path / "report.html").parts["cams"]
    wrong = part.kinds.count("wrong")
    maps = part.kinds.count("card") + wrong
    assert maps >= 8
    assert part.text.count("no evidence") == maps
    assert "ramp" not in part.kinds
    seen = 0
    for kind, count in (("card", 2), ("wrong", 3)):
        for _ in range(part.kinds.count("card") - wrong if kind == "card" else wrong):
            bare, *explained = part.pictures[seen : seen + count]
            seen += count
            for picture in explained:
                np.testing.assert_array_equal(picture, bare)
    assert seen == len(part.pictures)


def test_every_picture_is_a_point(made) -> None:
    *_, page = made
    part = page.parts["embedding"]
    assert "mean: 40 vectors of 7 numbers. Each point" in part.text
    assert part.marks == [10] * 4  # of each class; the legend's samples are not counted
    assert all(1 <= part.text.count(name) <= 2 for name in NAMES)  # in the legend, and where there is room


def test_curves_are_drawn_from_the_log(made) -> None:
    *_, page = made
    part = page.parts["curves"]
    assert part.headings == ["Training curves", "epoch_loss", "epoch_accuracy", "epoch_rate", "batch_loss"]
    assert "Also logged: speed." in part.text
    assert part.kinds.count("line") == 4
    assert part.kinds.count("dot") == 1  # the one epoch that was validated
    assert "train (1 not finite, means over 3 values)" in part.text


def test_the_page_loads_nothing_and_runs_nothing(made) -> None:
    _, _, report, page = made
    text = report.path.read_text(encoding="utf-8")
    assert re.search(r"https?:|//[a-z]|@import|url\(", re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)) is None
    assert all(load.startswith(("data:image/", "#")) for load in page.loads)
    assert {"script", "link", "iframe", "object", "base", "form"}.isdisjoint(page.tags)
    assert page.policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert not re.search(r"<[^>]* on\w+=", re.sub(r'"[^"]*"', "", text))
    assert report.size == report.path.stat().st_size < 5e6


def test_every_picture_has_a_text(made) -> None:
    *_, page = made
    assert all(alt.strip() for part in page.parts.values() for alt in part.alts)


def test_large_noise_stays_below_five_megabytes(tmp_path, read_page) -> None:
    generator = np.random.default_rng(1)
    split = Split(generator.integers(0, 256, (60, 224, 224, 3), np.uint8), np.arange(60) % 30)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((224, 224, 3)),
            layers.Conv2D(64, 7, strides=4, name="conv1"),
            layers.Conv2D(300, 3, strides=2, name="conv2"),
            layers.Conv2D(64, 3, name="conv3"),
            layers.Conv2D(64, 3, name="conv4"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(30, activation="softmax"),
        ]
    )
    model.input_range = (0, 255)
    report = write_report(model, split, tmp_path / "large.html")
    assert report.size < 5e6
    page = read_page(report.path)
    assert "The first 64 of 300 are shown" in page.parts["filtered"].text
    assert "64 of 300 maps" in page.parts["features"].text
    assert "the matrix of 30 classes is too large" in page.parts["confusion"].text
    wrong = evaluate(model, split).confusion()
    np.fill_diagonal(wrong, 0)
    true, said, count, _ = page.parts["confusion"].rows[1]
    assert wrong[int(true), int(said)] == int(count) == wrong.max()
    assert set(report.missing) == {"Training curves"}


def test_sections_that_are_impossible_say_so(tmp_path, read_page) -> None:
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(2, activation="softmax")]
    )
    model.input_range = (0, 255)
    report = write_report(model, pictures(8, side=6, classes=2), tmp_path / "flat.html", log_dir=tmp_path)
    impossible = {"Training curves", "Kernels", "Filtered pictures", "Feature maps", "Class activation maps"}
    assert impossible <= set(report.missing)
    page = read_page(report.path)
    for part in page.parts.values():
        if part.headings[0] in impossible:
            assert f"Not in this report: {report.missing[part.headings[0]]}" in part.text
    assert "Kernels (the model has no two-dimensional convolution" in str(report)


def test_a_perfect_model_has_no_mistakes(tmp_path, read_page) -> None:
    images = np.zeros((6, 4, 4, 1), np.uint8)
    images[3:] = 255
    split = Split(images, [0, 0, 0, 1, 1, 1])
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Conv2D(2, 1), layers.GlobalAveragePooling2D()], name="perfect"
    )
    model.layers[0].set_weights([np.array([[[[0.0, 1.0]]]], np.float32), np.array([9.0, 0.0], np.float32)])
    page = read_page(write_report(model, split, tmp_path / "perfect.html", input_range=(0, 255)).path)
    assert "All 6 predictions are right." in page.parts["mistakes"].text
    assert page.parts["samples"].kinds.count("wrong") == 0
    assert "There are none." in page.parts["cams"].text


@pytest.mark.parametrize(("channels", "said"), [(3, ", grey made RGB"), (1, ", made grey")])
def test_pictures_take_the_channels_of_the_model(tmp_path, read_page, channels, said) -> None:
    split = pictures(12, channels=4 - channels)
    report = write_report(network(channels), dataset(split), tmp_path / "converted.html")
    page = read_page(report.path)
    assert f"some & data{said}" in page.parts[""].text
    assert set(report.missing) == {"Training curves"}


def test_classes_are_found_by_name(tmp_path, read_page) -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Flatten(),
            NamedDense(["a", "b", "c"], activation="softmax", bias_initializer="ones"),
        ]
    )
    model.input_range = (0, 1)
    split = Split(np.zeros((4, 6, 6, 1), np.uint8), [0, 0, 0, 1])  # equal outputs: "a" is always predicted
    page = read_page(write_report(model, dataset(split, ("c", "a")), tmp_path / "named.html").path)
    rows = page.parts["accuracy"].rows[1:-1]
    assert [row[:3] for row in rows] == [["a", "1", "1"], ["c", "3", "0"]]
    assert "1 of the model's have none" in page.parts["accuracy"].text
    with pytest.raises(InputError, match="classes x, y are none of the model's 3 classes"):
        write_report(model, dataset(split, ("x", "y")), tmp_path / "unknown.html")


def test_names_that_are_no_text_do_not_fail(tmp_path, read_page) -> None:
    names = ("\udcff", "b" * 300, "c", "d")
    page = read_page(write_report(network(), dataset(pictures(8), names), tmp_path / "odd.html").path)
    assert [row[0] for row in page.parts["accuracy"].rows[1:3]] == ["\\udcff", "b" * 300]


def test_a_model_of_another_range_gets_it_from_any_kind_of_data(tmp_path, read_page) -> None:
    small = pictures(8)
    plain = network()
    unit = keras.Sequential([keras.Input((SIDE, SIDE, 1)), *plain.layers[1:]], name="small")  # takes 0..1
    expected = read_page(write_report(plain, small, tmp_path / "plain.html").path).parts
    floats = small.images.astype(np.float32) / 255
    stream = tf.data.Dataset.from_tensor_slices((floats, small.labels)).batch(3)
    for data in (small, (floats, small.labels), stream):
        found = read_page(write_report(unit, data, tmp_path / "unit.html", input_range=(0, 1)).path).parts
        assert found["samples"].text == expected["samples"].text
        for one, other in zip(found["samples"].pictures, expected["samples"].pictures, strict=True):
            np.testing.assert_array_equal(one, other)
    with pytest.raises(InputError, match="Nothing says which values"):
        write_report(unit, small, tmp_path / "unit.html")


def test_files_that_were_left_out_are_counted(tmp_path, read_page) -> None:
    skipped = [(tmp_path / "a.txt", "not a picture")]
    data = dataclasses.replace(dataset(pictures(8)), skipped=skipped)
    page = read_page(write_report(network(), data, tmp_path / "some.html").path)
    assert "Files left out 1" in " ".join(page.parts[""].text.split())


def test_a_model_of_any_size_wants_a_size(tmp_path, read_page) -> None:
    with pytest.raises(InputError, match="image_size"):
        write_report(network(side=None), pictures(8), tmp_path / "any.html")
    report = write_report(network(side=None), pictures(8), tmp_path / "any.html", image_size=16)
    assert "16 x 16 grey" in read_page(report.path).parts[""].text


def test_bad_arguments_write_nothing(tmp_path) -> None:
    with pytest.raises(InputError, match=r"must end in \.html"):
        write_report(network(), pictures(8), tmp_path / "report.pdf")
    with pytest.raises(InputError, match="class names"):
        write_report(network(), pictures(8), tmp_path / "report.html", class_names=["a", "b"])
    assert list(tmp_path.iterdir()) == []


def test_the_picture_of_a_failed_evaluation_is_not_touched(tmp_path) -> None:
    (tmp_path / "report.html").write_text("before")
    nan = dataclasses.replace(pictures(8))
    model = network()
    model.get_layer("fc").bias.assign(np.full(4, np.nan))
    with pytest.raises(UnsupportedModelError, match="not finite"):
        write_report(model, nan, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == "before"

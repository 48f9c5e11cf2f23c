"""What every method returns: maps with what they explain, drawn and saved."""

from __future__ import annotations

import dataclasses
import gc
import json
import pickle
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
from keras import layers as kl

import kerasviz as kv
from kerasviz.errors import ImageError, InputError
from kerasviz.explanation import METHODS, TRANSFORMER, explain

# Those of transformers have tests of their own.
NAMES = [method.name for method in METHODS if method.family != TRANSFORMER]
QUICK = {
    "occlusion": {"patch": 4, "stride": 4},
    "rise": {"masks": 30, "cells": 3},
    "integrated_gradients": {"steps": 16},
    "smooth_grad": {"samples": 2},
}


def expected_layer(name: str) -> str | None:
    (row,) = (row for row in METHODS if row.name == name)
    return "last" if row.takes_layer and row.layer_if is None else None


@pytest.mark.filterwarnings("ignore:Integrated gradients miss")
@pytest.mark.parametrize("method", NAMES)
def test_every_method_says_what_it_explains(network: keras.Model, pictures: np.ndarray, method: str) -> None:
    probabilities = network.predict_on_batch(pictures)
    e = explain(network, pictures, method, batch_size=2, **QUICK.get(method, {}))
    assert e.maps.shape == (3, 12, 10)
    assert e.maps.dtype == e.scores.dtype == np.float32
    np.testing.assert_allclose(e.outputs, probabilities, atol=1e-5)
    assert e.classes.dtype == np.int32
    np.testing.assert_array_equal(e.classes, probabilities.argmax(axis=1))
    assert e.score_kind == "logit"
    other = explain(network, pictures, method, target=0, batch_size=2, **QUICK.get(method, {}))
    margin = np.log(probabilities.max(axis=1) / probabilities[:, 0])
    np.testing.assert_allclose(e.scores - other.scores, margin, atol=1e-4)
    assert e.layer == expected_layer(method)
    assert e.method == method
    assert set(e.options) == {option.name for option in e.declaration.options}
    assert e.options | QUICK.get(method, {}) == e.options
    assert e.images is pictures
    kinds = {"rise": "standard error", "integrated_gradients": "completeness"}
    assert e.error_kind == kinds.get(method)
    assert (e.error is None) == (method not in kinds)
    assert {"kerasviz", "keras", "tensorflow", "numpy"} == set(e.versions)


def test_it_is_an_array_and_a_sequence(network: keras.Model, pictures: np.ndarray) -> None:
    e = explain(network, pictures, "rise", masks=20)
    assert np.asarray(e) is e.maps
    assert np.asarray(e, np.float64).dtype == np.float64
    assert len(e) == 3
    np.testing.assert_array_equal(e[1], e.maps[1])
    np.testing.assert_array_equal(e[np.int64(-1)], e.maps[2])
    np.testing.assert_array_equal(np.stack(list(e)), e.maps)
    for part, rows in ((e[1:], [1, 2]), (e[np.array([True, False, True])], [0, 2]), (e[[2, 0]], [2, 0])):
        for name in ("maps", "classes", "scores", "outputs", "error", "images"):
            np.testing.assert_array_equal(getattr(part, name), getattr(e, name)[rows])
    with pytest.raises(dataclasses.FrozenInstanceError):
        e.maps = e.maps


def test_models_of_several_inputs_keep_their_structure() -> None:
    image, factor = keras.Input((6, 6, 3), name="a"), keras.Input((1,), name="b")
    pooled = kl.Multiply()([kl.GlobalAveragePooling2D()(kl.Conv2D(2, 3, name="conv")(image)), factor])
    model = keras.Model({"a": image, "b": factor}, {"one": kl.Dense(2)(pooled), "two": pooled})
    inputs = {"a": np.full((4, 6, 6, 3), 255, np.uint8), "b": np.arange(4.0)[:, None]}
    e = explain(model, inputs, target=kv.class_score(1, output="two"))
    assert set(e.outputs) == {"one", "two"}
    np.testing.assert_allclose(e.scores, e.outputs["two"][:, 1], rtol=1e-5)
    assert e[1:3].outputs["two"].shape == (2, 2)
    assert e[1:3].images["b"].ravel().tolist() == [1, 2]
    np.testing.assert_array_equal(e.pictures(), inputs["a"])


def test_a_stream_keeps_no_pictures(network: keras.Model, pictures: np.ndarray) -> None:
    e = explain(network, iter([pictures[:2], pictures[2:]]))
    np.testing.assert_allclose(e.maps, explain(network, pictures).maps, atol=1e-6)
    assert e.images is None
    assert e[:2].images is None
    with pytest.raises(InputError, match="were a stream and are not kept"):
        e.overlay()


def test_pictures_of_floats_need_a_range(network: keras.Model, pictures: np.ndarray) -> None:
    e = explain(network, pictures)
    for draw in (e.overlay, e.figure, e.pictures):
        with pytest.raises(InputError, match=r"input_range=\(low, high\)"):
            draw()
    told = explain(network, pictures, input_range=(0, 1))
    np.testing.assert_array_equal(told.overlay(), e.overlay(input_range=(0, 1)))
    assert np.abs(told.pictures() - pictures * 255).max() <= 0.5 + 1e-3
    twice = explain(network, pictures, input_range=(0, 2)).pictures()
    assert np.abs(2.0 * twice - told.pictures()).max() <= 2
    with pytest.raises(ImageError, match="hold values from"):
        explain(network, pictures * 255, input_range=(0, 1)).overlay()


def bytes_of(pictures: np.ndarray) -> np.ndarray:
    return (pictures * 255).astype(np.uint8)


@pytest.mark.filterwarnings("ignore:Integrated gradients miss")
@pytest.mark.parametrize("method", NAMES)
def test_overlays_and_figures_of_every_method(
    network: keras.Model, pictures: np.ndarray, method: str
) -> None:
    e = explain(network, bytes_of(pictures), method, **QUICK.get(method, {}))
    drawn = e.overlay()
    assert drawn.shape == (3, 12, 10, 3)
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(e.overlay(alpha=0.0), e.pictures())
    assert not np.array_equal(drawn, e.overlay(alpha=1.0))
    titles = [axes.get_title() for axes in e.figure().axes]
    shown = [title for title in titles if e.declaration.title in title.replace("\n", " ")]
    assert len(shown) == 3
    for at, title in enumerate(shown):
        assert f"class {e.classes[at]}: logit {e.scores[at]:.3g}" in title.replace("\n", " ")
        assert expected_layer(method) is None or "at last" in title.replace("\n", " ")


def test_a_map_of_zeros_is_drawn_as_no_evidence() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), kl.Conv2D(2, 3, activation="relu", name="conv")])
    model.add(kl.GlobalAveragePooling2D())
    model.add(kl.Dense(2))
    kernel, bias, dense, last = model.get_weights()
    model.set_weights([kernel, bias - 1e6, dense, last])
    images = np.random.default_rng(0).integers(0, 255, (2, 8, 8, 3), np.uint8)
    e = explain(model, images, target=1)
    assert e.without_evidence.tolist() == [True, True]
    np.testing.assert_array_equal(e.overlay(), images)
    titles = " ".join(axes.get_title() for axes in e.figure().axes).replace("\n", " ")
    assert titles.count("no evidence for class 1") == 2
    rise = explain(model, images, "rise", target=1, masks=9, cells=2)
    assert rise.without_evidence.all()
    np.testing.assert_array_equal(rise.overlay(), images)


def test_the_names_of_classes_are_the_labels(network: keras.Model, pictures: np.ndarray) -> None:
    named = keras.models.clone_model(network)
    named.set_weights(network.get_weights())
    named.class_names = ["cat", "dog", "<b>", "bird"]
    e = explain(named, bytes_of(pictures), target=[0, 2, 3])
    assert e.labels == ("cat", "<b>", "bird")
    assert repr(e) == (
        f"Explanation(Grad-CAM at last: 3 maps of 12 x 10; cat (logit {e.scores[0]:.3g}), "
        f"<b> (logit {e.scores[1]:.3g}), bird (logit {e.scores[2]:.3g}))"
    )
    own = explain(network, bytes_of(pictures), target=lambda outputs: outputs[:, 0])
    assert own.labels == ("the score",) * 3
    assert own.classes.tolist() == [-1] * 3
    html = e._repr_html_()
    assert "data:image/png;base64," in html
    assert "<b>" not in html
    told = explain(network, pictures)._repr_html_()
    assert "input_range=(low, high)" in told
    assert "<img" not in told


def test_maps_without_two_axes_are_not_drawn() -> None:
    line = keras.Sequential([keras.Input((16, 2)), kl.Conv1D(3, 3), kl.GlobalAveragePooling1D()])
    e = explain(line, np.ones((2, 16, 2), np.float32))
    assert e.form is None
    with pytest.raises(InputError, match=r"only maps \(N, h, w\) can be drawn"):
        e.overlay()
    assert "only maps" in e._repr_html_()


def test_a_figure_has_room_for_some(network: keras.Model) -> None:
    images = np.zeros((33, 12, 10, 3), np.uint8)
    e = explain(network, images)
    with pytest.raises(InputError, match=r"no room for 33 pictures: draw some, e\[:32\]"):
        e.figure()
    assert len(e[:2].figure().axes) == 6


def test_a_folder_tells_all(network: keras.Model, pictures: np.ndarray, tmp_path: Path) -> None:
    e = explain(network, bytes_of(pictures), "integrated_gradients", baseline=np.zeros(3), steps=32)
    folder = e.save(tmp_path / "new" / "out")
    np.testing.assert_array_equal(np.load(folder / "maps.npy"), e.maps)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["overlays"] == [f"overlay-000{at}.png" for at in range(3)]
    named = {manifest["maps"], manifest["outputs"], *manifest["overlays"]}
    assert {path.name for path in folder.iterdir()} == {"manifest.json", *named}
    np.testing.assert_array_equal(np.load(folder / "outputs.npy"), e.outputs)
    for name, drawn in zip(manifest["overlays"], e.overlay(), strict=True):
        np.testing.assert_array_equal(cv2.imread(str(folder / name))[..., ::-1], drawn)
    assert manifest["method"] == "integrated_gradients"
    assert manifest["options"] == {"baseline": [0.0, 0.0, 0.0], "steps": 32, "channels": "sum"}
    assert manifest["layer"] is None
    assert [one["class"] for one in manifest["pictures"]] == e.classes.tolist()
    assert [one["score"] for one in manifest["pictures"]] == pytest.approx(e.scores.tolist())
    assert [one["error"] for one in manifest["pictures"]] == pytest.approx(e.error.tolist())
    assert all(one["evidence"] for one in manifest["pictures"])
    assert manifest["versions"] == e.versions


def test_what_cannot_be_drawn_is_saved_and_said(
    network: keras.Model, pictures: np.ndarray, tmp_path: Path
) -> None:
    e = explain(network, pictures)
    with pytest.warns(UserWarning, match="has no overlays: Nothing says which values"):
        e.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["overlays"] == []
    assert "input_range" in manifest["no_overlays_because"]
    np.testing.assert_array_equal(np.load(tmp_path / "maps.npy"), e.maps)
    e.save(tmp_path, input_range=(0, 1))
    assert json.loads((tmp_path / "manifest.json").read_text())["no_overlays_because"] is None


def test_several_outputs_are_saved_by_name(tmp_path: Path) -> None:
    inputs = keras.Input((6, 6, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(inputs))
    outputs = {"kind": keras.layers.Dense(2)(x), "size": keras.layers.Dense(1)(x)}
    e = explain(
        keras.Model(inputs, outputs), np.zeros((2, 6, 6, 3), np.uint8), target=lambda y: y["size"][:, 0]
    )
    e.save(tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["outputs"] == "outputs.npz"
    with np.load(tmp_path / "outputs.npz") as saved:
        assert sorted(saved) == ["kind", "size"]
        for name in saved:
            np.testing.assert_array_equal(saved[name], e.outputs[name])


def test_a_trace_gives_the_same_explanation(network: keras.Model, pictures: np.ndarray) -> None:
    trace = kv.Probe(network, ["last", "inner"]).trace(bytes_of(pictures))
    found = trace.cam("layer_cam", layer="last")
    expected = explain(network, bytes_of(pictures), "layer_cam", layer="last", raw=True)
    np.testing.assert_allclose(found.maps, expected.maps, atol=1e-5)
    np.testing.assert_array_equal(found.classes, expected.classes)
    assert (found.layer, found.method, found.score_kind) == ("last", "layer_cam", "logit")
    assert found.options == expected.options
    assert np.abs(found.overlay().astype(int) - expected.overlay()).max() <= 1


def test_the_standard_error_of_rise_is_the_spread_over_seeds(
    network: keras.Model, pictures: np.ndarray
) -> None:
    runs = [explain(network, pictures[:1], "rise", target=1, masks=60, cells=3, seed=s) for s in range(150)]
    spread = np.std([run.maps[0] for run in runs], axis=0, ddof=1).mean()
    estimated = np.mean([run.error[0] for run in runs])
    assert estimated == pytest.approx(spread, rel=0.1)
    more = explain(network, pictures[:1], "rise", target=1, masks=960, cells=3)
    assert more.error[0] == pytest.approx(estimated / 4, rel=0.2)


def test_the_standard_error_of_rise_against_a_plain_loop(network: keras.Model, pictures: np.ndarray) -> None:
    from kerasviz.explanation.perturbation.masking import random_masks

    e = explain(network, pictures[:1], "rise", target=1, masks=12, cells=3, keep=0.7, batch_size=5)
    masks = random_masks((12, 10), range(12), 3, 0.7, 0).astype(float)
    scores = [explain(network, (m[..., None] * pictures[:1]).astype("f4"), target=1).scores[0] for m in masks]
    errors = np.zeros((12, 10))
    for at in np.ndindex(12, 10):
        weights = masks[(slice(None), *at)]
        mean = (weights * scores).sum() / weights.sum()
        errors[at] = np.sqrt((weights**2 * (scores - mean) ** 2).sum()) / weights.sum()
    assert e.error[0] == pytest.approx(errors.mean(), rel=1e-3)


def test_the_form_is_found_when_it_is_drawn_and_travels(pictures: np.ndarray) -> None:
    model = keras.Sequential([keras.Input((12, 10, 3)), kl.Rescaling(1 / 255), kl.Conv2D(2, 3)])
    model.add(kl.GlobalAveragePooling2D())
    e = explain(model, pictures * 255)
    copy = pickle.loads(pickle.dumps(e))
    drawn = e.overlay()
    del model
    gc.collect()
    np.testing.assert_array_equal(e.overlay(), drawn)  # found once, it is kept
    np.testing.assert_array_equal(copy.overlay(), drawn)
    gone = explain(keras.Sequential([keras.Input((12, 10, 3)), kl.Conv2D(2, 3), kl.Flatten()]), pictures)
    gc.collect()
    with pytest.raises(InputError, match="The model no longer exists: keep a reference"):
        gone.overlay()
    flat = keras.Sequential([keras.Input((12, 10, 3)), kl.Conv2D(2, 3), kl.Flatten()])
    with pytest.raises(InputError, match="input_range"):
        explain(flat, pictures, input_range=(1, 0))

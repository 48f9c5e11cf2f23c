"""Sources have names: whose tag is whose, and what is refused before the first step."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

import kerasviz as kv
from kerasviz.errors import InputError, UnsupportedModelError


def tags(model, pictures, watch, log_dir) -> list[str]:
    images, labels = pictures
    model.fit(images, labels, batch_size=6, verbose=0, callbacks=[kv.Evolution(log_dir, watch)])
    return [info.tag for info in kv.open_log(log_dir).tags()]


def test_named_sources_keep_their_frames_apart(tmp_path, small_model, pictures) -> None:
    one, other = pictures[0][:2]
    watch = [
        kv.watch.responses(one, "conv1", scale="frame"),
        kv.watch.responses(other, "conv1", scale="frame", name="cat"),
        kv.watch.kernels("conv1", channel=0, name="red"),
        kv.watch.kernels("conv1"),
        kv.watch.dead_filters(pictures[0], "conv1", name="all"),
    ]
    assert tags(small_model(), pictures, watch, tmp_path) == [
        "dead_filters/all/conv1",
        "kernels/conv1",
        "kernels/red/conv1",
        "responses/cat/conv1",
        "responses/conv1",
    ]
    log = kv.open_log(tmp_path)
    first, second = (next(log.frames(f"responses/{name}conv1")).image for name in ("", "cat/"))
    assert not np.array_equal(first, second)


def shared(pictures) -> dict[str, tuple[list, str]]:
    images = pictures[0]
    return {
        "responses": ([kv.watch.responses(one, "conv1") for one in images[:2]], "responses/conv1"),
        "names": ([kv.watch.responses(one, "conv1", name="x") for one in images[:2]], "responses/x/conv1"),
        "kernels": ([kv.watch.kernels("conv*"), kv.watch.kernels(0)], "kernels/conv1"),
        "drift": ([kv.watch.drift(), kv.watch.drift("conv1")], "drift/conv1"),
        "silent": ([kv.watch.dead_filters(images), kv.watch.dead_filters(images, "sep")], "dead_filters/sep"),
        "cams": ([kv.watch.cams(np.zeros((8, 8, 3), "uint8"), layer) for layer in (None, "sep")], "cams/sep"),
    }


@pytest.mark.parametrize("kind", ["responses", "names", "kernels", "drift", "silent", "cams"])
def test_two_sources_of_one_tag_are_refused_before_training(tmp_path, small_model, pictures, kind) -> None:
    watch, tag = shared(pictures)[kind]
    model = small_model()
    before = model.get_weights()
    with pytest.raises(InputError, match=f"the tag '{tag}'.*name="):
        tags(model, pictures, watch, tmp_path)
    assert all((old == new).all() for old, new in zip(before, model.get_weights(), strict=True))
    assert not list(tmp_path.rglob("*tfevents*"))


def test_a_single_source_needs_no_list(tmp_path, small_model, pictures) -> None:
    assert tags(small_model(), pictures, kv.watch.kernels("conv1"), tmp_path) == ["kernels/conv1"]


@pytest.mark.parametrize("layer", [0, -4, [0], "conv1"])
def test_an_index_is_the_layers_path_in_the_tag(tmp_path, small_model, pictures, layer) -> None:
    watch = [kv.watch.kernels(layer), kv.watch.responses(pictures[0][0], layer)]
    assert tags(small_model(), pictures, watch, tmp_path) == ["kernels/conv1", "responses/conv1"]


def padded() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.ZeroPadding2D(name="conv1_pad"),
            layers.Conv2D(4, 3, name="conv1_conv"),
            layers.BatchNormalization(name="conv1_bn"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(2, activation="softmax", name="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def test_a_pattern_passes_over_layers_without_a_kernel(tmp_path, pictures) -> None:
    watch = [kv.watch.kernels(["conv*", "soft*"]), kv.watch.drift("*")]
    assert tags(padded(), pictures, watch, tmp_path) == [
        "drift/conv1_conv",
        "drift/softmax",
        "kernels/conv1_conv",
        "kernels/softmax",
    ]
    for source, said in (
        (kv.watch.kernels("*_pad"), "'\\*_pad' has a kernel"),
        (kv.watch.kernels("conv1_pad"), "'conv1_pad'.*no kernel"),
        (kv.watch.drift("*_bn"), "'\\*_bn' has a kernel"),
        (kv.watch.drift("conv1_bn"), "'conv1_bn'.*no kernel"),
    ):
        with pytest.raises(UnsupportedModelError, match=said):
            tags(padded(), pictures, source, tmp_path)


@pytest.mark.parametrize("name", ["", "/", " ", 3])
def test_a_name_that_would_not_be_seen_is_refused(name) -> None:
    with pytest.raises(InputError, match="name of a source"):
        kv.watch.kernels("conv1", name=name)
    with pytest.raises(InputError, match="at least one"):
        kv.watch.dead_filters([])

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl

from kerasviz.errors import LayerNotFoundError, UnsupportedModelError
from kerasviz.probe import Probe, layers


def test_paths_through_nested_models(build) -> None:
    model = build["nested"]()
    table = {info.path: info for info in layers(model)}
    assert table["base/inner/conv2"].output_shape == (None, 8, 8, 5)
    assert table["base/inner/conv2"].parameters == 3 * 3 * 4 * 5 + 5
    assert table["base/conv1"].is_target
    assert not table["pool"].is_target
    assert not table["predictions"].is_target


@pytest.mark.parametrize(
    ("request_", "paths"),
    [
        ("base/conv1", ("base/conv1",)),
        ("conv2", ("base/inner/conv2",)),
        ("*conv?", ("base/conv1", "base/inner/conv2")),
        (["pool", "base/conv1"], ("pool", "base/conv1")),
        (-1, ("predictions",)),
    ],
)
def test_ways_to_name_a_layer(build, request_, paths) -> None:
    assert sorted(Probe(build["nested"](), request_).paths) == sorted(paths)


def test_a_layer_object_names_itself(build) -> None:
    model = build["nested"]()
    inner = model.get_layer("base").get_layer("inner")
    assert Probe(model, inner.get_layer("conv2")).paths == ("base/inner/conv2",)
    with pytest.raises(LayerNotFoundError, match="not part of model"):
        Probe(model, kl.Dense(1))


def test_unknown_names_bring_the_nearest(build) -> None:
    with pytest.raises(LayerNotFoundError, match=r"no layer 'conv3'.*conv[12]"):
        Probe(build["functional"](), "conv3")
    with pytest.raises(LayerNotFoundError, match="index 9 is outside"):
        Probe(build["functional"](), 9)
    with pytest.raises(LayerNotFoundError):
        Probe(build["functional"](), "*nothing*")


def test_each_call_of_a_shared_layer_has_its_path() -> None:
    image = keras.Input((8, 8, 2))
    shared = kl.Conv2D(2, 3, padding="same", name="shared")
    model = keras.Model(image, kl.GlobalAveragePooling2D()(shared(shared(image))))
    assert [info.path for info in layers(model)][:2] == ["shared:0", "shared:1"]
    images = np.random.default_rng(0).random((2, 8, 8, 2), np.float32)
    found = Probe(model, ["shared:0", "shared:1"]).activations(images)
    once = np.asarray(shared(images))
    np.testing.assert_allclose(found["shared:0"], once, atol=1e-6)
    np.testing.assert_allclose(found["shared:1"], np.asarray(shared(once)), atol=1e-6)
    with pytest.raises(ValueError, match="called 2 times: ask for one call, shared:0 to shared:1"):
        Probe(model, "shared").activations(images)
    with pytest.raises(ValueError, match="call 2 does not exist"):
        Probe(model, "shared:2").activations(images)


@pytest.mark.parametrize("wrapper", ["TimeDistributed", "Bidirectional"])
def test_layers_inside_loops_are_refused(wrapper: str) -> None:
    if wrapper == "TimeDistributed":
        inner, shape = kl.Conv2D(2, 3, name="inside"), (4, 8, 8, 1)
        outer = kl.TimeDistributed(inner, name="outer")
    else:
        inner, shape = kl.LSTM(3, name="inside"), (4, 2)
        outer = kl.Bidirectional(inner, name="outer")
    model = keras.Sequential([keras.Input(shape), outer])
    name = next(info.path for info in layers(model) if info.path.startswith("outer/"))
    with pytest.raises(UnsupportedModelError, match="runs inside outer"):
        Probe(model, name)
    assert Probe(model, "outer").activations(np.zeros((2, *shape), np.float32))["outer"].shape[0] == 2


def test_table_of_a_model_of_open_size_whose_layer_asks_for_it() -> None:
    image = keras.Input((None, None, 3))
    x = kl.Conv2D(4, 3, padding="same", name="above")(image)
    below = kl.UpSampling2D(interpolation="bilinear", name="up")(kl.MaxPooling2D(name="down")(x))
    both = kl.Concatenate(name="both")([x, below])
    model = keras.Model(image, kl.Dense(2, name="head")(kl.GlobalAveragePooling2D(keepdims=True)(both)))
    rows = {row.path: (row.output_shape, row.is_target) for row in layers(model)}
    assert rows["up"] == ((None, None, None, 4), True)
    assert rows["both"] == ((None, None, None, 8), True)
    assert rows["head"] == ((None, 1, 1, 2), False)


def test_table_of_a_subclassed_model_needs_pictures(build) -> None:
    model = build["subclassed"]()
    assert {info.output_shape for info in layers(model)} == {None}
    shapes = {info.path: info.output_shape for info in layers(model, np.zeros((1, 12, 12, 3), np.float32))}
    assert shapes["conv2"] == (None, 8, 8, 5)


def test_the_table_shows_itself_on_a_terminal_and_in_a_notebook() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), kl.Conv2D(4, 3, name="a>b"), kl.Flatten(name="flat")])
    table = layers(model)
    assert repr(table) == str(table)
    assert repr(table).split("\n")[1].split() == ["a>b", "Conv2D", "(None,", "6,", "6,", "4)", "112", "yes"]
    page = table._repr_html_()
    assert page.startswith("<table><tr><th>path</th><th>kind</th>")
    assert "<tr><td>a&gt;b</td><td>Conv2D</td><td>(None, 6, 6, 4)</td><td>112</td><td>yes</td></tr>" in page
    assert page.endswith("<td>flat</td><td>Flatten</td><td>(None, 144)</td><td>0</td><td></td></tr></table>")

"""Bare operations between the layers of a functional model: `a + b`, `keras.ops.relu(a)`."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers as kl

from kerasviz.errors import LayerNotFoundError
from kerasviz.probe import Probe, default_layer, feature_layer, layers

PICTURES = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)


def residual(join) -> keras.Model:
    """Return a network whose last map is what `join` makes of two branches."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    image = keras.Input((8, 8, 3))
    x = kl.Conv2D(4, 3, padding="same", activation="relu", name="stem")(image)
    y = kl.Conv2D(4, 3, padding="same", name="branch")(x)
    pooled = kl.GlobalAveragePooling2D(name="pool")(join(x, y))
    return keras.Model(image, kl.Dense(3, bias_initializer="normal", name="head")(pooled))


def by_operators(x, y):
    return keras.ops.relu(x + y)


def within(model: keras.Model) -> keras.Model:
    image = keras.Input((8, 8, 3))
    return keras.Model(image, model(image))


def test_an_operation_is_cut_by_its_name_as_a_layer_is() -> None:
    model = residual(by_operators)
    found = Probe(model, ["stem", "branch", "add", "relu"]).activations(PICTURES)
    total = found["stem"] + found["branch"]
    np.testing.assert_array_equal(found["add"], total)
    np.testing.assert_array_equal(found["relu"], np.maximum(total, 0))


def test_the_operations_of_a_nested_model_have_its_path() -> None:
    inner = residual(by_operators)
    model = within(inner)
    assert Probe(model, "relu").paths == (f"{inner.name}/relu",)
    assert default_layer(model, PICTURES) == f"{inner.name}/relu"
    assert Probe(model, "*relu").paths == (f"{inner.name}/relu",)


def test_an_operation_names_itself_and_an_unknown_one_is_refused() -> None:
    model = residual(by_operators)
    operation = next(one for one in model.operations if one.name == "add")
    assert Probe(model, operation).paths == ("add",)
    with pytest.raises(LayerNotFoundError, match="not part of model"):
        Probe(residual(by_operators), operation)
    with pytest.raises(LayerNotFoundError, match=r"no layer 'ad'\. Did you mean add"):
        Probe(model, "ad")


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        (lambda x, y: x + y, "add"),
        (by_operators, "relu"),
        (lambda x, y: keras.ops.concatenate([x, y]), "concatenate"),
        (lambda x, y: x * keras.ops.sigmoid(y), "multiply"),
        (lambda x, y: kl.Add(name="sum")([x, y]), "sum"),
    ],
)
def test_the_default_is_the_last_map_whatever_made_it(join, expected: str) -> None:
    assert default_layer(residual(join), PICTURES) == expected


def test_the_table_lists_operations_where_they_run() -> None:
    rows = [(row.path, row.kind, row.parameters, row.is_target) for row in layers(residual(by_operators))]
    assert rows == [
        ("stem", "Conv2D", 112, True),
        ("branch", "Conv2D", 148, True),
        ("add", "Add", 0, True),
        ("relu", "Relu", 0, True),
        ("pool", "GlobalAveragePooling2D", 0, False),
        ("head", "Dense", 15, False),
    ]


def test_a_mean_by_an_operation_is_what_describes_a_picture() -> None:
    image = keras.Input((8, 8, 3))
    pooled = keras.ops.mean(kl.Conv2D(4, 3)(image), axis=(1, 2))
    assert feature_layer(keras.Model(image, kl.Dense(3)(pooled))) == "mean"


def test_a_changed_operation_is_computed_as_it_is_now() -> None:
    image = keras.Input((8, 8, 3))
    total = keras.ops.cumsum(kl.Conv2D(4, 3, name="conv")(image), axis=1)
    model = keras.Model(image, kl.GlobalAveragePooling2D()(total))
    probe = Probe(model, ["conv", "cumsum"])
    before = probe.activations(PICTURES)
    next(one for one in model.operations if one.name == "cumsum").axis = 2
    after = probe.activations(PICTURES)
    np.testing.assert_allclose(before["cumsum"], before["conv"].cumsum(axis=1), atol=1e-5)
    np.testing.assert_allclose(after["cumsum"], before["conv"].cumsum(axis=2), atol=1e-5)


def test_operations_are_as_they_were_after_a_run_and_after_an_error() -> None:
    model = residual(by_operators)
    Probe(model, "*").activations(PICTURES)
    with pytest.raises(ZeroDivisionError):
        Probe(model, "*").trace(PICTURES, target=lambda outputs: outputs / (1 // 0))
    assert not any("call" in vars(one) for one in model.operations)


class Block(keras.Model):
    """A residual block, a model of its own as in many tutorials."""

    def __init__(self) -> None:
        super().__init__(name="block")
        self.conv = kl.Conv2D(3, 3, padding="same", name="conv")

    def call(self, x):
        return keras.ops.relu(x + self.conv(x))


class Whole(keras.Model):
    """Joins its branches, or leaves that to a block."""

    def __init__(self, block: keras.layers.Layer, joined: bool) -> None:
        super().__init__(name="whole")
        self.block = block
        self.joined = joined
        self.pool = kl.GlobalAveragePooling2D()
        self.head = kl.Dense(2)

    def call(self, images):
        found = self.block(images)
        return self.head(self.pool(found + images if self.joined else found))


def test_a_subclassed_block_is_cut_after_what_it_joins() -> None:
    assert default_layer(Whole(Block(), joined=False), PICTURES) == "block"


def test_a_join_that_nothing_returns_is_warned_of_and_has_no_name() -> None:
    model = Whole(kl.Conv2D(3, 3, padding="same", name="conv"), joined=True)
    with pytest.warns(UserWarning, match="Layer conv, .* is one branch of several; what joins them"):
        assert default_layer(model, PICTURES) == "conv"
    with pytest.raises(LayerNotFoundError, match=r"between its layers, such as a \+ b, has no name"):
        Probe(model, "add")


@pytest.mark.parametrize("padding", [0, 1])
def test_what_is_joined_with_what_it_was_made_of_is_no_branch(padding: int) -> None:
    """Weights that are added are no branch, nor is a gate made of the map itself."""

    class Gated(Whole):
        def call(self, images):
            found = self.block(images) + keras.ops.ones((1, 8, 8, 1)) * padding
            return self.head(self.pool(found * keras.ops.sigmoid(found)))

    assert default_layer(Gated(kl.Conv2D(3, 3, padding="same", name="conv"), False), PICTURES) == "conv"


def test_a_flattened_map_is_not_the_output() -> None:
    image = keras.Input((8, 8, 3))
    model = keras.Model(image, kl.Flatten()(kl.Conv2D(4, 3, name="seen")(image)))
    assert default_layer(model, PICTURES) == "seen"


@pytest.mark.parametrize(
    "last",
    [
        [kl.Softmax()],
        [kl.UpSampling2D(interpolation="nearest"), kl.Activation("sigmoid")],
        [kl.UpSampling2D(interpolation="bilinear")],
        [kl.Softmax(), kl.Resizing(20, 30)],
        [kl.Reshape((64, 2)), kl.Softmax()],
    ],
)
def test_what_only_becomes_larger_or_a_probability_is_the_output(last: list[kl.Layer]) -> None:
    image = keras.Input((8, 8, 3))
    x = kl.Conv2D(4, 3, padding="same", name="seen")(image)
    for layer in (kl.Conv2D(2, 1, name="logits"), *last):
        x = layer(x)
    model = keras.Model(image, x)
    assert default_layer(model, PICTURES) == "seen"
    assert [row.path for row in layers(model) if row.is_target] == ["seen"]

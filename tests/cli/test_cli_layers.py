from __future__ import annotations

import keras
from keras import layers

from kerasviz.cli import main


def test_lists_nested_layers_with_shapes_and_targets(tmp_path, capsys) -> None:
    base = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv")], name="base")
    inputs = keras.Input((8, 8, 3))
    outputs = layers.Dense(2, name="head")(layers.GlobalAveragePooling2D(name="pool")(base(inputs)))
    keras.Model(inputs, outputs, name="outer").save(tmp_path / "model.keras")
    assert main(["layers", str(tmp_path / "model.keras")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["path", "kind", "output", "shape", "parameters", "target"]
    assert ["base/conv", "Conv2D", "(None,", "6,", "6,", "4)", "112", "yes"] in lines
    assert ["head", "Dense", "(None,", "2)", "10"] in lines
    assert lines[-1] == ["outer:", "4", "layers,", "122", "parameters"]


def test_lists_operations_and_counts_layers(tmp_path, capsys) -> None:
    inputs = keras.Input((8, 8, 3))
    x = layers.Conv2D(3, 3, padding="same", name="conv")(inputs)
    outputs = layers.Dense(2, name="head")(keras.ops.mean(x + inputs, axis=(1, 2)))
    model = keras.Model(inputs, outputs, name="sums")
    names = [one.name for one in model.operations if type(one).__name__ in ("Add", "Mean")]
    model.save(tmp_path / "model.keras")
    assert main(["layers", str(tmp_path / "model.keras")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[1] for line in lines[1:-1]] == ["Conv2D", "Add", "Mean", "Dense"]
    assert lines[2] == [names[0], "Add", "(None,", "8,", "8,", "3)", "0", "yes"]
    assert lines[-1] == ["sums:", "2", "layers,", "92", "parameters"]


def test_a_model_that_is_not_there_is_one_sentence(tmp_path, capsys) -> None:
    assert main(["layers", str(tmp_path / "none.keras")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("kerasviz layers: there is no model file")
    assert len(err.splitlines()) == 1

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


def test_a_model_that_is_not_there_is_one_sentence(tmp_path, capsys) -> None:
    assert main(["layers", str(tmp_path / "none.keras")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("kerasviz layers: there is no model file")
    assert len(err.splitlines()) == 1

"""A file as Teachable Machine exports it: nested Sequential models in the .h5 format of Keras 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np


def small_model() -> keras.Model:
    """Return a model as those of Teachable Machine are built, with few and small layers."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 3), name="input_1")
    values = keras.layers.Conv2D(4, 3, padding="same", use_bias=False, name="Conv1")(inputs)
    values = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(values)
    values = keras.layers.BatchNormalization(name="bn")(values)
    features = keras.Model(inputs, keras.layers.ReLU(6.0, name="relu")(values), name="model1")
    pooled = keras.Sequential(
        [features, keras.layers.GlobalAveragePooling2D(name="pool")], name="sequential_1"
    )
    head = [
        keras.layers.Dense(5, activation="relu", name="dense_Dense1"),
        keras.layers.Dense(2, activation="softmax", use_bias=False, name="dense_Dense2"),
    ]
    model = keras.Sequential([pooled, keras.Sequential(head, name="sequential_3")], name="sequential_4")
    model.build((None, 16, 16, 3))
    return model


def write_export(folder: Path) -> tuple[Path, Path, np.ndarray, np.ndarray]:
    """Write `keras_model.h5` and `labels.txt`; return both, pictures, and what the model says of them."""
    model = small_model()
    pictures = np.random.default_rng(0).uniform(-1, 1, (3, 16, 16, 3)).astype(np.float32)
    file, labels = folder / "keras_model.h5", folder / "labels.txt"
    model.save(file)
    with h5py.File(file, "r+") as archive:
        config = _as_in_keras_2(json.loads(archive.attrs["model_config"]))
        archive.attrs["model_config"] = json.dumps(config)
        archive.attrs["keras_version"] = "2.4.0"
    labels.write_text("0 cat\n1 hot dog\n")
    return file, labels, pictures, model.predict(pictures, verbose=0)


def _as_in_keras_2(part: Any) -> Any:
    """Return a config as Keras 2 writes it: without modules, types by name, calls as lists of names."""
    if isinstance(part, list):
        return [_as_in_keras_2(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("class_name") == "DTypePolicy":
        return part["config"]["name"]
    changed = {
        name: _as_in_keras_2(value)
        for name, value in part.items()
        if name not in ("module", "registered_name", "build_config", "optional")
    }
    if "batch_shape" in changed:
        changed["batch_input_shape"] = changed.pop("batch_shape")
    if "inbound_nodes" in changed:
        changed["inbound_nodes"] = [
            [[*argument["config"]["keras_history"], {}] for argument in call["args"]]
            for call in part["inbound_nodes"]
        ]
    for name in {"input_layers", "output_layers"} & set(changed):
        changed[name] = [changed[name]]
    if changed.get("class_name") == "DepthwiseConv2D":
        changed["config"]["groups"] = 1
    return changed

"""A backbone of `keras.applications` with a new head."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

from kerasviz.bounds import check_numbers
from kerasviz.errors import InputError, ModelFileError, one_line
from kerasviz.models.backbones import backbone_name, build_application, preprocess
from kerasviz.models.containers import check_weights
from kerasviz.models.files import load_model
from kerasviz.models.named_classes import Classes, probabilities_layer

HEAD = ("global_pool", "fc1", "softmax")


def transfer(
    backbone: str,
    classes: Classes,
    weights: str | os.PathLike[str] | None = "imagenet",
    nested: bool = False,
    preprocessing: str = "keras",
    image_size: int = 224,
    hidden: int = 1024,
) -> keras.Model:
    """Return `backbone` without its top, and a new head: raw 0..255 RGB in, class probabilities out.

    The head is `global_pool` (global average pooling), `fc1` (`hidden` units, ReLU) and `softmax`. Train it
    in two phases: `freeze_backbone`, compile and fit; then `unfreeze_last_blocks`, compile with a lower
    learning rate and fit again.

    Args:
        backbone: a network of `keras.applications`, in any spelling: "DenseNet169", "resnet50".
        classes: the number of classes, or their names, which are then kept with the model (`class_names`).
        weights: where the backbone's weights come from: "imagenet" (downloaded by Keras into its cache), None
            (random), or a file: the backbone's weights (`.weights.h5`, or Keras's own `.h5` without top), or
            a model (`.keras`, `.h5`) that begins with this backbone, with any head.
        nested: False puts the backbone's layers into the model itself (layer `conv5_block32_concat`); True
            keeps the backbone as one layer (layer path `densenet169/conv5_block32_concat`). The weights,
            their order and the results are the same.
        preprocessing: "keras" for what the ImageNet weights were trained with; "symmetric" for
            `x / 127.5 - 1`. Both happen inside the model, in Keras's own layers.
        image_size: height and width of the pictures in pixels.
        hidden: units of `fc1`.

    Raises:
        InputError: unknown backbone or preprocessing, too few classes, too small pictures.
        ModelFileError: the weights cannot be downloaded, read, or fitted to the backbone.

    >>> model = transfer("MobileNetV2", ["cat", "dog"], weights=None, image_size=32, hidden=8)
    >>> model.output_shape, [layer.name for layer in model.layers[-3:]]
    ((None, 2), ['global_pool', 'fc1', 'softmax'])
    """
    name = backbone_name(backbone)
    softmax = probabilities_layer(classes)
    check_numbers(hidden=hidden)
    shape = (image_size, image_size, 3)
    download = weights if weights == "imagenet" else None
    inputs = keras.Input(shape, name="image")
    x = preprocess(inputs, name, preprocessing)
    if nested:
        base = _headless(name, download, input_shape=shape)
        features = base(x)
    else:
        base = _headless(name, download, input_shape=shape, input_tensor=x)
        features = base.output
    if weights not in ("imagenet", None):
        _assign(base, _read_weights(name, shape, Path(weights)), Path(weights))
    x = layers.GlobalAveragePooling2D(name=HEAD[0])(features)
    x = layers.Dense(hidden, activation="relu", name=HEAD[1])(x)
    return keras.Model(inputs, softmax(x), name=f"{name.lower()}_transfer")


def densenet169(classes: Classes = 200, **settings: Any) -> keras.Model:
    """Return `transfer("DenseNet169", classes, **settings)`.

    >>> densenet169(weights=None, image_size=32).count_params()
    14552840
    """
    return transfer("DenseNet169", classes, **settings)


def resnet50(classes: Classes = 200, **settings: Any) -> keras.Model:
    """Return `transfer("ResNet50", classes, **settings)`.

    >>> resnet50(weights=None, image_size=32, hidden=8).get_layer("conv5_block3_out").output.shape
    (None, 1, 1, 2048)
    """
    return transfer("ResNet50", classes, **settings)


def _headless(name: str, weights: str | None, **settings: Any) -> keras.Model:
    try:
        return build_application(name, weights, include_top=False, **settings)
    except ValueError as error:
        raise InputError(
            f"{name} cannot be made for pictures of {settings['input_shape']}: {one_line(error)}."
        ) from error


def _read_weights(name: str, shape: tuple[int, int, int], path: Path) -> list[np.ndarray]:
    """Return the weights in a file, those of the backbone first."""
    if os.path.isfile(path) and _holds_only_weights(path):
        check_weights(path)
        plain = _headless(name, None, input_shape=shape)
        try:
            plain.load_weights(path)
        except Exception as error:
            raise ModelFileError(
                f"the weights in {path} do not fit {name} without its top: {one_line(error)}."
            ) from error
        return plain.get_weights()
    return load_model(path).get_weights()


def _holds_only_weights(path: Path) -> bool:
    if path.name.endswith(".weights.h5"):
        return True
    if not h5py.is_hdf5(path):
        return False
    with h5py.File(path, "r") as file:
        return "model_config" not in file.attrs


def _assign(base: keras.Model, values: list[np.ndarray], path: Path) -> None:
    """Set the weights of `base` to the first of `values`; what follows them belongs to another head."""
    wanted = [tuple(weight.shape) for weight in base.weights]
    found = [value.shape for value in values[: len(wanted)]]
    if found != wanted:
        differing = [i for i, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b]
        detail = (
            f"weight {differing[0]} has shape {found[differing[0]]} and not {wanted[differing[0]]}"
            if differing
            else f"it holds {len(found)} weights and not {len(wanted)}"
        )
        raise ModelFileError(f"the weights in {path} do not fit the backbone: {detail}.")
    base.set_weights(values[: len(wanted)])

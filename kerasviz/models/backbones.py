"""The networks of `keras.applications` by name, with their preprocessing inside."""

from __future__ import annotations

import inspect
import re
from typing import Any

import keras
from keras import layers

from kerasviz.errors import InputError, ModelFileError, did_you_mean, one_line
from kerasviz.models.class_lookup import IMAGENET

# How each family wants its input, and the test that holds this table compares it with Keras's own functions.
# The first matching pattern counts.
_MODES = {
    r"DenseNet": "torch",
    r"ResNet\d+V2|Inception|MobileNet(V2)?$|NASNet|Xception": "tf",
    r"ResNet\d+$|VGG": "caffe",
    r"ConvNeXt|EfficientNet|MobileNetV3": "built in",
}
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def backbone_names() -> list[str]:
    """Return the names of all networks of `keras.applications` whose preprocessing is known here."""
    return [
        name
        for name in dir(keras.applications)
        if inspect.isfunction(getattr(keras.applications, name)) and _mode_of(name)
    ]


def backbone_name(name: str) -> str:
    """Return Keras's spelling of `name`, whatever its case, hyphens and underscores.

    Raises:
        InputError: there is no such network; the nearest names are in the message.

    >>> backbone_name("densenet-169"), backbone_name("resnet50_v2")
    ('DenseNet169', 'ResNet50V2')
    """
    spellings = {_plain(known): known for known in backbone_names()}
    if _plain(name) in spellings:
        return spellings[_plain(name)]
    near = did_you_mean(_plain(name), spellings)
    for plain, known in sorted(spellings.items(), key=lambda item: -len(item[0])):
        near = re.sub(rf"\b{plain}\b", known, near)
    raise InputError(f"keras.applications has no network named {name!r}. {near}")


def preprocess(x: Any, name: str, preprocessing: str = "keras") -> Any:
    """Return raw 0..255 RGB pictures `(N, h, w, 3)` as the network `name` of `keras.applications` wants them.

    Args:
        x: a symbolic tensor.
        name: a name that `backbone_name` returned.
        preprocessing: "keras" for what the network's own `preprocess_input` does (nothing for the families
            that do it inside: ConvNeXt, EfficientNet, MobileNetV3); "symmetric" for `x / 127.5 - 1`.

    Only layers and operations of Keras itself are used, so that a saved model loads anywhere.
    """
    if preprocessing not in ("keras", "symmetric"):
        raise InputError(f"preprocessing must be 'keras' or 'symmetric', but {preprocessing!r} was given.")
    mode = _mode_of(name)
    if preprocessing == "symmetric":
        if mode == "built in":
            raise InputError(
                f"{name} scales raw 0..255 pictures inside itself, so preprocessing='symmetric' would scale "
                "them twice: use preprocessing='keras'."
            )
        mode = "tf"
    if mode == "built in":
        return x
    if mode == "tf":
        return layers.Rescaling(1 / 127.5, offset=-1.0, name="preprocessing")(x)
    if mode == "torch":
        scale = [1 / (255 * std) for std in _IMAGENET_STD]
        offset = [-mean / std for mean, std in zip(_IMAGENET_MEAN, _IMAGENET_STD, strict=True)]
        return layers.Rescaling(scale, offset=offset, name="preprocessing")(x)
    bgr = keras.ops.flip(x, axis=-1)
    return layers.Rescaling([1.0] * 3, offset=[-mean for mean in _CAFFE_MEAN_BGR], name="preprocessing")(bgr)


def build_application(name: str, weights: str | None, **settings: Any) -> keras.Model:
    """Return the network `name` of `keras.applications`, made with `settings`.

    Raises:
        ModelFileError: the ImageNet weights are not in Keras's cache and cannot be downloaded.
    """
    builder = getattr(keras.applications, name)
    if weights is None:
        return builder(weights=None, **settings)
    try:
        return builder(weights=weights, **settings)
    except Exception as error:
        if isinstance(error, ValueError) and "hash" not in str(error):
            raise  # about the settings, not about the download
        raise ModelFileError(
            f"the {weights} weights of {name} could not be had ({one_line(error)}): connect to the internet, "
            "pass the path of a weights file, or pass weights=None for random ones."
        ) from error


def load_application(name: str, weights: str | None) -> keras.Model:
    """Return the whole classifier `name` of `keras.applications`: raw 0..255 RGB in, 1000 probabilities out.

    The preprocessing is part of the model, in front of the network's own layers; it knows that its classes
    are ImageNet's (`class_names`).

    Raises:
        InputError: there is no such network.
        ModelFileError: the weights cannot be downloaded.
    """
    model = _with_preprocessing(backbone_name(name), weights)
    model.class_set = IMAGENET
    return model


def _with_preprocessing(name: str, weights: str | None) -> keras.Model:
    if _mode_of(name) == "built in":
        return build_application(name, weights)
    size = 331 if name == "NASNetLarge" else 299 if re.match("Inception|Xception", name) else 224
    inputs = keras.Input((size, size, 3), name="image")
    model = build_application(name, weights, input_tensor=preprocess(inputs, name))
    # Keras made it with a list of one input; made anew, it is called with a tensor as other models are.
    return keras.Model(inputs, model.output, name=model.name)


def _mode_of(name: str) -> str | None:
    return next((mode for pattern, mode in _MODES.items() if re.match(pattern, name)), None)


def _plain(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).lower()

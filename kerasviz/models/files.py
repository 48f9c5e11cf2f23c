"""Loading and saving whole models, safely."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from kerasviz.atomic import atomic_path
from kerasviz.errors import InputError, ModelFileError, did_you_mean
from kerasviz.models.backbones import load_application
from kerasviz.models.preprocessing import MeanSubtraction

_ENDINGS = (".keras", ".h5", ".hdf5")


def load_model(
    path_or_name: str | os.PathLike[str], weights: str | None = "imagenet", compile: bool = False
) -> keras.Model:
    """Return the model in a file, or a network of `keras.applications` by its name.

    - A `.keras`, `.h5` or `.hdf5` file that holds a whole model. A file that would run Python code stored in
      it (a `Lambda` layer) is refused.
    - A folder with a TensorFlow SavedModel, of `model.export` or older: Keras 3 reads it as one opaque layer
      (`keras.layers.TFSMLayer`), so that the model predicts, but has no inner layers to look into. A
      SavedModel's graph can do what TensorFlow can, such as write files: load only those you trust.
    - A name such as `"ResNet50"` or `"densenet169"`: the classifier with 1000 classes, with the network's
      preprocessing put in front, so that it takes raw 0..255 RGB pictures as our own models do.

    Args:
        path_or_name: the file, the folder or the name. What exists on disk is never taken for a name.
        weights: for a name only: `"imagenet"` (downloaded by Keras into its cache) or None for random ones.
        compile: whether a model that was saved compiled gets back its optimizer, loss and metrics.

    Raises:
        ModelFileError: the file is missing, damaged, no model or unsafe, needs a class that is not
            registered, the name is unknown, or the weights cannot be downloaded.

    >>> load_model("densenet169", weights=None).count_params()
    14307880
    """
    path = Path(path_or_name)
    if path.is_dir():
        return _load_saved_model(path)
    if path.is_file():
        return _load_file(path, compile)
    if path.suffix or len(path.parts) != 1:
        raise ModelFileError(f"there is no model file {path}. {_files_beside(path)}".strip())
    try:
        return load_application(str(path_or_name), weights)
    except InputError as error:
        nearest = str(error).split(". ", 1)[1]
        raise ModelFileError(
            f"{str(path_or_name)!r} is neither a file nor a network of keras.applications. {nearest}"
        ) from error


def save_model(model: keras.Model, path: str | os.PathLike[str]) -> Path:
    """Save the whole model as a `.keras` file that appears whole or not at all, and return its path.

    Raises:
        InputError: the path does not end in `.keras`.

    >>> import tempfile, pathlib
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> file = save_model(model, pathlib.Path(tempfile.mkdtemp()) / "small.keras")
    >>> load_model(file).count_params()
    3
    """
    path = Path(path)
    if path.suffix != ".keras":
        raise InputError(f"a model is saved as a .keras file, but the path given is {path}.")
    with atomic_path(path) as temporary:
        model.save(temporary)
    return path


def _load_file(path: Path, compile: bool) -> keras.Model:
    config = _read_config(path)
    if unsafe := sorted(set(_unsafe_parts(config))):
        raise ModelFileError(
            f"{path} is refused because it holds code that would run ({', '.join(unsafe)}): put built-in or "
            "registered layers in its place and save it again, or, if you trust it, load it yourself with "
            "keras.models.load_model(path, safe_mode=False)."
        )
    try:
        model = keras.models.load_model(path, compile=compile, safe_mode=True)
    except Exception as error:
        raise ModelFileError(_explain(path, error)) from error
    _require_means(model, path)
    return model


def _read_config(path: Path) -> Any:
    """Return the model's config as plain JSON values, read without Keras."""
    if path.suffix not in _ENDINGS:
        raise ModelFileError(f"{path} is no model file: its name must end in {', '.join(_ENDINGS)}.")
    try:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("config.json"))
        with h5py.File(path, "r") as file:
            config = json.loads(file.attrs.get("model_config", "null"))
    except (zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise ModelFileError(
            f"{path} is damaged or no Keras model: {_first_line(error)}. Save or copy it again."
        ) from error
    if config is None:
        raise ModelFileError(
            f"{path} holds no whole model, perhaps only weights: save one with model.save('NAME.keras')."
        )
    return config


def _unsafe_parts(config: Any) -> Iterator[str]:
    """Yield a description of every part of a config whose loading runs code stored in the file."""
    if isinstance(config, list):
        for part in config:
            yield from _unsafe_parts(part)
    if not isinstance(config, dict):
        return
    inner = config.get("config")
    if config.get("class_name") in ("Lambda", "TFSMLayer") and isinstance(inner, dict):
        # A Lambda of a registered function holds only the function's name, and is safe.
        if config["class_name"] == "TFSMLayer" or inner.get("function_type") == "lambda":
            yield f"{config['class_name']} layer {inner.get('name')!r}"
        elif any(_unsafe_parts(inner)):
            yield f"Lambda layer {inner.get('name')!r}"
        return
    if config.get("class_name") == "__lambda__":
        yield "a lambda function"
        return
    for part in config.values():
        yield from _unsafe_parts(part)


def _explain(path: Path, error: Exception) -> str:
    text = str(error)
    unknown = re.search(r"Could not locate (?:class|function) '([^']+)'|Unknown layer: '?(\w+)", text)
    if unknown:
        name = unknown.group(1) or unknown.group(2)
        return (
            f"{path} uses {name!r}, which is not part of Keras: import the module that defines it and "
            "registers it with @keras.saving.register_keras_serializable() before loading the file."
        )
    return f"{path} cannot be loaded: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    lines = str(error).strip("'\" \n").splitlines() or [type(error).__name__]
    return lines[0][:200].rstrip(".")


def _require_means(model: keras.Model, path: Path) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            _require_means(layer, path)
        elif isinstance(layer, MeanSubtraction) and not layer.known:
            raise ModelFileError(
                f"{path} does not hold the mean image of its layer {layer.name!r}: the .h5 format cannot; "
                "save the model as a .keras file."
            )


def _load_saved_model(folder: Path) -> keras.Model:
    if not (folder / "saved_model.pb").is_file():
        raise ModelFileError(
            f"the folder {folder} holds no saved_model.pb, so it is no SavedModel: name a .keras file. "
            f"{_files_beside(folder / 'model.keras')}".strip()
        )
    from kerasviz.models._tensorflow import load_saved_model

    return load_saved_model(folder)


def _files_beside(path: Path) -> str:
    """Name the model files in the folder of `path`, the nearest first."""
    if not path.parent.is_dir():
        return ""
    names = sorted(file.name for file in path.parent.iterdir() if file.suffix in _ENDINGS)
    return did_you_mean(path.name, names) if names else ""
